//! `vqz byte-blocks`: residual blocks of a model file that multiply bytes.

use anyhow::Result;
use clap::Args;
use vqz_train::{byte_blocks, BLOCK_PHOTOS};

use super::remake::RemakeArgs;

/// `vqz byte-blocks`
#[derive(Debug, Args)]
pub struct ByteBlocksArgs {
    #[command(flatten)]
    files: RemakeArgs,
    /// Use at most this many photos
    #[arg(long, value_name = "N", default_value_t = BLOCK_PHOTOS)]
    photos: usize,
}

pub(super) fn make(args: &ByteBlocksArgs) -> Result<()> {
    byte_blocks(&args.files.files(args.photos))
}
