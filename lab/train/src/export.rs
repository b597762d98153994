//! From a checkpoint to an integer model file.
//!
//! Every activation gets a power-of-two scale that leaves head room above the magnitudes seen on calibration photos; weights absorb the
//! scales, and the shift is the largest that the overflow proof of [`vqz::model::Conv`] allows. Codebooks and frequency tables are designed then, by the
//! integer model's own encoder ([`crate::design`]), and at last residual blocks become ones of bytes ([`crate::blocks`]).

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tch::{Device, Kind, Tensor};
use vqz::model::{
    Activation, ContextStep, EncoderData, Gain, LatentBlock, Layer, LinearPrediction, ModelData,
    Network, Shuffle, Unshuffle,
};
use vqz::{Image, Model};

use crate::block::Block;
use crate::blocks::with_byte_blocks;
use crate::checkpoint;
use crate::codebooks::{initial, SPACING};
use crate::compare::{compare, Comparison};
use crate::config::{Recipe, ACTIVITY, Z_STD};
use crate::data::{self, Photo};
use crate::design::{design, DESIGN_PHOTOS, DESIGN_ROUNDS};
use crate::files::{read_model, write_model};
use crate::fixed_point::{fixed, power_of_two, quantise, End, Weights, WEIGHT_LIMIT};
use crate::integers::{Integers, INNER_BITS};
use crate::latents::{units, LearnedBlock};
use crate::model::{FloatModel, Instruments};
use crate::network::Peaks;
use crate::prediction::with_prediction;
use crate::quantiser::Mode;
use crate::tables;
use crate::validate::whole;

/// What to export.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// A `checkpoint.safetensors`.
    pub checkpoint: PathBuf,
    /// Receives the model file; the encoder file goes beside it.
    pub out: PathBuf,
    /// What is taken from another model file as it is.
    pub kept: Option<Kept>,
    /// Name put into the model file.
    pub name: String,
    /// Training photos, for codebooks and frequency tables.
    pub data: PathBuf,
    /// Photos for calibration of the activations' scales.
    pub calibration: PathBuf,
    /// At most this many of them.
    pub calibration_photos: usize,
    /// Says nothing while codebooks are designed.
    pub quiet: bool,
}

/// A part of a model file that a checkpoint was not trained in.
#[derive(Debug, Clone)]
pub enum Kept {
    /// Everything but the encoder of this model file: for [`Recipe::encoder_only`].
    Decoder(PathBuf),
    /// The encoder of this model file, and the quantisers that go with it: for [`Recipe::decoder_only`].
    Encoder(PathBuf),
}

/// Writes the integer model of a checkpoint's averaged weights, and reports what it does to the calibration photos.
///
/// # Errors
/// Unreadable inputs, or weights that no scale makes safe.
pub fn export(options: &ExportOptions) -> Result<Vec<Comparison>> {
    let device = Device::cuda_if_available();
    let (mut model, meta) = checkpoint::load(&options.checkpoint, device)?;
    model.params.use_average(true);
    let mut photos = data::load_folder(&options.calibration, 64)?;
    photos.truncate(options.calibration_photos);
    let peaks = calibrate(&model, &photos, &meta.recipe)?;
    let params = &model.params;
    let data = Exporter {
        model: &model,
        integers: Integers { params, peaks },
    }
    .model(options.name.clone())?;
    let data = match &options.kept {
        None => data,
        Some(Kept::Encoder(of)) => {
            let old = read(of)?;
            ModelData {
                encoder: old.encoder,
                y: old.y,
                z: old.z,
                z_mean: old.z_mean,
                z_log_scale: old.z_log_scale,
                ..data
            }
        }
        Some(Kept::Decoder(of)) => ModelData {
            encoder: data.encoder,
            ..read(of)?
        },
    };
    let mut data = match &options.kept {
        Some(Kept::Decoder(_)) => data,
        _ => {
            let images = design_images(&options.data, &meta.recipe)?;
            let data = with_prediction(data, &images)?;
            let data = design(data, &images, DESIGN_ROUNDS, options.quiet)?;
            with_byte_blocks(data, &images)?
        }
    };
    load(&data.to_bytes()?)?;
    write_model(&options.out, &data)?;
    // The float model does not correct scales: what else files have is seen without.
    for block in [&mut data.z, &mut data.y] {
        (block.channel_rate, block.position_rate) = (0, 0);
    }
    let integer = load(&data.to_bytes()?)?;
    let train = data::load_folder(&options.data, meta.recipe.patch)?;
    let counts = tables::count_labels(&model, &train, &meta.recipe)?;
    let costs = tables::costs(&tables::fit(&counts)).to_device(device);
    compare(&model, &integer, &photos, &meta.recipe, &costs)
}

fn read(model: &Path) -> Result<ModelData> {
    ModelData::from_bytes(&read_model(model)?).with_context(|| model.display().to_string())
}

/// Photos as the encoder of a recipe's model sees them.
fn design_images(folder: &Path, recipe: &Recipe) -> Result<Vec<Image>> {
    let photos = data::load_some(folder, DESIGN_PHOTOS)?;
    let image = |(number, photo): (usize, &Photo)| photo.seen(number, recipe)?.image();
    photos.iter().enumerate().map(image).collect()
}

pub(crate) fn load(bytes: &[u8]) -> Result<Model> {
    Model::from_bytes(bytes).context("the model does not pass its own checks")
}

fn calibrate(model: &FloatModel, photos: &[Photo], recipe: &Recipe) -> Result<Peaks> {
    let peaks = RefCell::new(Peaks::new());
    tch::no_grad(|| {
        for (index, photo) in photos.iter().enumerate() {
            let Some(x) = whole(&*photo.seen(index, recipe)?) else {
                continue;
            };
            let t = (index % 5) as f32 / 4.0;
            let t = Tensor::from_slice(&[t]).to_device(model.params.device());
            let x = x.to_device(model.params.device());
            let instruments = Instruments {
                peaks: Some(&peaks),
                ..Instruments::default()
            };
            model.forward_with(&x, &t, Mode::Hard, Kind::Float, &instruments);
        }
        Ok(peaks.into_inner())
    })
}

struct Exporter<'a> {
    model: &'a FloatModel,
    integers: Integers<'a>,
}

impl Exporter<'_> {
    /// With the first codebooks and tables, which have seen no labels.
    fn model(&self, name: String) -> Result<ModelData> {
        let m = self.model;
        let unit = units(
            &self.integers.values(m.y.log_step),
            m.y.codebook.channels as usize,
        );
        let std: Vec<f64> = self
            .integers
            .values(m.y.std)
            .iter()
            .zip(&unit)
            .map(|(s, u)| s / u)
            .collect();
        // Analysis: normalised units, then per-channel gain to absolute units in Q3.
        let peak = self.integers.peaks["analysis"]
            .last()
            .copied()
            .unwrap_or(1.0);
        let scale = power_of_two(f64::from(i16::MAX) / (2.0 * peak)).min(4096.0);
        let mut analysis = self
            .integers
            .network(&m.analysis, 1.0, 8, &End { scale, bits: 15 })?;
        analysis.layers.push(Layer::Gain(Gain {
            multipliers: std
                .iter()
                .map(|s| (s * 8.0 / scale * 65536.0).round() as i32)
                .collect(),
            shift: 16,
        }));
        let hyper = m.z.codebook.channels as usize;
        let mut steps = Vec::new();
        for step in &m.steps {
            let per_channel = step.adaptation / (step.end - step.start) as f64;
            steps.push(ContextStep {
                channels: step.start as u16..step.end as u16,
                activity: (ACTIVITY * 1024.0).round() as i16,
                // Eighths of an octave, Q24, per Q10.
                adaptation: (per_channel * f64::from(8 << 14)).round() as u16,
                parity: step.parity,
                network: self.integers.network(
                    &step.net,
                    256.0,
                    14,
                    &End {
                        scale: 1024.0,
                        bits: 15,
                    },
                )?,
                prediction: LinearPrediction::default(),
            });
        }
        let features = End {
            scale: self.integers.feature_scale(&m.body, &m.lift, &m.renderer),
            bits: INNER_BITS,
        };
        let encoder = EncoderData {
            name: name.clone(),
            analysis_linear: self.analysis_linear(&unit)?,
            analysis,
            hyper_analysis: self.integers.network(
                &m.hyper_analysis,
                256.0,
                14,
                &End {
                    scale: 8.0,
                    bits: 15,
                },
            )?,
        };
        Ok(ModelData {
            name,
            hyper_synthesis: self.integers.network(
                &m.hyper_synthesis,
                256.0,
                14,
                &End {
                    scale: 256.0,
                    bits: 13,
                },
            )?,
            steps,
            synthesis_linear: self.synthesis_linear(&unit)?,
            synthesis_body: self.integers.network(&m.body, 256.0, 14, &features)?,
            synthesis_lift: self.integers.network(&m.lift, 16.0, 15, &features)?,
            renderer: self.integers.network(
                &m.renderer,
                features.scale,
                features.bits,
                &End {
                    scale: 16.0,
                    bits: 15,
                },
            )?,
            z: self.block(&m.z, vec![Z_STD; hyper], vec![1.0; hyper]),
            z_mean: fixed(&self.integers.values(m.z_mean), 1024.0),
            z_log_scale: fixed(&self.integers.values(m.z_log_scale), 1024.0),
            y: self.block(&m.y, std, unit),
            scale_min: tables::first(),
            spacing: SPACING,
            tables: initial(),
            encoder: Some(encoder),
        })
    }

    fn analysis_linear(&self, unit: &[f64]) -> Result<Network> {
        let channels = unit.len();
        let mut weights = self.integers.values(self.model.analysis_linear);
        for (row, unit) in weights.chunks_exact_mut(768).zip(unit) {
            row.iter_mut().for_each(|w| *w /= unit);
        }
        let end = End {
            scale: 8.0,
            bits: 15,
        };
        let conv = linear(&weights, channels, 1.0, 8, &end)?;
        Ok(Network {
            inputs: 3,
            input_bits: 8,
            layers: vec![Unshuffle(4).into(), Unshuffle(4).into(), conv],
        })
    }

    fn synthesis_linear(&self, unit: &[f64]) -> Result<Network> {
        let channels = unit.len();
        let mut weights = self.integers.values(self.model.synthesis_linear);
        for row in weights.chunks_exact_mut(channels) {
            row.iter_mut().zip(unit).for_each(|(w, unit)| *w *= unit);
        }
        let end = End {
            scale: 16.0,
            bits: 15,
        };
        Ok(Network {
            inputs: channels as u16,
            input_bits: 15,
            layers: vec![linear(&weights, 768, 8.0, 15, &end)?, Shuffle(4).into()],
        })
    }

    /// `std` and `unit` as in [`LearnedBlock`].
    fn block(&self, block: &Block, std: Vec<f64>, unit: Vec<f64>) -> LatentBlock {
        LearnedBlock {
            log_gain: self.integers.values(block.log_gain),
            log_step: self.integers.values(block.log_step),
            std,
            unit,
        }
        .quantise()
    }
}

/// A 1×1 convolution without bias.
fn linear(weights: &[f64], outputs: usize, scale_in: f64, bits: u8, end: &End) -> Result<Layer> {
    let real = Weights {
        weights,
        bias: &vec![0.0; outputs],
        outputs,
    };
    let fixed = quantise(&real, scale_in, bits, end, WEIGHT_LIMIT)?;
    Ok(Layer::Conv(fixed.conv(1, outputs, Activation::None)))
}
