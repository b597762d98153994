//! Options of `vqz decode`.

use super::{BatchArgs, CodecArgs, ExistingArgs};
use crate::picture::{Format, Turn};
use clap::Args;
use std::path::PathBuf;

/// `vqz decode`
#[derive(Debug, Args)]
#[command(
    override_usage = "vqz decode [OPTIONS] <IN>... <OUT>\n       vqz decode [OPTIONS] -o <OUT> <IN>..."
)]
pub struct DecodeArgs {
    /// Recover what can be read of damaged or truncated files; what is lost is reported on stderr, and the exit code is then 1
    #[arg(long)]
    #[arg(
        long_help = "Recover what can be read of damaged or truncated files: tiles are shown as far as they can be read, and metadata and alpha are \
        left out where they are damaged. The picture is written all the same; what is lost is reported on stderr, and the exit code is then 1."
    )]
    pub salvage: bool,
    /// Write to FILE what was lost, as JSON: a list with one entry per input
    #[arg(long, value_name = "FILE", requires = "salvage")]
    pub salvage_report: Option<PathBuf>,
    /// Format of the pictures [default: by OUT's extension; png for a folder and for stdout]
    #[arg(long, value_enum, ignore_case = true)]
    pub format: Option<Format>,
    /// Quality of JPEG pictures [default: 95, since the loss was meant to happen in the .vqz file]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub quality: Option<u8>,
    /// Decode only this part of the picture: WIDTHxHEIGHT+X+Y, in pixels of the scale asked for, before the picture is turned
    #[arg(long, value_name = "WxH+X+Y", value_parser = crate::view::parse_region, conflicts_with = "salvage")]
    pub region: Option<vqz::Region>,
    /// Decode a smaller picture: 1/2, 1/4, 1/8 or 1/16 of the size; 1/4 and smaller are many times faster
    #[arg(long, value_name = "1/N", value_parser = crate::view::parse_scale, conflicts_with = "salvage")]
    pub scale: Option<vqz::Scale>,
    /// Which rendering to decode: faithful, or perceptual, which draws texture where a low quality has lost it
    #[arg(
        long,
        value_enum,
        value_name = "WHICH",
        default_value = "faithful",
        conflicts_with = "salvage"
    )]
    #[arg(
        long_help = "Which rendering of the file to decode. `faithful` is as near to the original as the model can get. `perceptual` looks sharper at low \
        qualities: where the file has too little of the texture, it draws texture that looks like the original's without being it. The file is the \
        same for both. At a scale of 1/4 or smaller, the two are identical."
    )]
    pub rendering: crate::view::Rendering,
    /// Rendering file (.vqzr) for --rendering perceptual, instead of the built-in one; it must belong to the model that the .vqz file was made with
    #[arg(long, value_name = "FILE")]
    pub rendering_file: Option<PathBuf>,
    /// Turn the pixels as EXIF says, or leave that to viewers [default: turn them only where the format cannot store the orientation]
    #[arg(long, value_enum, value_name = "HOW")]
    pub orientation: Option<Turn>,
    #[command(flatten)]
    pub batch: BatchArgs,
    #[command(flatten)]
    pub existing: ExistingArgs,
    #[command(flatten)]
    pub codec: CodecArgs,
    /// .vqz files, folders of them, or `-` for stdin; then OUT: a picture file, a folder (created; every IN becomes NAME.png in it), or `-`
    /// for stdout
    #[arg(required = true, num_args = 1.., value_name = "IN")]
    pub paths: Vec<PathBuf>,
}
