//! `vqz train`, `vqz export`, `vqz byte-blocks`, `vqz design-prediction` and `vqz design-codebooks`, what is for renderings, and what is for small pictures (feature `train`).

mod blocks;
mod codebooks;
mod prediction;
mod remake;
mod rendering;
mod small;

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand, ValueEnum};
use serde::de::DeserializeOwned;
use vqz_train::{
    export, train, Degradation, ExportOptions, Kept, Pace, Recipe, SmallRecipe, Start, TrainOptions,
};

use crate::console::Console;
use crate::failure::usage;
pub use small::sheet as sample_sheet;

/// Commands that need libtorch.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a model on a folder of photos, or a small one on digits and the like, or continue a run
    Train(TrainArgs),
    /// Train a prior over the indices of a small model, for `vqz sample`
    TrainPrior(small::PriorArgs),
    /// Turn a checkpoint into an integer model file (.vqzm)
    Export(ExportArgs),
    /// Make the residual blocks of a model file's synthesis ones of bytes, which are faster; the networks are the same but for rounding
    ByteBlocks(blocks::ByteBlocksArgs),
    /// Fit a model file's linear predictions, from neighbours and across channels, anew; networks and frequency tables are the same
    DesignPrediction(prediction::DesignPredictionArgs),
    /// Design the codebooks and frequency tables of a model file anew; the networks are the same
    DesignCodebooks(codebooks::DesignCodebooksArgs),
    /// Train a perceptual rendering of a model's files, or continue a run
    TrainRendering(rendering::TrainRenderingArgs),
    /// Turn a rendering's checkpoint into an integer rendering file (.vqzr)
    ExportRendering(rendering::ExportRenderingArgs),
}

/// What kind of model to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Preset {
    /// A model of the codec: photos of any size
    Codec,
    /// A textbook VQ-VAE: MNIST, CIFAR-10, patches of photos
    Small,
}

/// `vqz train`
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// What kind of model to train
    #[arg(long, value_enum, default_value = "codec")]
    preset: Preset,
    /// Folder of training photos (PNG, JPEG, WebP; subfolders are not searched); small: also an IDX file, a batch of CIFAR-10, or a folder of these
    #[arg(long, value_name = "PATH", required_unless_present = "print_recipe")]
    data: Option<PathBuf>,
    /// The same for validation [default for small: the last tenth of --data]
    #[arg(long, value_name = "PATH")]
    valid: Option<PathBuf>,
    /// Folder for checkpoint.safetensors and log.jsonl (small: report.html too); a checkpoint there is resumed
    #[arg(long, value_name = "DIR", required_unless_present = "print_recipe")]
    out: Option<PathBuf>,
    /// Recipe (JSON) instead of the default one, or of the checkpoint's when resuming
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Train to undo this degradation: the encoder sees degraded pictures, and the decoder is to give them as they were. noise:SIGMA (levels of
    /// 0 to 255), blur:SIGMA (pixels) or jpeg:QUALITY; takes precedence over the recipe's
    #[arg(long, value_name = "WHAT")]
    degrade: Option<Degradation>,
    /// Start a new run from this model file (.vqzm) instead of from scratch; use a `hard_from` of 0 and a small learning rate. With
    /// `decoder_only` in the recipe its encoder chooses the labels, of a run that is continued, too
    #[arg(long, value_name = "FILE")]
    start: Option<PathBuf>,
    /// Recipe of that model, if its range of lambda differs from the new recipe's
    #[arg(long, value_name = "FILE", requires = "start")]
    start_recipe: Option<PathBuf>,
    /// Print the default recipe as JSON and stop
    #[arg(long)]
    print_recipe: bool,
    /// Steps between validations
    #[arg(long, value_name = "STEPS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    validate_every: u64,
    /// Use at most this many validation photos
    #[arg(long, value_name = "N", default_value_t = 16)]
    validate_photos: usize,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    small: small::SmallArgs,
}

/// How far a session of training goes, whatever it trains.
#[derive(Debug, Args)]
struct PaceArgs {
    /// Seconds between checkpoints
    #[arg(long, value_name = "SECONDS", default_value_t = 180)]
    checkpoint_every: u64,
    /// Stop, with a checkpoint, after this many steps
    #[arg(long, value_name = "STEPS")]
    stop_after: Option<u64>,
}

impl PaceArgs {
    fn pace(&self, console: &Console) -> Pace {
        Pace {
            checkpoint_every: self.checkpoint_every,
            stop_after: self.stop_after,
            quiet: console.is_quiet(),
        }
    }
}

/// `vqz export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// A checkpoint.safetensors
    checkpoint: PathBuf,
    /// The model file to write (.vqzm); what only encoders need goes into a file beside it (.vqze)
    out: PathBuf,
    /// Take everything but the encoder from this model file, as it is: for a run whose recipe says `encoder_only`
    #[arg(long, value_name = "MODEL")]
    decoder: Option<PathBuf>,
    /// Take the encoder from this model file, as it is: for a run whose recipe says `decoder_only`
    #[arg(long, value_name = "MODEL", conflicts_with = "decoder")]
    encoder: Option<PathBuf>,
    /// Name put into the model file
    #[arg(long, default_value = "vqz")]
    name: String,
    /// Folder of training photos, for codebooks and frequency tables
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Folder of photos to set the scales of activations by, and to compare float and integer on
    #[arg(long, value_name = "DIR")]
    calibration: PathBuf,
    /// Use at most this many calibration photos
    #[arg(long, value_name = "N", default_value_t = 24)]
    calibration_photos: usize,
}

/// Runs the command.
pub fn run(command: &Command, console: &mut Console) -> Result<()> {
    match command {
        Command::Train(args) => run_train(args, console),
        Command::TrainPrior(args) => small::prior(args, console),
        Command::Export(args) => run_export(args, console),
        Command::ByteBlocks(args) => blocks::make(args),
        Command::DesignPrediction(args) => prediction::design(args),
        Command::DesignCodebooks(args) => codebooks::design(args, console),
        Command::TrainRendering(args) => rendering::train(args, console),
        Command::ExportRendering(args) => rendering::export(args),
    }
}

fn run_train(args: &TrainArgs, console: &Console) -> Result<()> {
    if args.print_recipe {
        let recipe = match args.preset {
            Preset::Codec => serde_json::to_string_pretty(&Recipe::default())?,
            Preset::Small => serde_json::to_string_pretty(&SmallRecipe::default())?,
        };
        writeln!(io::stdout(), "{recipe}")?;
        return Ok(());
    }
    let (Some(data), Some(out)) = (args.data.clone(), args.out.clone()) else {
        unreachable!("clap requires both");
    };
    if args.preset == Preset::Small {
        if args.start.is_some() || args.degrade.is_some() {
            return Err(usage("--start and --degrade are for models of the codec"));
        }
        return small::train(args, data, out, console);
    }
    if args.small.any() {
        return Err(usage(
            "an option of --preset small is given without that preset; the codec's settings are in --recipe",
        ));
    }
    let recipe = args.recipe.as_ref().map(read_recipe).transpose()?;
    let start = match &args.start {
        Some(model) => Some(Start {
            model: model.clone(),
            recipe: args.start_recipe.as_ref().map(read_recipe).transpose()?,
        }),
        None => None,
    };
    train(&TrainOptions {
        data,
        valid: args.valid.clone(),
        out,
        recipe,
        degrade: args.degrade,
        start,
        validate_every: args.validate_every,
        validate_photos: args.validate_photos,
        pace: args.pace.pace(console),
    })?;
    Ok(())
}

fn read_recipe<R: DeserializeOwned>(path: &PathBuf) -> Result<R> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text)
        .with_context(|| format!("{}: not a recipe (see --print-recipe)", path.display()))
}

fn run_export(args: &ExportArgs, console: &Console) -> Result<()> {
    let points = export(&ExportOptions {
        checkpoint: args.checkpoint.clone(),
        out: args.out.clone(),
        kept: match (&args.decoder, &args.encoder) {
            (Some(decoder), _) => Some(Kept::Decoder(decoder.clone())),
            (None, Some(encoder)) => Some(Kept::Encoder(encoder.clone())),
            (None, None) => None,
        },
        name: args.name.clone(),
        data: args.data.clone(),
        calibration: args.calibration.clone(),
        calibration_photos: args.calibration_photos,
        quiet: console.is_quiet(),
    })?;
    writeln!(
        io::stdout(),
        "quality   float bpp   PSNR dB   integer bpp   PSNR dB    Δ bpp   Δ dB"
    )?;
    for p in points {
        writeln!(
            io::stdout(),
            "{:7.0} {:11.4} {:9.3} {:13.4} {:9.3} {:+7.2}% {:+6.3}",
            p.quality,
            p.float_bpp,
            p.float_psnr,
            p.integer_bpp,
            p.integer_psnr,
            100.0 * (p.integer_bpp / p.float_bpp - 1.0),
            p.integer_psnr - p.float_psnr
        )?;
    }
    Ok(())
}
