//! The training loop.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{ensure, Context as _, Result};
use serde_json::json;
use tch::{Device, Kind, Tensor};

use super::base::Base;
use super::checkpoint::{self, Meta};
use super::discriminator::Discriminator;
use super::generator::Generator;
use super::losses::{relative_error, relative_low, texture_distance};
use super::recipe::RenderingRecipe;
use super::validate::validate;
use crate::config::Recipe;
use crate::course::{Course, Pace};
use crate::data::{self, Batch, Draw, Photo};
use crate::params::Update;
use crate::random::Random;

/// Steps from one look at the discriminator's steepness to the next.
const STEEPNESS_EVERY: u64 = 4;

/// What to train on and where to keep it.
#[derive(Debug, Clone)]
pub struct RenderingOptions {
    /// The model file whose files shall be rendered; nothing of it is changed.
    pub base: PathBuf,
    /// The recipe that it was trained with; `None` = the default one.
    pub base_recipe: Option<Recipe>,
    /// A rendering file to begin with, of this model or of another one; `None` = with the base's own networks. Not read when a checkpoint is resumed.
    pub start: Option<PathBuf>,
    /// Folder of training photos.
    pub data: PathBuf,
    /// Folder of validation photos.
    pub valid: Option<PathBuf>,
    /// Receives `checkpoint.safetensors` and `log.jsonl`; a checkpoint there is resumed.
    pub out: PathBuf,
    /// The recipe; `None` = that of the checkpoint, or the default.
    pub recipe: Option<RenderingRecipe>,
    /// Steps between validations.
    pub validate_every: u64,
    /// At most this many validation photos.
    pub validate_photos: usize,
    /// How far this session goes.
    pub pace: Pace,
}

/// Trains until the recipe's last step, or resumes; returns the path of the checkpoint.
///
/// # Errors
/// Unreadable photos, model or checkpoint, a checkpoint of another base or other networks, a loss that is not finite.
pub fn train_rendering(options: &RenderingOptions) -> Result<PathBuf> {
    let device = Device::cuda_if_available();
    std::fs::create_dir_all(&options.out)
        .with_context(|| format!("{}: cannot create", options.out.display()))?;
    let path = options.out.join("checkpoint.safetensors");
    let resumed = path
        .exists()
        .then(|| checkpoint::load(&path, device))
        .transpose()?;
    let recipe = match (&options.recipe, &resumed) {
        (Some(recipe), _) => recipe.clone(),
        (None, Some((.., meta))) => meta.recipe.clone(),
        (None, None) => RenderingRecipe::default(),
    };
    recipe.check()?;
    let base_recipe = match (&options.base_recipe, &resumed) {
        (Some(recipe), _) => recipe.clone(),
        (None, Some((.., meta))) => meta.base_recipe.clone(),
        (None, None) => Recipe::default(),
    };
    let base = Base::load(&options.base, base_recipe, device)?;
    let (generator, discriminator, meta) = match resumed {
        Some((generator, discriminator, meta)) => {
            ensure!(
                meta.base == base.digest_hex() && meta.recipe.shape() == recipe.shape(),
                "{}: the checkpoint has other networks or another base model; choose another --out",
                path.display()
            );
            (generator, discriminator, Meta { recipe, ..meta })
        }
        None => {
            tch::manual_seed(recipe.seed as i64);
            let latents = base.recipe.architecture.latents;
            let mut generator = Generator::new(&recipe, latents, device);
            match &options.start {
                Some(file) => generator.load_file(file, &base)?,
                None => generator.start_from(&base)?,
            }
            let discriminator = Discriminator::new(&recipe, device);
            let meta = Meta {
                recipe,
                base: base.digest_hex(),
                base_recipe: base.recipe.clone(),
                step: 0,
                seconds: 0.0,
            };
            (generator, discriminator, meta)
        }
    };
    let mut valid = match &options.valid {
        Some(folder) => data::load_folder(folder, 64)?,
        None => Vec::new(),
    };
    valid.truncate(options.validate_photos);
    Session {
        photos: Arc::new(data::load_folder(&options.data, meta.recipe.patch)?),
        options,
        path: path.clone(),
        valid,
        base,
        generator,
        discriminator,
        meta,
    }
    .run()?;
    Ok(path)
}

struct Session<'a> {
    options: &'a RenderingOptions,
    path: PathBuf,
    photos: Arc<Vec<Photo>>,
    valid: Vec<Photo>,
    base: Base,
    generator: Generator,
    discriminator: Discriminator,
    meta: Meta,
}

/// Means of one step over its batch.
struct StepReport {
    /// Squared error in units of the faithful rendering's.
    squared: f64,
    low: f64,
    sliced: f64,
    /// By how much photos score above renderings.
    lead: f64,
    features: f64,
    norms: [f64; 2],
}

impl Session<'_> {
    fn run(mut self) -> Result<()> {
        let recipe = self.meta.recipe.clone();
        let (step, seconds) = (self.meta.step, self.meta.seconds);
        let options = self.options;
        let mut course = Course::begin(&options.out, &options.pace, recipe.steps, step, seconds)?;
        let draw = Draw {
            count: recipe.batch,
            side: recipe.patch,
            drawn: recipe.drawn,
            recoloured: 0.0,
            enlarged: 0.0,
            degrade: None,
            seed: recipe.seed ^ 0x9A17,
        };
        let batches = data::prefetch(self.photos.clone(), draw, self.meta.step);
        while course.goes_on(self.meta.step) {
            let batch = batches.recv().context("the loader stopped")??;
            let report = self.step(&batch)?;
            self.meta.step += 1;
            self.meta.seconds = course.advance();
            if self.meta.step.is_multiple_of(50) || self.meta.step == recipe.steps {
                let message = format!(
                    "error {:.3} textures {:.3} lead {:.2}",
                    report.squared, report.sliced, report.lead
                );
                course.report(message, &json!({"step": self.meta.step, "seconds": self.meta.seconds.round(), "squared": report.squared,
                    "low": report.low, "sliced": report.sliced, "lead": report.lead, "features": report.features,
                    "grad_norms": report.norms}))?;
            }
            if !self.valid.is_empty()
                && (self.meta.step.is_multiple_of(self.options.validate_every)
                    || self.meta.step == recipe.steps)
            {
                self.generator.params.use_average(true);
                let points = validate(&self.base, &self.generator, &self.valid)?;
                self.generator.params.use_average(false);
                let text: Vec<String> = points.iter().map(ToString::to_string).collect();
                course.tell(&format!("step {}: {}", self.meta.step, text.join("; ")));
                course.note(&json!({"step": self.meta.step, "valid": points}))?;
            }
            if course.save_is_due() {
                self.save()?;
            }
        }
        self.save()
    }

    fn save(&self) -> Result<()> {
        checkpoint::save(&self.path, &self.generator, &self.discriminator, &self.meta)
    }

    fn step(&mut self, batch: &Batch) -> Result<StepReport> {
        let (recipe, step) = (self.meta.recipe.clone(), self.meta.step);
        tch::manual_seed((recipe.seed ^ step.wrapping_mul(0x9E37_79B9)) as i64);
        let side = i64::from(recipe.patch);
        let x = data::to_tensor(&batch.clean, recipe.batch as i64, side, side)
            .to_device(self.base.device());
        // Stratified qualities: every batch sees the whole range.
        let mut random = Random::new(recipe.seed ^ 0x7E57, step);
        let t: Vec<f32> = (0..recipe.batch)
            .map(|i| {
                RenderingRecipe::quality((i as f64 + random.unit()) / recipe.batch as f64) as f32
            })
            .collect();
        let t = Tensor::from_slice(&t).to_device(x.device());
        let decoded = self.base.decode(&x, &t);
        let noise = self.generator.random_noise(&decoded);
        let rendered = self.generator.render(&decoded, &t, &noise, None);

        // The gradient goes to the pixels first, so that none is worked out for the discriminator's weights.
        let pixels = rendered.detach().set_requires_grad(true);
        let squared = relative_error(&pixels, &decoded.faithful, &x).mean(Kind::Float);
        let low = relative_low(&pixels, &decoded.faithful, &x).mean(Kind::Float);
        let sliced = texture_distance(&pixels, &x);
        let photos = tch::no_grad(|| self.discriminator.judge(&x, &decoded.linear));
        let judged = self.discriminator.judge(&pixels, &decoded.linear);
        let lead = &photos.score - &judged.score;
        let features = photos.features.iter().zip(&judged.features);
        let features = features.map(|(wanted, found)| {
            (found - wanted).abs().mean(Kind::Float) / (wanted.abs().mean(Kind::Float) + 1e-3)
        });
        let features: Tensor = features.sum();
        let mut loss = &squared * recipe.squared + &low * recipe.low + &sliced * recipe.sliced;
        if step >= recipe.adversarial_from {
            loss += lead.softplus().mean(Kind::Float) * recipe.adversarial;
            loss += &features * recipe.features;
        }
        let gradient = Tensor::run_backward(&[&loss], &[&pixels], false, false);
        self.generator.params.zero_grad();
        (&rendered * &gradient[0]).sum(Kind::Float).backward();
        let update = |rate: f64| Update {
            rate: rate * recipe.rate_at(step),
            clip: recipe.clip,
            average: recipe.average,
            muon: None,
        };
        let moved = self
            .generator
            .params
            .update_by(&update(recipe.learning_rate), step);

        let rendered = rendered.detach();
        let real = self.discriminator.judge(&x, &decoded.linear).score;
        let made = self.discriminator.judge(&rendered, &decoded.linear).score;
        let mut loss = (&made - &real).softplus().mean(Kind::Float);
        if step.is_multiple_of(STEEPNESS_EVERY) {
            let steepness = self.discriminator.steepness(&x, &decoded.linear, &real)
                + self
                    .discriminator
                    .steepness(&rendered, &decoded.linear, &made);
            loss += steepness * (recipe.steepness * STEEPNESS_EVERY as f64 / 100.0);
        }
        self.discriminator.params.zero_grad();
        loss.backward();
        let judged = self
            .discriminator
            .params
            .update_by(&update(recipe.discriminator_rate), step);
        let value = |x: &Tensor| x.mean(Kind::Float).double_value(&[]);
        ensure!(
            moved.is_finite() && judged.is_finite(),
            "step {step}: the loss is not finite; lower the learning rates and resume from the last checkpoint"
        );
        Ok(StepReport {
            squared: value(&squared),
            low: value(&low),
            sliced: value(&sliced),
            lead: value(&lead),
            features: value(&features),
            norms: [moved, judged],
        })
    }
}
