//! From an integer model file back to floating-point parameters, to go on training from it: the inverse of [`crate::export()`], but for
//! rounding and for the optimiser's state.
//!
//! The scales of activations inside a network are not in the file. Any choice gives the same function (ReLU is homogeneous);
//! the one taken here leaves weights about as large as a fresh model's, which is what the learning rate expects.

use anyhow::{bail, ensure, Context, Result};
use tch::{Kind, Tensor};
use vqz::lab::{CODEBOOK_WORDS, CORE_RADIUS};
use vqz::model::{
    Conv, Depthwise, Gain, LatentBlock, Layer, ModelData, Network, Shuffle, Unshuffle,
};

use crate::block::Block;
use crate::config::{Recipe, KNOTS, Z_STD};
use crate::model::FloatModel;
use crate::network::{Conv as FloatConv, Net, Op};
use crate::params::{Id, Params};

/// Where training starts from.
#[derive(Debug, Clone)]
pub struct Start {
    /// A model file, of the recipe's architecture.
    pub model: std::path::PathBuf,
    /// The recipe it was trained with: its range of λ tells which quality is which. `None` = the same range as the new one's.
    pub recipe: Option<Recipe>,
}

/// Overwrites the parameters of a fresh `model` (of `recipe`) with those of a model file.
///
/// # Errors
/// Unreadable or invalid file, another architecture.
pub(crate) fn import(model: &mut FloatModel, start: &Start, recipe: &Recipe) -> Result<()> {
    let name = start.model.display();
    let bytes = std::fs::read(&start.model).with_context(|| format!("{name}: cannot read"))?;
    let data = ModelData::from_bytes(&bytes).with_context(|| name.to_string())?;
    let axis = Axis {
        old: start.recipe.clone().unwrap_or_else(|| recipe.clone()),
        new: recipe.clone(),
    };
    Importer { model, axis }
        .run(&data)
        .with_context(|| format!("{name} does not fit the recipe's architecture"))
}

/// The quality axes of the file and of the new run.
struct Axis {
    old: Recipe,
    new: Recipe,
}

impl Axis {
    /// Position on the file's axis (0–1 inside of it) of each of the new knots.
    fn positions(&self) -> Vec<f64> {
        (0..KNOTS)
            .map(|knot| {
                let lambda = self.new.lambda(knot as f64 / (KNOTS - 1) as f64);
                (lambda / self.old.lambda_low).ln()
                    / (self.old.lambda_high / self.old.lambda_low).ln()
            })
            .collect()
    }

    /// A `[knot][channel]` table at the new knots; beyond the file's axis it goes on as it does on the whole, if `extend`.
    fn resample(&self, table: &[f64], channels: usize, extend: bool) -> Vec<f32> {
        let last = table.len() / channels - 1;
        let at = |knot: usize, channel: usize| table[knot * channels + channel];
        let mut out = Vec::new();
        for position in self.positions() {
            let inside = position.clamp(0.0, 1.0);
            let low = ((inside * last as f64) as usize).min(last.saturating_sub(1));
            let f = inside * last as f64 - low as f64;
            for channel in 0..channels {
                let beyond = if extend { position - inside } else { 0.0 };
                let slope = at(last, channel) - at(0, channel);
                let high = at((low + 1).min(last), channel);
                out.push((at(low, channel) * (1.0 - f) + high * f + slope * beyond) as f32);
            }
        }
        out
    }
}

struct Importer<'a> {
    model: &'a mut FloatModel,
    axis: Axis,
}

impl Importer<'_> {
    fn run(&mut self, data: &ModelData) -> Result<()> {
        let (y, z) = (
            self.model.y.codebook.channels,
            self.model.z.codebook.channels,
        );
        ensure!(
            (i64::from(data.y.channels), i64::from(data.z.channels)) == (y, z),
            "{} latents and {} hyper-latents, expected {y} and {z}",
            data.y.channels,
            data.z.channels
        );
        ensure!(
            data.steps.len() == self.model.steps.len(),
            "{} coding steps, expected {}",
            data.steps.len(),
            self.model.steps.len()
        );
        let linear = (self.model.analysis_linear, self.model.synthesis_linear);
        self.linear(linear.0, &data.analysis_linear, 8.0)?;
        self.linear(linear.1, &data.synthesis_linear, 2.0)?;

        let std = self.block(false, &data.y, None)?;
        self.block(true, &data.z, Some(Z_STD))?;
        // Q3 after the gain: std·8/scale·2^16.
        let Some(Layer::Gain(Gain { multipliers, .. })) = data.analysis.layers.last() else {
            bail!("the analysis transform does not end with a gain");
        };
        let largest = (0..std.len()).max_by_key(|&c| multipliers[c]).unwrap_or(0);
        let scale = std[largest] * 8.0 * 65536.0 / f64::from(multipliers[largest].max(1));

        let Some(Layer::Conv(lift)) = data.synthesis_lift.layers.first() else {
            bail!("the lift is not a convolution");
        };
        let features = 16.0 / self.model.lift.scale_in * natural_ratio(lift);
        let nets = [
            (
                self.model.analysis.clone(),
                &data.analysis,
                1.0,
                scale.log2().round().exp2(),
            ),
            (
                self.model.hyper_analysis.clone(),
                &data.hyper_analysis,
                256.0,
                8.0,
            ),
            (
                self.model.hyper_synthesis.clone(),
                &data.hyper_synthesis,
                256.0,
                256.0,
            ),
            (
                self.model.body.clone(),
                &data.synthesis_body,
                256.0,
                features,
            ),
            (
                self.model.lift.clone(),
                &data.synthesis_lift,
                16.0,
                features,
            ),
            (self.model.renderer.clone(), &data.renderer, features, 16.0),
        ];
        let steps: Vec<Net> = self.model.steps.iter().map(|s| s.net.clone()).collect();
        let contexts = steps.into_iter().zip(&data.steps);
        let contexts = contexts.map(|(net, step)| (net, &step.network, 256.0, 1024.0));
        for (net, network, scale_in, scale_out) in nets.into_iter().chain(contexts) {
            self.network(&net, network, scale_in, scale_out)
                .with_context(|| format!("network {}", net.name))?;
        }
        let (mean, log_scale) = (self.model.z_mean, self.model.z_log_scale);
        self.set(mean, data.z_mean.iter().map(|&v| f32::from(v) / 1024.0))?;
        self.set(
            log_scale,
            data.z_log_scale.iter().map(|&v| f32::from(v) / 1024.0),
        )
    }

    fn params(&mut self) -> &mut Params {
        &mut self.model.params
    }

    fn set(&mut self, id: Id, values: impl Iterator<Item = f32>) -> Result<()> {
        let values: Vec<f32> = values.collect();
        let shape = self.params().get(id).size();
        ensure!(
            values.len() as i64 == shape.iter().product::<i64>(),
            "{} values, expected {shape:?}",
            values.len()
        );
        let tensor = Tensor::from_slice(&values).view(shape.as_slice());
        self.params().set(id, &tensor);
        Ok(())
    }

    /// `ratio`: integers of the output per integer of the input.
    fn linear(&mut self, id: Id, network: &Network, ratio: f64) -> Result<()> {
        let conv = network.layers.iter().find_map(|layer| match layer {
            Layer::Conv(conv) => Some(conv),
            _ => None,
        });
        let conv = conv.context("a linear transform without a convolution")?;
        let unit = ratio * f64::from(1u32 << conv.shift);
        self.set(
            id,
            conv.weights.iter().map(|&w| (f64::from(w) / unit) as f32),
        )
    }

    /// Sets gains, steps, standard deviations and codebook; returns the standard deviations.
    fn block(&mut self, hyper: bool, block: &LatentBlock, std: Option<f64>) -> Result<Vec<f64>> {
        let to = if hyper { &self.model.z } else { &self.model.y };
        let Block {
            log_gain,
            log_step,
            std: std_id,
            codebook,
        } = to;
        let (log_gain, log_step, std_id, offsets) =
            (*log_gain, *log_step, *std_id, codebook.offsets);
        let channels = usize::from(block.channels);
        let logs = |values: Vec<f64>, unit: f64| -> Vec<f64> {
            values.iter().map(|v| (v.max(1.0) / unit).log2()).collect()
        };
        let gain = logs(
            block.gain.iter().map(|&g| f64::from(g)).collect(),
            262_144.0,
        );
        let step = logs(block.step.iter().map(|&s| f64::from(s)).collect(), 256.0);
        let gain = self.axis.resample(&gain, channels, true);
        let step = self.axis.resample(&step, channels, true);
        self.set(log_gain, gain.into_iter())?;
        self.set(log_step, step.into_iter())?;
        let stds: Vec<f64> = block
            .norm
            .iter()
            .map(|&n| std.unwrap_or(2_097_152.0 / f64::from(n.max(1))))
            .collect();
        self.set(std_id, stds.iter().map(|&s| s as f32))?;
        let side = 2 * CORE_RADIUS + 1;
        let words = block.codebook.iter().enumerate().flat_map(|(row, word)| {
            let index = (row % CODEBOOK_WORDS) as i32;
            let labels = [index / side - CORE_RADIUS, index % side - CORE_RADIUS];
            [0, 1].map(|d| f32::from(word[d]) / 64.0 - labels[d] as f32)
        });
        self.set(offsets, words)?;
        Ok(stds)
    }

    /// `scale_in`, `scale_out`: integers per unit of the network's input and output.
    fn network(
        &mut self,
        net: &Net,
        network: &Network,
        scale_in: f64,
        scale_out: f64,
    ) -> Result<()> {
        let layers = network
            .layers
            .iter()
            .filter(|l| !matches!(l, Layer::Gain(_)));
        let layers: Vec<&Layer> = layers.collect();
        ensure!(
            layers.len() == net.ops.len(),
            "{} layers, expected {}",
            layers.len(),
            net.ops.len()
        );
        let last = net
            .ops
            .iter()
            .rposition(|op| matches!(op, Op::Conv(_) | Op::Depthwise(_)));
        let mut scale = scale_in / net.scale_in;
        let (mut stream, mut inside) = (scale, false);
        for (index, (op, layer)) in net.ops.iter().zip(layers).enumerate() {
            match (op, layer) {
                (Op::Conv(to), Layer::Conv(from)) => {
                    let target = if Some(index) == last {
                        scale_out * net.scale_out
                    } else if inside && matches!(net.ops[index + 1], Op::AddSaved) {
                        stream
                    } else {
                        scale * natural_ratio(from)
                    };
                    if !inside {
                        stream = target;
                    }
                    self.conv(to, from, scale, target)
                        .with_context(|| format!("layer {index}"))?;
                    scale = target;
                }
                (Op::Depthwise(to), Layer::Depthwise(from)) => {
                    let target = if Some(index) == last {
                        scale_out * net.scale_out
                    } else {
                        scale
                    };
                    if !inside {
                        stream = target;
                    }
                    self.depthwise(to, from, scale, target)
                        .with_context(|| format!("layer {index}"))?;
                    scale = target;
                }
                (Op::Save, Layer::Save(_)) => inside = true,
                (Op::AddSaved, Layer::AddSaved(_)) => inside = false,
                (Op::Shuffle(r), Layer::Shuffle(Shuffle(s)))
                | (Op::Unshuffle(r), Layer::Unshuffle(Unshuffle(s)))
                    if *r == i64::from(*s) => {}
                _ => bail!("layer {index} is {layer:?}, expected {op:?}"),
            }
        }
        Ok(())
    }

    fn conv(&mut self, to: &FloatConv, from: &Conv, scale_in: f64, scale_out: f64) -> Result<()> {
        let shape = [from.outputs, from.inputs, u16::from(from.kernel)].map(i64::from);
        ensure!(
            shape == [to.outputs, to.inputs, to.kernel],
            "(outputs, inputs, kernel) are {shape:?}, expected {:?}",
            [to.outputs, to.inputs, to.kernel]
        );
        let unit = f64::from(1u32 << from.shift);
        let [o, i, k] = shape;
        let weights: Vec<f32> = from.weights.iter().map(|&w| f32::from(w)).collect();
        // [o, ky, kx, i] → [o, i, ky, kx]
        let weights = Tensor::from_slice(&weights)
            .view([o, k, k, i])
            .permute([0, 3, 1, 2])
            * (scale_in / scale_out / unit);
        self.params().set(to.weight, &weights.to_kind(Kind::Float));
        self.bias(to, &from.bias, unit * scale_out)
    }

    fn depthwise(
        &mut self,
        to: &FloatConv,
        from: &Depthwise,
        scale_in: f64,
        scale_out: f64,
    ) -> Result<()> {
        let channels = i64::from(from.channels);
        ensure!(
            channels == to.outputs,
            "{channels} channels, expected {}",
            to.outputs
        );
        let unit = f64::from(1u32 << from.shift);
        let weights: Vec<f32> = from.weights.iter().map(|&w| f32::from(w)).collect();
        // [ky, kx, c] → [c, 1, ky, kx]
        let weights = Tensor::from_slice(&weights)
            .view([3, 3, channels, 1])
            .permute([2, 3, 0, 1])
            * (scale_in / scale_out / unit);
        self.params().set(to.weight, &weights.to_kind(Kind::Float));
        self.bias(to, &from.bias, unit * scale_out)
    }

    /// `unit`: integers per unit.
    fn bias(&mut self, to: &FloatConv, from: &[i32], unit: f64) -> Result<()> {
        let bias: Vec<f64> = from.iter().map(|&b| f64::from(b) / unit).collect();
        let bias = if to.conditioned {
            self.axis.resample(&bias, to.outputs as usize, false)
        } else {
            bias.iter().map(|&b| b as f32).collect()
        };
        self.set(to.bias, bias.into_iter())
    }
}

/// The power of two, output scale over input scale, that makes the weights about as large as He initialisation does.
fn natural_ratio(conv: &Conv) -> f64 {
    let squares: f64 = conv.weights.iter().map(|&w| f64::from(w).powi(2)).sum();
    let size = (squares / conv.weights.len() as f64).sqrt() / f64::from(1u32 << conv.shift);
    let fan_in = f64::from(conv.inputs) * f64::from(conv.kernel).powi(2);
    let gain = if conv.activation == vqz::model::Activation::Relu {
        2.0
    } else {
        1.0
    };
    (size / (gain / fan_in).sqrt()).log2().round().exp2()
}
