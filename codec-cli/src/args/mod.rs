//! The command line's grammar: the commands, and the options of all of them. Those of each are in a file of its own.

mod decode;
mod encode;
mod others;
mod parse;
mod shared;
#[cfg(test)]
mod tests;

use crate::console::Level;
use clap::{Args, Parser, Subcommand};

pub use decode::DecodeArgs;
pub use encode::EncodeArgs;
pub use others::{CompletionsArgs, InfoArgs, ManPagesArgs, SampleArgs, ThumbnailArgs};
#[cfg(feature = "measure")]
pub use parse::parse_bpp;
use parse::parse_threads;
pub use shared::{BatchArgs, CodecArgs, ExistingArgs, InputArgs};

/// A learned image codec: photos to small .vqz files and back, to the same pixels on every machine.
#[derive(Debug, Parser)]
#[command(name = "vqz", version, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 all went well, 1 an input failed (or was damaged, with --salvage), 2 wrong usage."
)]
pub struct Cli {
    #[command(flatten)]
    pub common: CommonArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Encode pictures (PNG, JPEG, WebP, BMP, TIFF, GIF, PNM, QOI) to .vqz files
    Encode(EncodeArgs),
    /// Decode .vqz files to pictures (PNG, JPEG, lossless WebP, BMP, TIFF, PPM, QOI)
    Decode(DecodeArgs),
    /// Make a small, upright picture of a .vqz file, as file managers show it
    Thumbnail(ThumbnailArgs),
    /// Show what is in a .vqz file (all checksums are verified), a model or a rendering file
    Info(InfoArgs),
    /// Draw random pictures that a model takes to be likely
    Sample(SampleArgs),
    /// Measure rate and distortion on photos, from files, and BD-rates against published curves
    #[cfg(feature = "measure")]
    Eval(crate::measure::EvalArgs),
    /// Compare vqz with JPEG, WebP, AVIF and JPEG XL: rates, scores, and pictures at equal file size
    #[cfg(feature = "measure")]
    Compare(crate::measure::CompareArgs),
    /// Measure memory for `compare`, in a process of its own
    #[cfg(feature = "measure")]
    #[command(hide = true, name = vqz_measure::MEMORY_COMMAND)]
    MeasureMemory { task: String },
    #[cfg(not(feature = "measure"))]
    #[command(hide = true)]
    Eval(MissingArgs),
    #[cfg(not(feature = "measure"))]
    #[command(hide = true)]
    Compare(MissingArgs),
    #[cfg(not(feature = "train"))]
    #[command(hide = true)]
    Train(MissingArgs),
    #[cfg(not(feature = "train"))]
    #[command(hide = true)]
    TrainPrior(MissingArgs),
    #[cfg(not(feature = "train"))]
    #[command(hide = true)]
    Export(MissingArgs),
    #[cfg(not(feature = "train"))]
    #[command(hide = true)]
    ByteBlocks(MissingArgs),
    #[cfg(not(feature = "train"))]
    #[command(hide = true)]
    DesignPrediction(MissingArgs),
    #[cfg(not(feature = "train"))]
    #[command(hide = true)]
    DesignCodebooks(MissingArgs),
    #[cfg(not(feature = "train"))]
    #[command(hide = true)]
    TrainRendering(MissingArgs),
    #[cfg(not(feature = "train"))]
    #[command(hide = true)]
    ExportRendering(MissingArgs),
    /// Write completions for a shell to stdout
    Completions(CompletionsArgs),
    /// Write man pages of all commands into a folder
    ManPages(ManPagesArgs),
    /// Run the files of a conformance suite through this build or another decoder
    Conformance(crate::conformance::ConformanceArgs),
    #[cfg(feature = "train")]
    #[command(flatten)]
    Training(crate::train::Command),
}

/// Whatever comes behind a command that this build lacks.
#[cfg(not(all(feature = "measure", feature = "train")))]
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct MissingArgs {
    #[arg(num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
    _rest: Vec<std::ffi::OsString>,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub struct CommonArgs {
    /// Threads to use [default: one per core]; the results do not depend on their number
    #[arg(long, value_name = "N", global = true, value_parser = parse_threads)]
    pub threads: Option<usize>,
    /// Print nothing but errors (`-q` is the quality)
    #[arg(short = 's', long, visible_alias = "silent", global = true)]
    pub quiet: bool,
    /// Print the size, bits per pixel, time and speed of every file
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
}

impl CommonArgs {
    /// How much to say.
    pub fn level(&self) -> Level {
        match (self.quiet, self.verbose) {
            (true, _) => Level::Quiet,
            (_, true) => Level::Verbose,
            _ => Level::Normal,
        }
    }
}
