//! `vqz byte-blocks`: residual blocks of a model file that multiply bytes.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vqz_train::{Remake, BLOCK_PHOTOS};

/// `vqz byte-blocks`
#[derive(Debug, Args)]
pub struct ByteBlocksArgs {
    /// A model file (.vqzm)
    model: PathBuf,
    /// The model file to write: the same networks, but for rounding
    out: PathBuf,
    /// Folder of training photos (PNG, JPEG, WebP; subfolders are not searched)
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Use at most this many of them
    #[arg(long, value_name = "N", default_value_t = BLOCK_PHOTOS)]
    photos: usize,
}

pub(super) fn make(args: &ByteBlocksArgs) -> Result<()> {
    vqz_train::byte_blocks(&Remake {
        model: args.model.clone(),
        out: args.out.clone(),
        data: args.data.clone(),
        photos: args.photos,
    })
}
