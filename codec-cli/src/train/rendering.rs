//! `vqz train-rendering` and `vqz export-rendering`: a perceptual rendering of a model's files.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vqz_train::{
    export_rendering, train_rendering, RenderingExport, RenderingOptions, RenderingRecipe,
};

use super::{read_recipe, PaceArgs};
use crate::console::Console;

/// `vqz train-rendering`
#[derive(Debug, Args)]
pub struct TrainRenderingArgs {
    /// The model whose files are to be rendered (.vqzm); it is not changed
    #[arg(long, value_name = "FILE", required_unless_present = "print_recipe")]
    base: Option<PathBuf>,
    /// Recipe that this model was trained with [default: the default one of `vqz train`]
    #[arg(long, value_name = "FILE")]
    base_recipe: Option<PathBuf>,
    /// Begin with a rendering of another model (.vqzr) instead of with the base's own; same networks as the recipe's
    #[arg(long, value_name = "FILE")]
    start: Option<PathBuf>,
    /// Folder of training photos (PNG, JPEG, WebP; subfolders are not searched)
    #[arg(long, value_name = "DIR", required_unless_present = "print_recipe")]
    data: Option<PathBuf>,
    /// The same for validation
    #[arg(long, value_name = "DIR")]
    valid: Option<PathBuf>,
    /// Folder for checkpoint.safetensors and log.jsonl; a checkpoint there is resumed
    #[arg(long, value_name = "DIR", required_unless_present = "print_recipe")]
    out: Option<PathBuf>,
    /// Recipe (JSON) instead of the default one, or of the checkpoint's when resuming
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Print the default recipe as JSON and stop
    #[arg(long)]
    print_recipe: bool,
    /// Steps between validations
    #[arg(long, value_name = "STEPS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    validate_every: u64,
    /// Use at most this many validation photos
    #[arg(long, value_name = "N", default_value_t = 8)]
    validate_photos: usize,
    #[command(flatten)]
    pace: PaceArgs,
}

/// `vqz export-rendering`
#[derive(Debug, Args)]
pub struct ExportRenderingArgs {
    /// A checkpoint.safetensors of `vqz train-rendering`
    checkpoint: PathBuf,
    /// The rendering file to write (.vqzr)
    out: PathBuf,
    /// The model that the rendering was trained for (.vqzm)
    #[arg(long, value_name = "FILE")]
    base: PathBuf,
    /// Name put into the rendering file
    #[arg(long, default_value = "perceptual")]
    name: String,
    /// Folder of photos to set the scales of activations by, and to compare float and integer on
    #[arg(long, value_name = "DIR")]
    calibration: PathBuf,
    /// Use at most this many calibration photos
    #[arg(long, value_name = "N", default_value_t = 24)]
    calibration_photos: usize,
}

pub(super) fn train(args: &TrainRenderingArgs, console: &Console) -> Result<()> {
    if args.print_recipe {
        let recipe = serde_json::to_string_pretty(&RenderingRecipe::default())?;
        writeln!(io::stdout(), "{recipe}")?;
        return Ok(());
    }
    let (Some(base), Some(data), Some(out)) =
        (args.base.clone(), args.data.clone(), args.out.clone())
    else {
        unreachable!("clap requires all three");
    };
    train_rendering(&RenderingOptions {
        base,
        base_recipe: args.base_recipe.as_ref().map(read_recipe).transpose()?,
        start: args.start.clone(),
        data,
        valid: args.valid.clone(),
        out,
        recipe: args.recipe.as_ref().map(read_recipe).transpose()?,
        validate_every: args.validate_every,
        validate_photos: args.validate_photos,
        pace: args.pace.pace(console),
    })?;
    Ok(())
}

pub(super) fn export(args: &ExportRenderingArgs) -> Result<()> {
    let points = export_rendering(&RenderingExport {
        checkpoint: args.checkpoint.clone(),
        out: args.out.clone(),
        base: args.base.clone(),
        name: args.name.clone(),
        calibration: args.calibration.clone(),
        calibration_photos: args.calibration_photos,
    })?;
    writeln!(
        io::stdout(),
        "quality       bpp   in floats: faithful  perceptual   from files: faithful  perceptual, dB"
    )?;
    for p in points {
        writeln!(
            io::stdout(),
            "{:7.0} {:9.4} {:21.3} {:11.3} {:22.3} {:11.3}",
            p.quality,
            p.bpp,
            p.float[0],
            p.float[1],
            p.integer[0],
            p.integer[1]
        )?;
    }
    Ok(())
}
