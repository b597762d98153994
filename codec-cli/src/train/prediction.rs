//! `vqz design-prediction`: the linear predictions of a model file, fitted anew.

use anyhow::Result;
use clap::Args;
use vqz_train::{design_prediction, PREDICTION_PHOTOS};

use super::remake::RemakeArgs;

/// `vqz design-prediction`
#[derive(Debug, Args)]
pub struct DesignPredictionArgs {
    #[command(flatten)]
    files: RemakeArgs,
    /// Use at most this many photos
    #[arg(long, value_name = "N", default_value_t = PREDICTION_PHOTOS)]
    photos: usize,
}

pub(super) fn design(args: &DesignPredictionArgs) -> Result<()> {
    design_prediction(&args.files.files(args.photos))
}
