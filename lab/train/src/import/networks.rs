//! Networks and the quality axis: what a model file and a rendering file have in common.

use anyhow::{bail, ensure, Context, Result};
use tch::{Kind, Tensor};
use vqz::model::{Conv, Depthwise, Layer, Network, Shuffle, Unshuffle};

use crate::config::{Recipe, KNOTS};
use crate::network::{Conv as FloatConv, Net, Op};
use crate::params::{Id, Params};

/// The quality axes of the file and of the new run.
pub(super) struct Axis {
    pub old: Recipe,
    pub new: Recipe,
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
    pub fn resample(&self, table: &[f64], channels: usize, extend: bool) -> Vec<f32> {
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

/// Sets parameters from a file.
pub(super) struct Importer<'a> {
    pub params: &'a mut Params,
    pub axis: Axis,
}

impl Importer<'_> {
    /// The three networks of a rendering, the model's own or another one.
    pub fn rendering(
        &mut self,
        [body, lift, renderer]: [&Net; 3],
        [body_data, lift_data, renderer_data]: [&Network; 3],
    ) -> Result<()> {
        let Some(Layer::Conv(first)) = lift_data.layers.first() else {
            bail!("the lift is not a convolution");
        };
        let features = 16.0 / lift.scale_in * natural_ratio(first);
        self.network(body, body_data, [256.0, features])?;
        self.network(lift, lift_data, [16.0, features])?;
        self.network(renderer, renderer_data, [features, 16.0])
    }

    pub fn set(&mut self, id: Id, values: impl Iterator<Item = f32>) -> Result<()> {
        let values: Vec<f32> = values.collect();
        let shape = self.params.get(id).size();
        ensure!(
            values.len() as i64 == shape.iter().product::<i64>(),
            "{} values, expected {shape:?}",
            values.len()
        );
        let tensor = Tensor::from_slice(&values).view(shape.as_slice());
        self.params.set(id, &tensor);
        Ok(())
    }

    /// `ratio`: integers of the output per integer of the input.
    pub fn linear(&mut self, id: Id, network: &Network, ratio: f64) -> Result<()> {
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

    /// `scales`: integers per unit of the network's input and output.
    pub fn network(&mut self, net: &Net, network: &Network, scales: [f64; 2]) -> Result<()> {
        self.layers(net, network, scales)
            .with_context(|| format!("network {}", net.name))
    }

    fn layers(&mut self, net: &Net, network: &Network, scales: [f64; 2]) -> Result<()> {
        let [scale_in, scale_out] = scales;
        let layers = network
            .layers
            .iter()
            .filter(|l| !matches!(l, Layer::Gain(_)));
        let layers: Vec<&Layer> = layers.collect();
        let ops = self.present(net, &layers);
        ensure!(
            layers.len() == ops.len(),
            "{} layers, expected {}",
            layers.len(),
            ops.len()
        );
        let last = net
            .ops
            .iter()
            .rposition(|op| matches!(op, Op::Conv(_) | Op::Depthwise(_)));
        let mut scale = scale_in / net.scale_in;
        let (mut stream, mut inside) = (scale, false);
        for ((index, op), layer) in ops.into_iter().zip(layers) {
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

    /// The operations that the file has, with their places. A network may have more residual blocks than the file behind those that are there: they begin
    /// with outgoing weights of 0, so that they change nothing.
    fn present<'n>(&mut self, net: &'n Net, layers: &[&Layer]) -> Vec<(usize, &'n Op)> {
        let mut present = Vec::new();
        let mut ops = net.ops.iter().enumerate();
        while let Some((index, op)) = ops.next() {
            let more = matches!(op, Op::Save)
                && !matches!(layers.get(present.len()), Some(Layer::Save(_)));
            if !more {
                present.push((index, op));
                continue;
            }
            let mut last = None;
            for (_, op) in ops
                .by_ref()
                .take_while(|(_, op)| !matches!(op, Op::AddSaved))
            {
                last = Some(op);
            }
            if let Some(Op::Conv(conv)) = last {
                for id in [conv.weight, conv.bias] {
                    let silent = self.params.get(id).zeros_like();
                    self.params.set(id, &silent);
                }
            }
        }
        present
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
        self.params.set(to.weight, &weights.to_kind(Kind::Float));
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
        self.params.set(to.weight, &weights.to_kind(Kind::Float));
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
