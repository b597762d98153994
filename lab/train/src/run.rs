//! The training loop.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{bail, Context, Result};
use serde_json::json;
use tch::{Device, Kind, Tensor};

use crate::checkpoint::{self, Meta};
use crate::config::Recipe;
use crate::course::{Course, Pace};
use crate::data::{self, Batch, Photo};
use crate::degrade::Degradation;
use crate::gradient::{differentiate, shards, Outcome};
use crate::import::{import, Start};
use crate::model::FloatModel;
use crate::ms_ssim;
use crate::pca::principal_components;
use crate::quantiser::Mode;
use crate::settled::{Coder, SIDE_MAX};
use crate::ssimulacra2;
use crate::validate::{validate, validate_decoder};

/// What to train on and where to keep it.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// Folder of training photos.
    pub data: PathBuf,
    /// Folder of validation photos.
    pub valid: Option<PathBuf>,
    /// Receives `checkpoint.safetensors` and `log.jsonl`; a checkpoint there is resumed.
    pub out: PathBuf,
    /// The recipe; `None` = that of the checkpoint, or the default.
    pub recipe: Option<Recipe>,
    /// In place of what the recipe says of it; `None` = as there.
    pub degrade: Option<Degradation>,
    /// A new run starts from this model file instead of from nothing; a checkpoint in `out` goes first. With [`Recipe::decoder_only`] its encoder chooses the
    /// labels, of a resumed run, too.
    pub start: Option<Start>,
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
/// Unreadable photos or checkpoint, a checkpoint of another architecture, a loss that is not finite.
pub fn train(options: &TrainOptions) -> Result<PathBuf> {
    let device = Device::cuda_if_available();
    std::fs::create_dir_all(&options.out)
        .with_context(|| format!("{}: cannot create", options.out.display()))?;
    let path = options.out.join("checkpoint.safetensors");
    let resumed = path
        .exists()
        .then(|| checkpoint::load(&path, device))
        .transpose()?;
    let mut recipe = match (&options.recipe, &resumed) {
        (Some(recipe), _) => recipe.clone(),
        (None, Some((_, meta))) => meta.recipe.clone(),
        (None, None) => Recipe::default(),
    };
    recipe.degrade = options.degrade.or(recipe.degrade);
    if recipe.patch == 0 || recipe.patch % 64 != 0 {
        bail!("patch is {}, it must be a multiple of 64", recipe.patch);
    }
    if recipe.decoder_only && i64::from(recipe.patch) > SIDE_MAX {
        bail!(
            "patch is {}, with decoder_only it must be at most {SIDE_MAX}",
            recipe.patch
        );
    }
    let shares = [recipe.ms_ssim, recipe.ssimulacra2];
    if shares.iter().any(|&share| share < 0.0) || shares.iter().sum::<f64>() > 1.0 {
        bail!("ms_ssim and ssimulacra2 are {shares:?}, they must be at least 0 and at most 1 together");
    }
    if recipe.muon_every == 0 {
        bail!("muon_every is 0, it must be at least 1");
    }
    let smallest = [ms_ssim::MIN_SIDE, ssimulacra2::MIN_SIDE];
    for (share, smallest) in shares.into_iter().zip(smallest) {
        if share > 0.0 && recipe.patch < smallest {
            bail!(
                "patch is {}, this distortion needs at least {smallest}; set ms_ssim and ssimulacra2 to 0",
                recipe.patch
            );
        }
    }
    if resumed
        .as_ref()
        .is_some_and(|(_, meta)| meta.recipe.architecture != recipe.architecture)
    {
        bail!(
            "{}: the checkpoint has another architecture; choose another --out",
            path.display()
        );
    }
    let photos = Arc::new(data::load_folder(&options.data, recipe.patch)?);
    let mut valid = match &options.valid {
        Some(folder) => data::load_folder(folder, 64)?,
        None => Vec::new(),
    };
    valid.truncate(options.validate_photos);
    let (mut model, meta) = match resumed {
        Some((model, meta)) => (model, Meta { recipe, ..meta }),
        None => {
            tch::manual_seed(recipe.seed as i64);
            let patches = sample_patches(&photos, &recipe, 64)?;
            let (components, std) = principal_components(&patches, recipe.architecture.latents);
            let mut model = FloatModel::new(
                &recipe.architecture,
                &components,
                &std,
                |t| recipe.lambda(t),
                device,
            );
            if let Some(start) = &options.start {
                import(&mut model, start, &recipe)?;
            }
            let meta = Meta {
                recipe,
                step: 0,
                seconds: 0.0,
            };
            (model, meta)
        }
    };
    if !(0.0..=1.0).contains(&meta.recipe.quantiser_error) {
        bail!(
            "quantiser_error is {}, it must be 0 to 1",
            meta.recipe.quantiser_error
        );
    }
    model.set_quantiser_error(meta.recipe.quantiser_error);
    let coder = match (meta.recipe.decoder_only, &options.start) {
        (false, _) => None,
        (true, Some(start)) => Some(Coder::load(&start.model)?),
        (true, None) => bail!(
            "decoder_only is set, which needs the model (--start) whose encoder chooses the labels"
        ),
    };
    match (meta.recipe.encoder_only, meta.recipe.decoder_only) {
        (true, true) => bail!("encoder_only and decoder_only are both set, one at most may be"),
        (true, false) => model.freeze_decoder(),
        (false, true) => model.freeze_encoder(),
        (false, false) => {}
    }
    let kind = meta.recipe.kind();
    let shards = match device {
        Device::Cpu => shards(meta.recipe.batch),
        _ => 1,
    };
    Session {
        options,
        path: path.clone(),
        photos,
        valid,
        model,
        coder,
        meta,
        kind,
        shards,
    }
    .run()?;
    Ok(path)
}

/// Some batches as the encoder sees them.
fn sample_patches(photos: &[Photo], recipe: &Recipe, batches: u64) -> Result<Vec<Tensor>> {
    let side = i64::from(recipe.patch);
    (0..batches)
        .map(|index| {
            let batch = data::batch(photos, &data::Draw::new(recipe, 0xCA11), index)?;
            Ok(data::to_tensor(
                &batch.seen,
                recipe.batch as i64,
                side,
                side,
            ))
        })
        .collect()
}

struct Session<'a> {
    options: &'a TrainOptions,
    path: PathBuf,
    photos: Arc<Vec<Photo>>,
    valid: Vec<Photo>,
    model: FloatModel,
    /// Chooses labels, where decoders alone are trained.
    coder: Option<Coder>,
    meta: Meta,
    kind: Kind,
    /// See [`shards`].
    shards: usize,
}

/// Means of one step over its batch.
struct StepReport {
    loss: f64,
    bpp: f64,
    psnr: f64,
    norm: f64,
}

impl Session<'_> {
    fn run(mut self) -> Result<()> {
        let recipe = self.meta.recipe.clone();
        let (step, seconds) = (self.meta.step, self.meta.seconds);
        let options = self.options;
        let mut course = Course::begin(&options.out, &options.pace, recipe.steps, step, seconds)?;
        let batches = data::prefetch(
            self.photos.clone(),
            data::Draw::new(&recipe, 0),
            self.meta.step,
        );
        while course.goes_on(self.meta.step) {
            // At step 0 nothing has been learned that they could be fitted to; a run that starts from a model begins with the lattice, too.
            if self.meta.step == recipe.hard_from && self.meta.step > 0 {
                self.initialise_codebooks()?;
            }
            let batch = batches.recv().context("the loader stopped")??;
            let report = self.step(&batch)?;
            self.meta.step += 1;
            self.meta.seconds = course.advance();
            if self.meta.step.is_multiple_of(50) || self.meta.step == recipe.steps {
                let (perplexity, dead) = self.model.y.codebook.health();
                let message = format!(
                    "loss {:.3} {:.3} bpp {:.2} dB perplexity {perplexity:.1} dead {dead}",
                    report.loss, report.bpp, report.psnr
                );
                course.report(message, &json!({"step": self.meta.step, "seconds": self.meta.seconds.round(), "loss": report.loss, "bpp": report.bpp,
                    "psnr": report.psnr, "grad_norm": report.norm, "perplexity": perplexity, "dead": dead}))?;
            }
            if self.meta.step.is_multiple_of(500) && self.meta.step < recipe.steps {
                let revived = self.model.revive();
                if revived > 0 {
                    course.note(&json!({"step": self.meta.step, "revived": revived}))?;
                }
            }
            if self.meta.step.is_multiple_of(500) && self.meta.step > recipe.hard_from {
                self.model.y.codebook.restart_dead(&mut self.model.params);
                self.model.z.codebook.restart_dead(&mut self.model.params);
            }
            if !self.valid.is_empty()
                && (self.meta.step.is_multiple_of(self.options.validate_every)
                    || self.meta.step == recipe.steps)
            {
                self.model.params.use_average(true);
                let mode = recipe.measure_at(self.meta.step);
                let points = match &self.coder {
                    Some(coder) => {
                        validate_decoder(&self.model, coder, &self.valid, &recipe, 5, self.kind)?
                    }
                    None => validate(&self.model, &self.valid, &recipe, 5, mode, self.kind, None)?,
                };
                self.model.params.use_average(false);
                let text: Vec<String> = points
                    .iter()
                    .map(|p| format!("{:.3}/{:.2}", p.bpp, p.psnr))
                    .collect();
                course.tell(&format!(
                    "step {}: valid bpp/PSNR {}",
                    self.meta.step,
                    text.join("  ")
                ));
                course.note(&json!({"step": self.meta.step, "valid": points}))?;
            }
            if course.save_is_due() {
                checkpoint::save(&self.path, &self.model, &self.meta)?;
            }
        }
        checkpoint::save(&self.path, &self.model, &self.meta)
    }

    fn step(&mut self, batch: &Batch) -> Result<StepReport> {
        let recipe = &self.meta.recipe;
        let step = self.meta.step;
        tch::manual_seed((recipe.seed ^ step.wrapping_mul(0x9E37_79B9)) as i64);
        self.model.params.zero_grad();
        let (model, coder) = (&self.model, self.coder.as_ref());
        let shards = differentiate(model, coder, batch, recipe, step, self.kind, self.shards)?;
        let norm = self.model.params.update(recipe.rate_at(step), step, recipe);
        let mean =
            |of: fn(&Outcome) -> f64| shards.iter().map(of).sum::<f64>() / shards.len() as f64;
        let report = StepReport {
            loss: mean(|shard| shard.loss),
            bpp: mean(|shard| shard.bpp),
            psnr: mean(|shard| shard.psnr),
            norm,
        };
        if !report.loss.is_finite() || !norm.is_finite() {
            bail!("step {step}: the loss is not finite; lower the learning rate and resume from the last checkpoint");
        }
        let labels: Vec<_> = shards.iter().filter_map(|s| s.labels.as_ref()).collect();
        if !labels.is_empty() {
            let of = |block: usize| {
                let labels: Vec<&Tensor> = labels.iter().map(|labels| &labels[block]).collect();
                Tensor::cat(&labels, 0)
            };
            self.model.y.codebook.count(&of(0), 0.99);
            self.model.z.codebook.count(&of(1), 0.99);
        }
        Ok(report)
    }

    /// k-means on the residuals of the relaxed model, started from the lattice: three Lloyd iterations of eight batches.
    fn initialise_codebooks(&mut self) -> Result<()> {
        let recipe = self.meta.recipe.clone();
        let patches = sample_patches(&self.photos, &recipe, 8)?;
        let t: Vec<f32> = (0..recipe.batch)
            .map(|i| (i as f32 + 0.5) / recipe.batch as f32)
            .collect();
        let t = Tensor::from_slice(&t).to_device(self.model.params.device());
        for _ in 0..3 {
            let mut sums: Vec<(Tensor, Tensor)> = Vec::new();
            for patch in &patches {
                let x = patch.to_device(t.device());
                let out = tch::no_grad(|| self.model.forward(&x, &t, Mode::Nearest, self.kind));
                for (index, (codebook, trace)) in [
                    (&self.model.y.codebook, &out.y),
                    (&self.model.z.codebook, &out.z),
                ]
                .into_iter()
                .enumerate()
                {
                    let (sum, count) = codebook.accumulate(&trace.residuals, &trace.labels);
                    match sums.get_mut(index) {
                        None => sums.push((sum, count)),
                        Some((s, c)) => {
                            *s += sum;
                            *c += count;
                        }
                    }
                }
            }
            self.model
                .y
                .codebook
                .move_to_means(&mut self.model.params, &sums[0].0, &sums[0].1);
            self.model
                .z
                .codebook
                .move_to_means(&mut self.model.params, &sums[1].0, &sums[1].1);
        }
        Ok(())
    }
}
