//! The training loop of a prior, over the indices that a small model gives its pictures.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use serde_json::json;
use tch::{Device, Kind, Tensor};

use super::checkpoint::{load, save, PriorMeta};
use super::network::{Grid, Prior};
use crate::course::{Course, Pace};
use crate::random::Random;
use crate::small::checkpoint::load_small;
use crate::small::measure::BATCH;
use crate::small::model::SmallModel;
use crate::small::pictures::Pictures;
use crate::small::recipe::PriorRecipe;
use crate::small::train::{shape, split};

/// Steps from one measurement on held-out pictures to the next.
const VALIDATE_EVERY: u64 = 250;

/// What to train a prior on, and where to keep it.
#[derive(Debug, Clone)]
pub struct PriorOptions {
    /// The checkpoint of a small model.
    pub model: PathBuf,
    /// As for the small model.
    pub data: PathBuf,
    /// As for the small model.
    pub valid: Option<PathBuf>,
    /// Receives `checkpoint.safetensors`, which holds the small model too, and `log.jsonl`; a checkpoint there is resumed.
    pub out: PathBuf,
    /// The recipe; `None` = that of the checkpoint, or the default.
    pub recipe: Option<PriorRecipe>,
    /// How far this session goes.
    pub pace: Pace,
}

/// Indices of pictures, and what these show.
struct Coded {
    /// `[N, positions, G]`.
    indices: Tensor,
    /// `[N]`.
    classes: Option<Tensor>,
}

impl Coded {
    fn new(small: &SmallModel, pictures: &Pictures, with_classes: bool) -> Self {
        let device = small.params.device();
        let all: Vec<usize> = (0..pictures.count()).collect();
        let parts: Vec<Tensor> = all
            .chunks(BATCH)
            .map(|some| small.indices(&pictures.batch(some, device)))
            .collect();
        let classes = pictures.classes.as_ref().filter(|_| with_classes);
        Self {
            indices: Tensor::cat(&parts, 0),
            classes: classes.map(|classes| {
                let classes = Tensor::from_slice(classes).to_kind(Kind::Int64);
                classes.to_device(device)
            }),
        }
    }

    fn count(&self) -> i64 {
        self.indices.size()[0]
    }

    fn some(&self, which: &Tensor) -> Self {
        let take = |all: &Tensor| all.index_select(0, which);
        Self {
            indices: take(&self.indices),
            classes: self.classes.as_ref().map(take),
        }
    }

    /// Bits of a picture by the prior's moving average, the mean over all.
    fn bits(&self, prior: &mut Prior) -> f64 {
        prior.params.use_average(true);
        let (count, device) = (self.count(), self.indices.device());
        let nats: f64 = tch::no_grad(|| {
            let parts = (0..count).step_by(BATCH);
            parts
                .map(|first| {
                    let end = (first + BATCH as i64).min(count);
                    let which = Tensor::arange_start(first, end, (Kind::Int64, device));
                    let some = self.some(&which);
                    let nats = prior.nats(&some.indices, some.classes.as_ref(), false);
                    nats.sum(Kind::Double).double_value(&[])
                })
                .sum()
        });
        prior.params.use_average(false);
        nats / count as f64 / std::f64::consts::LN_2
    }
}

/// Trains until the recipe's last step, or resumes; returns a line that says what came out.
///
/// # Errors
/// Unreadable pictures or checkpoints, a recipe or pictures that do not fit, a loss that is not finite.
pub fn train_prior(options: &PriorOptions) -> Result<String> {
    let device = Device::cuda_if_available();
    fs::create_dir_all(&options.out)
        .with_context(|| format!("{}: cannot create", options.out.display()))?;
    let path = options.out.join("checkpoint.safetensors");
    let (small, mut prior, mut meta) = begin(options, &path, device)?;
    let (data, valid) = split(
        &options.data,
        options.valid.as_deref(),
        meta.small.recipe.side,
    )?;
    if shape(&data) != meta.small.shape {
        bail!(
            "the pictures of --data are {:?}, but the model is for {:?}",
            shape(&data),
            meta.small.shape
        );
    }
    let told = meta.grid.classes > 0;
    let [data, valid] = [&data, &valid].map(|pictures| Coded::new(&small, pictures, told));
    for coded in [&data, &valid] {
        let largest = coded.classes.as_ref().map(|c| c.max().int64_value(&[]));
        if told && largest.is_none_or(|largest| largest >= meta.grid.classes) {
            bail!("the prior has to be told which of {} classes a picture shows, but these pictures do not say, or show others", meta.grid.classes);
        }
    }
    let recipe = meta.recipe.clone();
    let optimiser = recipe.optimiser();
    let mut course = Course::begin(
        &options.out,
        &options.pace,
        recipe.steps,
        meta.step,
        meta.seconds,
    )?;
    while course.goes_on(meta.step) {
        let bits = step(&mut prior, &data, &recipe, &optimiser, meta.step)?;
        meta.step += 1;
        meta.seconds = course.advance();
        if meta.step.is_multiple_of(VALIDATE_EVERY) || meta.step == recipe.steps {
            let held_out = valid.bits(&mut prior);
            let text = format!("{bits:.1} bits a picture, held-out {held_out:.1}");
            course.report(text, &json!({"step": meta.step, "seconds": meta.seconds.round(), "bits": bits, "held_out_bits": held_out}))?;
        }
        if course.save_is_due() {
            save(&path, &small, &prior, &meta)?;
        }
    }
    drop(course);
    save(&path, &small, &prior, &meta)?;
    let grid = meta.grid;
    let indices = (grid.rows * grid.columns * grid.codebooks) as f64;
    let bits = valid.bits(&mut prior);
    Ok(format!(
        "{} held-out pictures after {} steps: {bits:.1} bits of indices a picture, {:.3} bits an index, where all words alike take {:.0} and {:.0}",
        valid.count(),
        meta.step,
        bits / indices,
        indices * (grid.codewords as f64).log2(),
        (grid.codewords as f64).log2(),
    ))
}

/// The models to go on with.
fn begin(
    options: &PriorOptions,
    path: &Path,
    device: Device,
) -> Result<(SmallModel, Prior, PriorMeta)> {
    if path.exists() {
        let resumed = load(path, device).with_context(|| path.display().to_string())?;
        let (small, prior, meta) = resumed;
        let recipe = options.recipe.clone().unwrap_or(meta.recipe.clone());
        if recipe.but_for_steps() != meta.recipe.but_for_steps() {
            bail!(
                "{}: the checkpoint is of another recipe; choose another --out",
                path.display()
            );
        }
        return Ok((small, prior, PriorMeta { recipe, ..meta }));
    }
    let (small, meta) = load_small(&options.model, device)?;
    let recipe = options.recipe.clone().unwrap_or_default();
    recipe.check()?;
    // All data sets here have ten classes.
    let grid = Grid::of(&small, if recipe.classes { 10 } else { 0 });
    tch::manual_seed(recipe.seed as i64);
    let prior = Prior::new(&recipe, grid, device);
    let meta = PriorMeta {
        small: meta,
        recipe,
        grid,
        step: 0,
        seconds: 0.0,
    };
    Ok((small, prior, meta))
}

/// One step of the optimiser; returns bits per picture. What it draws is a function of the seed and the step alone.
fn step(
    prior: &mut Prior,
    data: &Coded,
    recipe: &PriorRecipe,
    optimiser: &crate::Recipe,
    step: u64,
) -> Result<f64> {
    // Of the activations that are left out.
    tch::manual_seed((recipe.seed ^ step.wrapping_mul(0x9E37_79B9)) as i64);
    let mut random = Random::new(recipe.seed, step);
    let drawn: Vec<i64> = (0..recipe.batch)
        .map(|_| random.below(data.count() as u64) as i64)
        .collect();
    let drawn = Tensor::from_slice(&drawn).to_device(data.indices.device());
    let batch = data.some(&drawn);
    let nats = prior.nats(&batch.indices, batch.classes.as_ref(), true);
    let nats = nats.mean(Kind::Float);
    let indices = batch.indices.numel() as f64 / recipe.batch as f64;
    prior.params.zero_grad();
    (&nats / indices).backward();
    let norm = prior
        .params
        .update(optimiser.rate_at(step), step, optimiser);
    let bits = nats.double_value(&[]) / std::f64::consts::LN_2;
    if !bits.is_finite() || !norm.is_finite() {
        bail!("step {step}: the loss is not finite; lower the learning rate and resume from the last checkpoint");
    }
    Ok(bits)
}
