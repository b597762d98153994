//! `vqz train` and `vqz export` (feature `train`).

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use vqz_train::{export, train, ExportOptions, Recipe, Start, TrainOptions};

use crate::console::Console;

/// Commands that need libtorch.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a model on a folder of photos, or go on with a run
    Train(TrainArgs),
    /// Turn a checkpoint into an integer model file (.vqzm)
    Export(ExportArgs),
}

/// `vqz train`
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Folder of training photos (PNG, JPEG, WebP; subfolders are not searched)
    #[arg(long, value_name = "DIR", required_unless_present = "print_recipe")]
    data: Option<PathBuf>,
    /// Folder of validation photos
    #[arg(long, value_name = "DIR")]
    valid: Option<PathBuf>,
    /// Folder for checkpoint.safetensors and log.jsonl; a checkpoint there is resumed
    #[arg(long, value_name = "DIR", required_unless_present = "print_recipe")]
    out: Option<PathBuf>,
    /// Recipe (JSON) instead of the default one, or of the checkpoint's when resuming
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Start a new run from this model file (.vqzm) instead of from nothing; use a `hard_from` of 0 and a small learning rate
    #[arg(long, value_name = "FILE")]
    start: Option<PathBuf>,
    /// Recipe of that model, if its range of lambda is not the new one's
    #[arg(long, value_name = "FILE", requires = "start")]
    start_recipe: Option<PathBuf>,
    /// Print the default recipe as JSON and stop
    #[arg(long)]
    print_recipe: bool,
    /// Seconds between checkpoints
    #[arg(long, value_name = "SECONDS", default_value_t = 180)]
    checkpoint_every: u64,
    /// Steps between validations
    #[arg(long, value_name = "STEPS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    validate_every: u64,
    /// At most this many validation photos
    #[arg(long, value_name = "N", default_value_t = 16)]
    validate_photos: usize,
    /// Stop, with a checkpoint, after this many steps
    #[arg(long, value_name = "STEPS")]
    stop_after: Option<u64>,
}

/// `vqz export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// A checkpoint.safetensors
    checkpoint: PathBuf,
    /// The model file to write (.vqzm)
    out: PathBuf,
    /// Name put into the model file
    #[arg(long, default_value = "vqz")]
    name: String,
    /// Folder of training photos, for the frequency tables
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Folder of photos for the scales of activations, and to compare float and integer on
    #[arg(long, value_name = "DIR")]
    calibration: PathBuf,
    /// At most this many of them
    #[arg(long, value_name = "N", default_value_t = 24)]
    calibration_photos: usize,
}

/// Runs the command.
pub fn run(command: &Command, console: &mut Console) -> Result<()> {
    match command {
        Command::Train(args) => run_train(args, console),
        Command::Export(args) => run_export(args),
    }
}

fn run_train(args: &TrainArgs, console: &Console) -> Result<()> {
    if args.print_recipe {
        println!("{}", serde_json::to_string_pretty(&Recipe::default())?);
        return Ok(());
    }
    let recipe = args.recipe.as_ref().map(read_recipe).transpose()?;
    let start = match &args.start {
        Some(model) => Some(Start {
            model: model.clone(),
            recipe: args.start_recipe.as_ref().map(read_recipe).transpose()?,
        }),
        None => None,
    };
    let (Some(data), Some(out)) = (args.data.clone(), args.out.clone()) else {
        unreachable!("clap requires both");
    };
    train(&TrainOptions {
        data,
        valid: args.valid.clone(),
        out,
        recipe,
        start,
        checkpoint_every: args.checkpoint_every,
        validate_every: args.validate_every,
        validate_photos: args.validate_photos,
        stop_after: args.stop_after,
        quiet: console.is_quiet(),
    })?;
    Ok(())
}

fn read_recipe(path: &PathBuf) -> Result<Recipe> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text)
        .with_context(|| format!("{}: not a recipe (see --print-recipe)", path.display()))
}

fn run_export(args: &ExportArgs) -> Result<()> {
    let points = export(&ExportOptions {
        checkpoint: args.checkpoint.clone(),
        out: args.out.clone(),
        name: args.name.clone(),
        data: args.data.clone(),
        calibration: args.calibration.clone(),
        calibration_photos: args.calibration_photos,
    })?;
    println!("quality   float bpp   PSNR dB   integer bpp   PSNR dB    Δ bpp   Δ dB");
    for p in points {
        println!(
            "{:7.0} {:11.4} {:9.3} {:13.4} {:9.3} {:+7.2}% {:+6.3}",
            p.quality,
            p.float_bpp,
            p.float_psnr,
            p.integer_bpp,
            p.integer_psnr,
            100.0 * (p.integer_bpp / p.float_bpp - 1.0),
            p.integer_psnr - p.float_psnr
        );
    }
    Ok(())
}
