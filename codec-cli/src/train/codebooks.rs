//! `vqz design-codebooks`: the codebooks and frequency tables of a model file, designed anew.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vqz_train::{Remake, DESIGN_PHOTOS, DESIGN_ROUNDS};

use crate::console::Console;

/// `vqz design-codebooks`
#[derive(Debug, Args)]
pub struct DesignCodebooksArgs {
    /// A model file (.vqzm)
    model: PathBuf,
    /// The model file to write: the same networks, other codebooks and frequency tables
    out: PathBuf,
    /// Folder of training photos (PNG, JPEG, WebP; subfolders are not searched)
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Use at most this many of them
    #[arg(long, value_name = "N", default_value_t = DESIGN_PHOTOS)]
    photos: usize,
    /// Code them this many times
    #[arg(long, value_name = "N", default_value_t = DESIGN_ROUNDS)]
    rounds: usize,
}

pub(super) fn design(args: &DesignCodebooksArgs, console: &Console) -> Result<()> {
    let files = Remake {
        model: args.model.clone(),
        out: args.out.clone(),
        data: args.data.clone(),
        photos: args.photos,
    };
    vqz_train::design_codebooks(&files, args.rounds, console.is_quiet())
}
