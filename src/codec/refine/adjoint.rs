//! Gradients through a network, from its output back to its input (reverse-mode differentiation; Linnainmaa 1970).
//!
//! The network itself runs in integers, as decoders run it. Rounding and clamping count as the identity.

use super::plane::Plane;
use crate::model::{Activation, Layer, Network, Weights};
use crate::nn::{Kernels, Loops, Tensor};

/// What is needed of a network's layers to go back through them.
pub(super) struct Adjoint {
    steps: Vec<Step>,
    kernels: Kernels,
}

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
    pub(super) fn new<W: Weights>(network: &Network<W>, kernels: Kernels) -> Self {
        let steps = network.layers.iter().map(Step::new).collect();
        Self { steps, kernels }
    }

    /// The gradient with respect to the input, from the one with respect to the output. `trace` is what
    /// [`crate::nn::PreparedNetwork::trace`] gave: the tensors before, between and after the layers.
    pub(super) fn run(&self, trace: &[Tensor], output: Plane) -> Plane {
        let mut gradient = output;
        let mut saved = None;
        for (index, step) in self.steps.iter().enumerate().rev() {
            let (input, output) = (&trace[index], &trace[index + 1]);
            gradient = match step {
                Step::Conv(conv) => conv.back(self.kernels, input, output, &gradient),
                Step::Depthwise(depthwise) => {
                    depthwise.back(self.kernels, input, output, &gradient)
                }
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
    fn back(&self, kernels: Kernels, input: &Tensor, output: &Tensor, gradient: &Plane) -> Plane {
        let mut sum = Plane::like(input);
        let (inputs, outputs) = (input.channels, output.channels);
        let reach = self.kernel / 2;
        let (rect, seen) = (gradient.rect, input.rect);
        let size = (self.kernel * self.kernel) as usize * inputs;
        let masked = match self.relu {
            true => gradient.where_positive(output),
            false => gradient.clone(),
        };
        for (tap, (dx, dy)) in taps(0, 0, reach).enumerate() {
            // The positions of a row that see the input through this tap.
            let begin = rect.x.max(seen.x - dx);
            let end = rect.right().min(seen.right() - dx);
            let count = usize::try_from(end - begin).unwrap_or(0);
            for y in rect.y.max(seen.y - dy)..rect.bottom().min(seen.bottom() - dy) {
                if count > 0 {
                    let from = masked.offset(begin, y);
                    let values = &masked.data[from..][..count * outputs];
                    let to = sum.offset(begin + dx, y + dy);
                    let sums = &mut sum.data[to..][..count * inputs];
                    let weights = &self.weights[tap * inputs..];
                    kernels.vectorise(Products {
                        sums,
                        channels: inputs,
                        values,
                        weights,
                        size,
                    });
                }
            }
        }
        sum
    }
}

/// To be added to sums of so many channels: at each position, Σ value·row over the position's values. The row of value o begins at o·`size` of the weights.
///
/// Sums of a few positions and channels at a time stay in registers or nearby, so that weights are read once for all of these positions. Every sum has the same order,
/// whatever the tile that it is in.
struct Products<'a> {
    sums: &'a mut [f32],
    channels: usize,
    values: &'a [f32],
    weights: &'a [f32],
    size: usize,
}

impl Loops for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let positions = self.sums.len() / self.channels;
        let fours = positions / 4 * 4;
        for position in (0..fours).step_by(4) {
            self.positions::<4>(position);
        }
        for position in fours..positions {
            self.positions::<1>(position);
        }
    }
}

impl Products<'_> {
    #[inline(always)]
    fn positions<const P: usize>(&mut self, position: usize) {
        let [wide, narrow] = [64, 16].map(|width| self.channels / width * width);
        for first in (0..wide).step_by(64) {
            self.tile::<P, 64>(position, first);
        }
        for first in (wide..narrow).step_by(16) {
            self.tile::<P, 16>(position, first);
        }
        for first in narrow..self.channels {
            self.tile::<P, 1>(position, first);
        }
    }

    // Indices rather than iterators: these loops become vectors only so (looked at with rustc 1.95; half as fast otherwise).
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn tile<const P: usize, const N: usize>(&mut self, position: usize, first: usize) {
        let outputs = self.values.len() / (self.sums.len() / self.channels);
        let values = &self.values[position * outputs..][..P * outputs];
        let mut tile = [[0.0; N]; P];
        for o in 0..outputs {
            let row = &self.weights[o * self.size + first..][..N];
            let value: [f32; P] = std::array::from_fn(|p| values[p * outputs + o]);
            for j in 0..N {
                for p in 0..P {
                    tile[p][j] += value[p] * row[j];
                }
            }
        }
        for p in 0..P {
            let sums = &mut self.sums[(position + p) * self.channels + first..][..N];
            for j in 0..N {
                sums[j] += tile[p][j];
            }
        }
    }
}

impl Depthwise {
    fn back(&self, kernels: Kernels, input: &Tensor, output: &Tensor, gradient: &Plane) -> Plane {
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
                    let (sums, masked) = (&mut sum.data[to..][..channels], &masked[..]);
                    kernels.vectorise(move || {
                        for ((sum, value), weight) in sums.iter_mut().zip(masked).zip(weights) {
                            *sum += value * weight;
                        }
                    });
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
            for kernels in Kernels::available() {
                let back = Adjoint::new(&network, kernels).run(&trace, gradient.clone());
                assert_eq!(back.rect, trace[0].rect);
                assert_eq!(dot(&trace[0], &back), ahead, "{}", kernels.name());
            }
        }
    }

    /// Sums of floats depend on their order, which is the same for every set of kernels.
    #[test]
    fn every_set_of_kernels_gives_the_same_bits() {
        let rng = &mut Rng(8);
        let layers = vec![
            conv(rng, (1, 6, 38), Activation::Relu, 1).into(),
            depthwise(rng, 38, Activation::None, 1).into(),
            conv(rng, (3, 38, 10), Activation::None, 1).into(),
        ];
        let network = Network {
            inputs: 6,
            input_bits: 14,
            layers,
        };
        let mut input = Tensor::zeros(Rect::of_size(6, 5), 6);
        let values = input.data.iter_mut();
        values.for_each(|v| *v = rng.range(-8000, 8000) as i16);
        let prepared = network.check("test").unwrap().prepare(Kernels::SCALAR);
        let trace = prepared.trace(input.rect, (6, 5), 0, &Scratch::default(), |rect| {
            input.window(rect)
        });
        let mut gradient = Plane::like(trace.last().unwrap());
        let values = gradient.data.iter_mut();
        values.for_each(|g| *g = rng.range(-1000, 1000) as f32 / 7.0);
        let back = |kernels| Adjoint::new(&network, kernels).run(&trace, gradient.clone());
        let plain = back(Kernels::SCALAR).data;
        let sets = Kernels::available();
        eprintln!("kernels run: {sets:?}");
        for kernels in sets {
            let bits = |data: &[f32]| -> Vec<u32> { data.iter().map(|v| v.to_bits()).collect() };
            assert_eq!(bits(&back(kernels).data), bits(&plain), "{kernels:?}");
        }
    }
}
