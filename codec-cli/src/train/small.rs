//! `vqz train --preset small`, `vqz train-prior`, and `vqz sample` of what that makes.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use vqz_train::{
    sample_sheet, train_prior, train_small, CodebookUpdate, PriorOptions, PriorRecipe,
    SheetOptions, SmallOptions, SmallRecipe,
};

use super::{read_recipe, PaceArgs, TrainArgs};
use crate::args::SampleArgs;
use crate::console::Console;
use crate::failure::usage;
use crate::files::{Existing, Target};
use crate::picture::Format;

/// How codewords learn.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Update {
    /// Moving averages
    Ema,
    /// Gradients of the codebook loss
    Loss,
}

/// Settings of a small model; what is left out is as in --recipe, or as --print-recipe shows.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of --preset small")]
pub struct SmallArgs {
    /// Words in each codebook
    #[arg(long, value_name = "K")]
    codewords: Option<i64>,
    /// Dimensions of a word, 1 to 64
    #[arg(long, value_name = "D")]
    dimension: Option<i64>,
    /// Number of codebooks, 1 or 2
    #[arg(long, value_name = "N")]
    codebooks: Option<i64>,
    /// Pixels per index, each way: 4 or 8
    #[arg(long, value_name = "N")]
    stride: Option<i64>,
    /// Side of the patches that are cut out of photos, 28 to 64 pixels
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(28..=64))]
    side: Option<u32>,
    /// How codewords learn
    #[arg(long, value_enum)]
    codebook_update: Option<Update>,
    /// Weight of the commitment loss
    #[arg(long, value_name = "BETA")]
    commitment: Option<f64>,
    /// Optimiser steps in all
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Pictures per step
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Seed of everything random
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
}

impl SmallArgs {
    /// Whether any of them is there.
    pub fn any(&self) -> bool {
        let numbers = [self.codewords, self.dimension, self.codebooks, self.stride];
        numbers.iter().any(Option::is_some)
            || self.side.is_some()
            || self.codebook_update.is_some()
            || self.commitment.is_some()
            || self.steps.is_some()
            || self.batch.is_some()
            || self.seed.is_some()
    }

    fn over(&self, recipe: SmallRecipe) -> SmallRecipe {
        let update = self.codebook_update.map(|update| match update {
            Update::Ema => CodebookUpdate::Ema,
            Update::Loss => CodebookUpdate::Loss,
        });
        SmallRecipe {
            codewords: self.codewords.unwrap_or(recipe.codewords),
            dimension: self.dimension.unwrap_or(recipe.dimension),
            codebooks: self.codebooks.unwrap_or(recipe.codebooks),
            stride: self.stride.unwrap_or(recipe.stride),
            side: self.side.unwrap_or(recipe.side),
            update: update.unwrap_or(recipe.update),
            commitment: self.commitment.unwrap_or(recipe.commitment),
            steps: self.steps.unwrap_or(recipe.steps),
            batch: self.batch.unwrap_or(recipe.batch),
            seed: self.seed.unwrap_or(recipe.seed),
            ..recipe
        }
    }
}

/// `vqz train --preset small`, with what every preset needs.
pub fn train(args: &TrainArgs, data: PathBuf, out: PathBuf, console: &Console) -> Result<()> {
    let recipe: Option<SmallRecipe> = args.recipe.as_ref().map(read_recipe).transpose()?;
    let recipe = match (recipe, args.small.any()) {
        (None, false) => None,
        (recipe, _) => Some(args.small.over(recipe.unwrap_or_default())),
    };
    let line = train_small(&SmallOptions {
        data,
        valid: args.valid.clone(),
        out,
        recipe,
        pace: args.pace.pace(console),
    })?;
    console.summary(&line);
    Ok(())
}

/// `vqz train-prior`
#[derive(Debug, Args)]
pub struct PriorArgs {
    /// Checkpoint of a small model (`vqz train --preset small`)
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Pictures to train on, as for the model
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
    /// Pictures to measure on [default: the last tenth of --data]
    #[arg(long, value_name = "PATH")]
    valid: Option<PathBuf>,
    /// Folder for checkpoint.safetensors and log.jsonl; a checkpoint there is resumed
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Tell the prior what pictures show (digits, CIFAR-10's classes), so that samples of each class can be drawn
    #[arg(long)]
    by_class: bool,
    /// Channels of the network
    #[arg(long, value_name = "N", default_value_t = PriorRecipe::default().width)]
    width: i64,
    /// Residual blocks of the network
    #[arg(long, value_name = "N", default_value_t = PriorRecipe::default().blocks)]
    blocks: usize,
    /// Share of activations left out in training, against overfitting
    #[arg(long, value_name = "X", default_value_t = PriorRecipe::default().dropout)]
    dropout: f64,
    /// Optimiser steps in all
    #[arg(long, value_name = "N", default_value_t = PriorRecipe::default().steps)]
    steps: u64,
    /// Pictures per step
    #[arg(long, value_name = "N", default_value_t = PriorRecipe::default().batch)]
    batch: usize,
    /// Seed of everything random
    #[arg(long, value_name = "S", default_value_t = PriorRecipe::default().seed)]
    seed: u64,
    #[command(flatten)]
    pace: PaceArgs,
}

/// Runs `vqz train-prior`.
pub fn prior(args: &PriorArgs, console: &Console) -> Result<()> {
    let recipe = PriorRecipe {
        width: args.width,
        blocks: args.blocks,
        dropout: args.dropout,
        classes: args.by_class,
        steps: args.steps,
        batch: args.batch,
        seed: args.seed,
        ..PriorRecipe::default()
    };
    let line = train_prior(&PriorOptions {
        model: args.model.clone(),
        data: args.data.clone(),
        valid: args.valid.clone(),
        out: args.out.clone(),
        recipe: Some(recipe),
        pace: args.pace.pace(console),
    })?;
    console.summary(&line);
    Ok(())
}

/// `vqz sample` of a prior: all pictures on one sheet.
pub fn sheet(args: &SampleArgs, prior: &Path, console: &Console) -> Result<()> {
    let (output, existing) = (&args.output, args.existing.or(Existing::Keep));
    if args.complete.is_some() {
        return Err(usage("--complete is for models of the codec"));
    }
    if output != Path::new("-") && Format::of(output) != Some(Format::Png) {
        return Err(usage(format!(
            "{}: the sheet of a prior's samples is a PNG; end the name in png",
            output.display()
        )));
    }
    let target = Target::new(output)?;
    target.check(existing)?;
    let sheet = sample_sheet(&SheetOptions {
        model: prior.into(),
        number: args.number as usize,
        seed: args.seed,
    })?;
    target.write_unless(&sheet, existing)?;
    console.summary(&format!("{target}: {} samples", args.number));
    Ok(())
}
