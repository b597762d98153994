//! The training loop of a small model: the textbook's VQ-VAE.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use serde_json::json;
use tch::{Device, Kind, Tensor};

use super::checkpoint::{self, load_small, SmallMeta};
use super::measure::{measure, Measured};
use super::model::{Shape, SmallModel};
use super::pictures::{self, Pictures};
use super::recipe::SmallRecipe;
use super::report;
use crate::course::{Course, Pace};
use crate::random::Random;

/// Pictures that the codebooks begin with.
const INITIAL: usize = 400;
/// Steps from one line of the log to the next.
const LOG_EVERY: u64 = 20;

/// What to train a small model on, and where to keep it.
#[derive(Debug, Clone)]
pub struct SmallOptions {
    /// A file of pictures or a folder, as docs/lab.md tells.
    pub data: PathBuf,
    /// Pictures to measure on; without, every tenth of `data`, from its end.
    pub valid: Option<PathBuf>,
    /// Receives `checkpoint.safetensors`, `log.jsonl` and `report.html`; a checkpoint there is resumed.
    pub out: PathBuf,
    /// The recipe; `None` = that of the checkpoint, or the default.
    pub recipe: Option<SmallRecipe>,
    /// How far this session goes.
    pub pace: Pace,
}

/// Trains until the recipe's last step, or resumes, then writes the report; returns a line that says what came out.
///
/// # Errors
/// Unreadable pictures or checkpoint, a recipe that does not fit, a loss that is not finite.
pub fn train_small(options: &SmallOptions) -> Result<String> {
    let device = Device::cuda_if_available();
    fs::create_dir_all(&options.out)
        .with_context(|| format!("{}: cannot create", options.out.display()))?;
    let path = options.out.join("checkpoint.safetensors");
    let resumed = match path.exists() {
        true => Some(load_small(&path, device)?),
        false => None,
    };
    let recipe = match (&options.recipe, &resumed) {
        (Some(recipe), _) => recipe.clone(),
        (None, Some((_, meta))) => meta.recipe.clone(),
        (None, None) => SmallRecipe::default(),
    };
    let (data, valid) = split(&options.data, options.valid.as_deref(), recipe.side)?;
    let shape = shape(&data);
    recipe.check(shape.width, shape.height)?;
    let (model, meta) = match resumed {
        Some((model, meta)) => {
            if meta.recipe.but_for_steps() != recipe.but_for_steps() || meta.shape != shape {
                bail!(
                    "{}: the checkpoint is of other pictures or another recipe; choose another --out",
                    path.display()
                );
            }
            (model, SmallMeta { recipe, ..meta })
        }
        None => {
            tch::manual_seed(recipe.seed as i64);
            let model = SmallModel::new(&recipe, shape, device);
            let meta = SmallMeta {
                recipe,
                shape,
                step: 0,
                seconds: 0.0,
            };
            (model, meta)
        }
    };
    let mut session = Session {
        options,
        path,
        variance: data.variance().max(1e-6),
        data,
        model,
        meta,
    };
    session.run()?;
    let measured = measure(&session.model, &valid)?;
    report::write(
        &options.out,
        &session.model,
        &session.meta,
        &valid,
        &measured,
    )?;
    Ok(summary(&session.meta, &measured))
}

/// The pictures of `data` to train on, and those of `valid` to measure on.
pub(super) fn split(data: &Path, valid: Option<&Path>, side: u32) -> Result<(Pictures, Pictures)> {
    let mut data = pictures::load(data, side)?;
    let Some(valid) = valid else {
        if data.count() < 2 {
            bail!("there is only one picture, and none to measure on; give some with --valid");
        }
        let held_out = (data.count() / 10).max(1);
        let valid = data.split_off(held_out);
        return Ok((data, valid));
    };
    let valid = pictures::load(valid, side)?;
    if shape(&data) != shape(&valid) {
        bail!(
            "the pictures of --data are {:?}, those of --valid are {:?}",
            shape(&data),
            shape(&valid)
        );
    }
    Ok((data, valid))
}

pub(super) fn shape(pictures: &Pictures) -> Shape {
    Shape {
        width: pictures.width,
        height: pictures.height,
        channels: pictures.channels,
    }
}

fn summary(meta: &SmallMeta, measured: &Measured) -> String {
    let list = |values: Vec<String>| values.join(" and ");
    format!(
        "{} held-out pictures after {} steps: PSNR {:.2} dB, {:.0} bits of indices ({:.0} at their entropy; PNG {:.0}), perplexity {}, \
        {} of {} codewords never used",
        measured.pictures,
        meta.step,
        measured.psnr,
        measured.index_bits,
        measured.entropy_bits,
        measured.png_bits,
        list(measured.perplexity.iter().map(|p| format!("{p:.1}")).collect()),
        list(measured.unused.iter().map(ToString::to_string).collect()),
        meta.recipe.codewords,
    )
}

struct Session<'a> {
    options: &'a SmallOptions,
    path: PathBuf,
    data: Pictures,
    /// Of the data, so that the commitment's weight means the same for all.
    variance: f64,
    model: SmallModel,
    meta: SmallMeta,
}

/// What a step has found.
struct Step {
    loss: f64,
    /// Mean squared error, samples from 0 to 255.
    mse: f64,
}

impl Session<'_> {
    fn run(&mut self) -> Result<()> {
        let recipe = self.meta.recipe.clone();
        let (step, seconds) = (self.meta.step, self.meta.seconds);
        let options = self.options;
        let mut course = Course::begin(&options.out, &options.pace, recipe.steps, step, seconds)?;
        while course.goes_on(self.meta.step) {
            let step = self.step()?;
            self.meta.step += 1;
            self.meta.seconds = course.advance();
            if self.meta.step.is_multiple_of(LOG_EVERY) || self.meta.step == recipe.steps {
                let (perplexity, dead) = self.model.codebooks.health();
                let psnr = 10.0 * (255.0f64 * 255.0 / step.mse.max(1e-9)).log10();
                let message = format!(
                    "loss {:.4} {psnr:.2} dB perplexity {perplexity:.1} dead {dead}",
                    step.loss
                );
                course.report(message, &json!({"step": self.meta.step, "seconds": self.meta.seconds.round(), "loss": step.loss, "mse": step.mse,
                    "psnr": psnr, "perplexity": perplexity, "dead": dead}))?;
            }
            if course.save_is_due() {
                self.save()?;
            }
        }
        self.save()
    }

    fn save(&self) -> Result<()> {
        checkpoint::write(&self.path, self.model.state(""), &self.meta)
    }

    /// One step of the optimiser. What it draws is a function of the seed and the step alone.
    fn step(&mut self) -> Result<Step> {
        let (step, recipe) = (self.meta.step, &self.meta.recipe);
        let mut random = Random::new(recipe.seed, step);
        let device = self.model.params.device();
        if step == recipe.quantise_from {
            let some = self.data.draw(INITIAL, &mut random);
            let vectors = tch::no_grad(|| self.model.encode(&self.data.batch(&some, device)));
            let model = &mut self.model;
            model
                .codebooks
                .initialise(&mut model.params, &vectors, &mut random);
        }
        let quantised = step >= recipe.quantise_from;
        let drawn = self.data.draw(recipe.batch, &mut random);
        let x = self.data.batch(&drawn, device);
        let (made, vectors, out) = self.model.forward(&x, quantised);
        let mse = (made - &x).square().mean(Kind::Float);
        let mut loss = &mse / self.variance;
        if let Some(out) = &out {
            loss = loss + &out.codebook_loss + &out.commitment_loss * recipe.commitment;
        }
        let optimiser = recipe.optimiser();
        let model = &mut self.model;
        model.params.zero_grad();
        loss.backward();
        let norm = model
            .params
            .update(optimiser.rate_at(step), step, &optimiser);
        let report = Step {
            loss: loss.double_value(&[]),
            mse: mse.double_value(&[]) * 255.0 * 255.0,
        };
        if !report.loss.is_finite() || !norm.is_finite() {
            bail!("step {step}: the loss is not finite; lower the learning rate and resume from the last checkpoint");
        }
        if let Some(out) = out {
            let vectors: Tensor = vectors.detach();
            let (codebooks, params) = (&mut model.codebooks, &mut model.params);
            codebooks.learn(params, &vectors, &out.indices);
            if (step + 1).is_multiple_of(recipe.restart_every) && step + 1 < recipe.steps {
                codebooks.restart_dead(params, &vectors, &mut random);
            }
        }
        Ok(report)
    }
}
