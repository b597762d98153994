//! Options of the smaller commands.

use super::parse::{parse_quality, parse_sides};
use super::{CodecArgs, ExistingArgs, InputArgs};
use crate::picture::Format;
use clap::Args;
use std::path::{Path, PathBuf};

/// `vqz thumbnail`
#[derive(Debug, Args)]
pub struct ThumbnailArgs {
    /// Longer side of the thumbnail in pixels; a smaller picture is left as it is
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65535))]
    pub size: u32,
    /// Format of the thumbnail, whatever OUT is called
    #[arg(long, value_enum, ignore_case = true, default_value = "png")]
    pub format: Format,
    #[command(flatten)]
    pub existing: ExistingArgs,
    #[command(flatten)]
    pub codec: CodecArgs,
    /// A .vqz file, or `-` for stdin
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// The thumbnail, or `-` for stdout
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
}

/// `vqz info`
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Describe a model: the one in FILE (.vqzm), or the one built in
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub model: Option<Option<PathBuf>>,
    #[command(flatten)]
    pub input: InputArgs,
    /// .vqz files, .vqzm model files, .vqzr rendering files, or `-` for stdin; with --json, several files give a list
    #[arg(
        value_name = "FILE",
        num_args = 1..,
        required_unless_present = "model",
        conflicts_with = "model"
    )]
    pub files: Vec<PathBuf>,
}

/// `vqz sample`
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// Width and height in pixels
    #[arg(long, value_name = "WxH", default_value = "512x512", value_parser = parse_sides)]
    pub size: (u32, u32),
    /// Quality of the files that are drawn, 0 to 100: how much detail they have
    #[arg(short, long, default_value_t = 50.0, value_parser = parse_quality, allow_negative_numbers = true)]
    pub quality: f32,
    /// Seed of the random numbers; the same seed gives the same pictures on every machine
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// How many pictures to draw; if several, OUT.png becomes OUT-1.png, OUT-2.png and so on
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub number: u64,
    /// Keep the first layers of this progressive file, and draw the rest
    #[arg(long, value_name = "FILE", conflicts_with_all = ["size", "quality"])]
    pub complete: Option<PathBuf>,
    /// How many layers to keep [default: all that are there, if the file is cut off]
    #[arg(long, value_name = "N", requires = "complete", value_parser = clap::value_parser!(u8).range(1..))]
    pub layers: Option<u8>,
    #[command(flatten)]
    pub existing: ExistingArgs,
    #[command(flatten)]
    pub codec: CodecArgs,
    /// A picture or a .vqz file, depending on its extension; `-` for a PNG on stdout
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
}

impl SampleArgs {
    /// The checkpoint of a prior, if `--model` is one.
    pub fn small_model(&self) -> Option<&Path> {
        let model = self.codec.model.as_deref()?;
        let small = model.extension().is_some_and(|e| e == "safetensors");
        small.then_some(model)
    }
}

/// `vqz completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell to complete commands in
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `vqz man-pages`
#[derive(Debug, Args)]
pub struct ManPagesArgs {
    /// The folder (created) for vqz.1, vqz-encode.1 and so on
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}
