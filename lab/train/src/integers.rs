//! Networks of floating-point parameters as the integer ones of a model file, by the magnitudes seen on calibration photos.

use anyhow::{Context, Result};
use tch::{Device, Kind};
use vqz::model::{Activation, AddSaved, Layer, Network, Save, Shuffle, Unshuffle};

use crate::fixed_point::{power_of_two, quantise, stream_peak, End, Fixed, Weights, WEIGHT_LIMIT};
use crate::network::{Conv as FloatConv, Net, Op, Peaks};
use crate::params::{Id, Params};

/// Clamp of activations between layers: ±8191, see docs/training.md.
pub(crate) const INNER_BITS: u8 = 13;
/// A hidden layer's integers per unit are at most so many times those of the stream around it.
const MOST_OF_STREAM: f64 = 256.0;

/// See the module.
pub(crate) struct Integers<'a> {
    pub params: &'a Params,
    /// Of all networks that are asked for.
    pub peaks: Peaks,
}

impl Integers<'_> {
    pub fn values(&self, id: Id) -> Vec<f64> {
        let tensor = self
            .params
            .get(id)
            .to_device(Device::Cpu)
            .to_kind(Kind::Double);
        Vec::<f64>::try_from(tensor.contiguous().view(-1)).expect("a vector of doubles")
    }

    /// Integers per unit of the features that body and lift give to the renderer.
    pub fn feature_scale(&self, body: &Net, lift: &Net, renderer: &Net) -> f64 {
        let end = |net: &Net| self.peaks[&net.name].last().copied().unwrap_or(0.0);
        let stream = stream_peak(&renderer.ops, &self.peaks[&renderer.name], 0);
        let peak = stream.max(end(body)).max(end(lift));
        power_of_two(8191.0 / (1.6 * peak))
    }

    /// `scale_in`: integers per unit of the network's float input; `end`: the same of its output.
    pub fn network(&self, net: &Net, scale_in: f64, input_bits: u8, end: &End) -> Result<Network> {
        let peaks = self
            .peaks
            .get(&net.name)
            .with_context(|| format!("{} was not calibrated", net.name))?;
        let mut scale = scale_in / net.scale_in;
        let mut bits = input_bits;
        let mut inputs = None;
        let mut layers = Vec::new();
        let last_conv = net
            .ops
            .iter()
            .rposition(|op| matches!(op, Op::Conv(_) | Op::Depthwise(_)));
        let mut stream_scale = scale;
        let mut inside = false;
        for (index, op) in net.ops.iter().enumerate() {
            layers.push(match op {
                Op::Conv(conv) | Op::Depthwise(conv) => {
                    inputs.get_or_insert(conv.inputs);
                    let own = |peak: f64| power_of_two(8191.0 / (1.6 * peak.max(1e-6)));
                    let inner = |scale: f64| End {
                        scale,
                        bits: INNER_BITS,
                    };
                    let target = if Some(index) == last_conv {
                        End {
                            scale: end.scale * net.scale_out,
                            bits: end.bits,
                        }
                    } else if !inside {
                        stream_scale = own(stream_peak(&net.ops, peaks, index + 1));
                        inner(stream_scale)
                    } else if matches!(net.ops[index + 1], Op::AddSaved) {
                        inner(stream_scale)
                    } else {
                        // Hidden channels that were never above 0 on the calibration photos must not ask for an endless scale.
                        inner(own(peaks[index + 1]).min(stream_scale * MOST_OF_STREAM))
                    };
                    let fixed = self.fixed(conv, scale, bits, &target).with_context(|| {
                        let (peak_in, peak_out) = (peaks[index], peaks[index + 1]);
                        format!(
                            "{} layer {index}, largest input {peak_in}, output {peak_out}",
                            net.name
                        )
                    })?;
                    (scale, bits) = (target.scale, target.bits);
                    let activation = if conv.relu {
                        Activation::Relu
                    } else {
                        Activation::None
                    };
                    match op {
                        Op::Depthwise(_) => Layer::Depthwise(fixed.depthwise(activation)),
                        _ => {
                            let (kernel, outputs) = (conv.kernel as usize, conv.outputs as usize);
                            Layer::Conv(fixed.conv(kernel, outputs, activation))
                        }
                    }
                }
                Op::Save => {
                    inside = true;
                    Save.into()
                }
                Op::AddSaved => {
                    inside = false;
                    let clamp_bits = INNER_BITS;
                    AddSaved { clamp_bits }.into()
                }
                Op::Shuffle(r) => Shuffle(*r as u8).into(),
                Op::Unshuffle(r) => {
                    inputs.get_or_insert(3);
                    Unshuffle(*r as u8).into()
                }
            });
        }
        Ok(Network {
            inputs: inputs.context("a network without layers")? as u16,
            input_bits,
            layers,
        })
    }

    fn fixed(&self, conv: &FloatConv, scale_in: f64, bits_in: u8, out: &End) -> Result<Fixed> {
        // [o, i, ky, kx] → [o, ky, kx, i]
        let tensor = self
            .params
            .get(conv.weight)
            .permute([0, 2, 3, 1])
            .contiguous();
        let weights =
            Vec::<f64>::try_from(tensor.to_device(Device::Cpu).to_kind(Kind::Double).view(-1))?;
        let real = Weights {
            weights: &weights,
            bias: &self.values(conv.bias),
            outputs: conv.outputs as usize,
        };
        quantise(&real, scale_in, bits_in, out, WEIGHT_LIMIT)
    }
}
