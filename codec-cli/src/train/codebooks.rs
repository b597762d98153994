//! `vqz design-codebooks`: the codebooks and frequency tables of a model file, designed anew.

use anyhow::Result;
use clap::Args;
use vqz_train::{design_codebooks, DESIGN_PHOTOS, DESIGN_ROUNDS};

use super::remake::RemakeArgs;
use crate::console::Console;

/// `vqz design-codebooks`
#[derive(Debug, Args)]
pub struct DesignCodebooksArgs {
    #[command(flatten)]
    files: RemakeArgs,
    /// Use at most this many photos
    #[arg(long, value_name = "N", default_value_t = DESIGN_PHOTOS)]
    photos: usize,
    /// Code them this many times
    #[arg(long, value_name = "N", default_value_t = DESIGN_ROUNDS)]
    rounds: usize,
}

pub(super) fn design(args: &DesignCodebooksArgs, console: &Console) -> Result<()> {
    design_codebooks(
        &args.files.files(args.photos),
        args.rounds,
        console.is_quiet(),
    )
}
