//! `vqz design-prediction`: the linear predictions of a model file, fitted anew.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vqz_train::{Remake, PREDICTION_PHOTOS};

/// `vqz design-prediction`
#[derive(Debug, Args)]
pub struct DesignPredictionArgs {
    /// A model file (.vqzm)
    model: PathBuf,
    /// The model file to write: the same networks, other predictions. Its frequency tables are still those of before: `vqz design-codebooks` makes new
    /// ones
    out: PathBuf,
    /// Folder of training photos (PNG, JPEG, WebP; subfolders are not searched)
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Use at most this many of them
    #[arg(long, value_name = "N", default_value_t = PREDICTION_PHOTOS)]
    photos: usize,
}

pub(super) fn design(args: &DesignPredictionArgs) -> Result<()> {
    vqz_train::design_prediction(&Remake {
        model: args.model.clone(),
        out: args.out.clone(),
        data: args.data.clone(),
        photos: args.photos,
    })
}
