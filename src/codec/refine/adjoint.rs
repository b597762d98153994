//! Gradients through a network, from its output back to its input (reverse-mode differentiation; Linnainmaa 1970).
//!
//! The network itself runs in integers, as decoders run it. Rounding and clamping count as the identity.

use super::plane::Plane;
use crate::model::{Activation, Layer, Network, Weights};
use crate::nn::Tensor;

/// What is needed of a network's layers to go back through them.
pub(super) struct Adjoint(Vec<Step>);

enum Step {
    Conv(Conv),
    Depthwise(Depthwise),
    Save,
    AddSaved,
    /// Depth to space.
    Shuffle(i32),
    /// Space to depth.
    Unshuffle(i32),
    Gain(Vec<f32>),
}

struct Conv {
    kernel: i32,
    relu: bool,
    /// `[output][ky][kx][input]`, with the shift.
    weights: Vec<f32>,
}

struct Depthwise {
    relu: bool,
    /// `[ky][kx][channel]`, with the shift.
    weights: Vec<f32>,
}

impl Adjoint {
    pub(super) fn new<W: Weights>(network: &Network<W>) -> Self {
        Self(network.layers.iter().map(Step::new).collect())
    }

    /// The gradient with respect to the input, from the one with respect to the output. `trace` is what
    /// [`crate::nn::PreparedNetwork::trace`] gave: the tensors before, between and after the layers.
    pub(super) fn run(&self, trace: &[Tensor], output: Plane) -> Plane {
        let mut gradient = output;
        let mut saved = None;
        for (index, step) in self.0.iter().enumerate().rev() {
            let (input, output) = (&trace[index], &trace[index + 1]);
            gradient = match step {
                Step::Conv(conv) => conv.back(input, output, &gradient),
                Step::Depthwise(depthwise) => depthwise.back(input, output, &gradient),
                Step::AddSaved => {
                    saved = Some(gradient.clone());
                    gradient
                }
                Step::Save => {
                    let mut sum = Plane::like(input);
                    sum.add_common(&gradient);
                    sum.add_common(&saved.take().expect("every Save has its AddSaved"));
                    sum
                }
                Step::Shuffle(r) => moved(input, &gradient, |x, y, sub| {
                    let (cx, cy) = (x.div_euclid(*r), y.div_euclid(*r));
                    let block = (y.rem_euclid(*r) * r + x.rem_euclid(*r)) as usize;
                    (cx, cy, block * output.channels + sub)
                }),
                Step::Unshuffle(r) => moved(input, &gradient, |x, y, sub| {
                    let (block, channel) = (sub / input.channels, sub % input.channels);
                    let (dx, dy) = (block as i32 % r, block as i32 / r);
                    (x * r + dx, y * r + dy, channel)
                }),
                Step::Gain(factors) => {
                    let mut gradient = gradient;
                    for position in gradient.data.chunks_exact_mut(factors.len()) {
                        position.iter_mut().zip(factors).for_each(|(g, f)| *g *= f);
                    }
                    gradient
                }
            };
        }
        gradient
    }
}

impl Step {
    fn new<W: Weights>(layer: &Layer<W>) -> Self {
        let scaled = |weights: &W, shift: u8| {
            let factor = 0.5f32.powi(shift.into());
            weights.all().map(|w| f32::from(w) * factor).collect()
        };
        match layer {
            Layer::Conv(conv) => Self::Conv(Conv {
                kernel: conv.kernel.into(),
                relu: conv.activation == Activation::Relu,
                weights: scaled(&conv.weights, conv.shift),
            }),
            Layer::Depthwise(depthwise) => Self::Depthwise(Depthwise {
                relu: depthwise.activation == Activation::Relu,
                weights: scaled(&depthwise.weights, depthwise.shift),
            }),
            Layer::Save(_) => Self::Save,
            Layer::AddSaved(_) => Self::AddSaved,
            Layer::Shuffle(shuffle) => Self::Shuffle(shuffle.0.into()),
            Layer::Unshuffle(unshuffle) => Self::Unshuffle(unshuffle.0.into()),
            Layer::Gain(gain) => {
                let factor = 0.5f32.powi(gain.shift.into());
                let factors = gain.multipliers.iter().map(|&m| m as f32 * factor);
                Self::Gain(factors.collect())
            }
        }
    }
}

impl Conv {
    fn back(&self, input: &Tensor, output: &Tensor, gradient: &Plane) -> Plane {
        let mut sum = Plane::like(input);
        let (inputs, reach) = (input.channels, self.kernel / 2);
        let size = (self.kernel * self.kernel) as usize * inputs;
        let mut active = Vec::with_capacity(output.channels);
        for (x, y) in positions(gradient) {
            let from = gradient.offset(x, y);
            let values = &gradient.data[from..][..gradient.channels];
            let outputs = &output.data[output.offset(x, y)..][..output.channels];
            active.clear();
            // Half of the units behind a ReLU are off.
            active.extend(
                (0..values.len()).filter(|&o| values[o] != 0.0 && !(self.relu && outputs[o] <= 0)),
            );
            for (tap, (tx, ty)) in taps(x, y, reach).enumerate() {
                if input.rect.holds(tx, ty) {
                    let to = sum.offset(tx, ty);
                    let row = |o: usize| &self.weights[o * size + tap * inputs..][..inputs];
                    add_rows(&mut sum.data[to..][..inputs], values, &active, row);
                }
            }
        }
        sum
    }
}

/// `sum += Σ values[o]·row(o)` over the `active` o, four at a time: the sums are loaded and stored once for four products.
fn add_rows<'w>(
    sum: &mut [f32],
    values: &[f32],
    active: &[usize],
    row: impl Fn(usize) -> &'w [f32],
) {
    let (fours, rest) = active.as_chunks::<4>();
    for four in fours {
        let [a, b, c, d] = four.map(|o| &row(o)[..sum.len()]);
        let [va, vb, vc, vd] = four.map(|o| values[o]);
        for i in 0..sum.len() {
            sum[i] += (va * a[i] + vb * b[i]) + (vc * c[i] + vd * d[i]);
        }
    }
    for &o in rest {
        let value = values[o];
        for (sum, weight) in sum.iter_mut().zip(row(o)) {
            *sum += value * weight;
        }
    }
}

impl Depthwise {
    fn back(&self, input: &Tensor, output: &Tensor, gradient: &Plane) -> Plane {
        let mut sum = Plane::like(input);
        let channels = input.channels;
        let mut masked = vec![0.0; channels];
        for (x, y) in positions(gradient) {
            let values = &gradient.data[gradient.offset(x, y)..][..channels];
            let outputs = &output.data[output.offset(x, y)..][..channels];
            for ((masked, &value), &output) in masked.iter_mut().zip(values).zip(outputs) {
                *masked = if self.relu && output <= 0 { 0.0 } else { value };
            }
            for (tap, (tx, ty)) in taps(x, y, 1).enumerate() {
                if input.rect.holds(tx, ty) {
                    let to = sum.offset(tx, ty);
                    let weights = &self.weights[tap * channels..][..channels];
                    let sums = &mut sum.data[to..][..channels];
                    for ((sum, value), weight) in sums.iter_mut().zip(&masked).zip(weights) {
                        *sum += value * weight;
                    }
                }
            }
        }
        sum
    }
}

/// Through an operation that only moves values: `source` tells where the value of a channel at an output position came from.
fn moved(
    input: &Tensor,
    gradient: &Plane,
    source: impl Fn(i32, i32, usize) -> (i32, i32, usize),
) -> Plane {
    let mut sum = Plane::like(input);
    for (x, y) in positions(gradient) {
        let from = gradient.offset(x, y);
        for channel in 0..gradient.channels {
            let (sx, sy, at) = source(x, y, channel);
            if input.rect.holds(sx, sy) {
                let to = sum.offset(sx, sy) + at;
                sum.data[to] += gradient.data[from + channel];
            }
        }
    }
    sum
}

fn positions(plane: &Plane) -> impl Iterator<Item = (i32, i32)> {
    let rect = plane.rect;
    (rect.y..rect.bottom()).flat_map(move |y| (rect.x..rect.right()).map(move |x| (x, y)))
}

/// The positions that a kernel with this reach sees from (x, y), in the order of its weights.
fn taps(x: i32, y: i32, reach: i32) -> impl Iterator<Item = (i32, i32)> {
    (y - reach..=y + reach).flat_map(move |ty| (x - reach..=x + reach).map(move |tx| (tx, ty)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AddSaved, Gain, Save, Shuffle, Unshuffle};
    use crate::nn::{Kernels, Rect, Scratch};
    use crate::testing::{conv, depthwise, Rng};

    /// Without biases, rounding and clamping a network is linear as far as its ReLUs stay as they are: ⟨N(x), g⟩ = ⟨x, back(g)⟩, exactly.
    #[test]
    fn back_is_the_transposed_network() {
        let rng = &mut Rng(21);
        let mut plain = |kernel, inputs, outputs, activation| -> Layer {
            let mut conv = conv(rng, (kernel, inputs, outputs), activation, 1);
            (conv.shift, conv.clamp_bits) = (0, 15);
            conv.bias.fill(0);
            conv.weights.iter_mut().for_each(|w| *w %= 3);
            conv.into()
        };
        let mut layers = vec![plain(1, 4, 8, Activation::Relu), Save.into()];
        layers.push(plain(3, 8, 6, Activation::Relu));
        layers.push(plain(1, 6, 8, Activation::None));
        let mut seeing = depthwise(&mut Rng(5), 8, Activation::Relu, 1);
        (seeing.shift, seeing.clamp_bits) = (0, 15);
        seeing.bias.fill(0);
        seeing.weights.iter_mut().for_each(|w| *w %= 2);
        layers.extend([seeing.into(), AddSaved { clamp_bits: 15 }.into()]);
        layers.extend([Shuffle(2).into(), Unshuffle(2).into()]);
        layers.push(
            Gain {
                multipliers: vec![1, 2, 3, -1, 1, 2, 1, 1],
                shift: 0,
            }
            .into(),
        );
        let network = Network {
            inputs: 4,
            input_bits: 3,
            layers,
        };
        let size = (5, 7);
        let mut input = Tensor::zeros(Rect::of_size(size.0, size.1), 4);
        let rng = &mut Rng(9);
        input
            .data
            .iter_mut()
            .for_each(|v| *v = rng.range(-3, 3) as i16);
        // The whole picture, and a part of it at its edge.
        let part = Rect {
            x: 2,
            y: 3,
            width: 3,
            height: 2,
        };
        for wanted in [input.rect, part] {
            let trace = network
                .check("test")
                .unwrap()
                .prepare(Kernels::detect().unwrap())
                .trace(wanted, size, 0, &Scratch::default(), |rect| {
                    input.window(rect)
                });
            let output = trace.last().unwrap();
            assert!(output.data.iter().filter(|v| **v != 0).count() > output.data.len() / 2);
            let mut gradient = Plane::like(output);
            gradient
                .data
                .iter_mut()
                .for_each(|g| *g = rng.range(-3, 3) as f32);
            let dot = |tensor: &Tensor, plane: &Plane| -> f64 {
                let pairs = tensor.data.iter().zip(&plane.data);
                pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            };
            let ahead = dot(output, &gradient);
            let back = Adjoint::new(&network).run(&trace, gradient);
            assert_eq!(back.rect, trace[0].rect);
            assert_eq!(dot(&trace[0], &back), ahead);
        }
    }
}
