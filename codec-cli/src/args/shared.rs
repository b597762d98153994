//! Options that several commands have.

use super::parse::parse_threads;
use crate::failure::usage;
use crate::files::{Existing, MAX_FILE_SIZE};
use clap::Args;
use std::path::{Path, PathBuf};

/// Options of the commands that read files from anywhere.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Refuse inputs of more bytes than this (pictures, .vqz files, models)
    #[arg(long, value_name = "BYTES", default_value_t = MAX_FILE_SIZE, value_parser = clap::value_parser!(u64).range(1..1 << 62))]
    pub max_file_size: u64,
}

/// Options of the commands that run the codec.
#[derive(Debug, Args)]
pub struct CodecArgs {
    /// Model file to use instead of the one built in
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Refuse pictures of more pixels than this [default: 268435456; for a .vqz file also 1572864 + 1280 per byte after its first 10240]
    #[arg(long, value_name = "N")]
    #[arg(
        long_help = "Refuse pictures of more pixels than this. The default is 268435456; for a .vqz file, the limit is also 1572864 plus 1280 for each \
        of its bytes after the first 10240 (`vqz encode` pads files to stay within it). With this option, the limit is N pixels however short the file is."
    )]
    pub max_pixels: Option<u64>,
    #[command(flatten)]
    pub input: InputArgs,
}

/// What to do with outputs that are there already; without an option, each command has its own way.
#[derive(Debug, Args)]
pub struct ExistingArgs {
    /// Replace outputs that exist already [`encode` does so by default]
    #[arg(long, overrides_with_all = ["no_overwrite", "skip_existing"])]
    overwrite: bool,
    /// Refuse to replace outputs that exist already [`decode` does so by default]
    #[arg(long, overrides_with_all = ["overwrite", "skip_existing"])]
    no_overwrite: bool,
    /// Skip inputs whose outputs exist and are not older, for example to continue with a large folder
    #[arg(long, overrides_with_all = ["overwrite", "no_overwrite"])]
    skip_existing: bool,
}

impl ExistingArgs {
    pub fn or(&self, default: Existing) -> Existing {
        match (self.overwrite, self.no_overwrite, self.skip_existing) {
            (true, ..) => Existing::Replace,
            (_, true, _) => Existing::Keep,
            (.., true) => Existing::Skip,
            _ => default,
        }
    }
}

/// How many files become how many.
#[derive(Debug, Args)]
pub struct BatchArgs {
    /// Include subfolders, and make the same tree of folders in the output
    #[arg(short, long)]
    pub recursive: bool,
    /// Files to work on at once, as far as memory allows [default: as many as threads]
    #[arg(short, long, value_name = "N", value_parser = parse_threads)]
    pub jobs: Option<usize>,
    /// The output; without this option, it is the last path
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
}

impl BatchArgs {
    /// Inputs and output of the paths given.
    ///
    /// # Errors
    /// No output.
    pub fn split<'a>(&'a self, paths: &'a [PathBuf]) -> anyhow::Result<(&'a [PathBuf], &'a Path)> {
        match (&self.output, paths) {
            (Some(output), inputs) => Ok((inputs, output)),
            (None, [inputs @ .., output]) if !inputs.is_empty() => Ok((inputs, output)),
            _ => Err(usage(
                "no output is named; the last path is where the result goes",
            )),
        }
    }
}
