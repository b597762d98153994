//! Small random models and convolutions, for tests, fuzzing and benchmarks. Not part of the API.

use crate::model::{
    Activation, AddSaved, ChannelFeedback, ContextStep, Conv, Depthwise, EncoderData,
    FrequencyTable, Gain, LatentBlock, Layer, LinearPrediction, ModelData, Network, Parity, Save,
    Shuffle, Unshuffle, SCALES_PER_OCTAVE,
};
use crate::nn::kernel::{taps, ConvCall, DepthwiseCall, PackedConv, PackedDepthwise};
use crate::nn::Values;

mod inside;
mod least;
mod rendering;

pub use crate::nn::Kernels;
pub use inside::{encode_and_predict, load_with, run_network};
pub use least::least;
pub use rendering::rendering;

/// SplitMix64.
#[derive(Debug, Clone)]
pub struct Rng(pub u64);

impl Rng {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// An integer from `low` to `high`, both included.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        low + (self.bits() % (high - low + 1) as u64) as i64
    }
}

/// A random convolution whose outputs spread well over ±2^`clamp_bits` for inputs of about ±2^`input_bits` / 4.
pub fn conv(
    rng: &mut Rng,
    (kernel, inputs, outputs): (u8, u16, u16),
    activation: Activation,
    knots: usize,
) -> Conv {
    let size = usize::from(kernel).pow(2) * usize::from(inputs);
    let weight = 1024 / (size as f64).sqrt() as i64;
    let mut values = |count: usize, bound: i64| -> Vec<i64> {
        (0..count).map(|_| rng.range(-bound, bound)).collect()
    };
    Conv {
        kernel,
        inputs,
        outputs,
        shift: 9,
        activation,
        clamp_bits: 14,
        weights: values(size * usize::from(outputs), weight)
            .into_iter()
            .map(|w| w as i16)
            .collect(),
        bias: values(knots * usize::from(outputs), 50_000)
            .into_iter()
            .map(|b| b as i32)
            .collect(),
    }
}

/// The same for a depthwise convolution.
pub fn depthwise(rng: &mut Rng, channels: u16, activation: Activation, knots: usize) -> Depthwise {
    let mut values = |count: usize, bound: i64| -> Vec<i64> {
        (0..count).map(|_| rng.range(-bound, bound)).collect()
    };
    let weights = values(9 * usize::from(channels), 340);
    let bias = values(knots * usize::from(channels), 50_000);
    Depthwise {
        channels,
        shift: 9,
        activation,
        clamp_bits: 14,
        weights: weights.into_iter().map(|w| w as i16).collect(),
        bias: bias.into_iter().map(|b| b as i32).collect(),
    }
}

/// A small valid model with an encoder: 8 channels of y (0..4 Even, 0..4 Odd, 4..8 All), 4 of z, 6 of ψ, every kind of layer.
#[must_use]
pub fn tiny(seed: u64) -> ModelData {
    let rng = &mut Rng(seed);
    let plain = |rng: &mut Rng, shape| Layer::Conv(conv(rng, shape, Activation::None, 1));
    let relu = |rng: &mut Rng, shape| Layer::Conv(conv(rng, shape, Activation::Relu, 3));
    let own = |rng: &mut Rng, channels, activation| {
        Layer::Depthwise(depthwise(rng, channels, activation, 3))
    };
    let network = |inputs, input_bits, layers| Network {
        inputs,
        input_bits,
        layers,
    };
    let add = || AddSaved { clamp_bits: 14 }.into();
    let prediction = |rng: &mut Rng, channels: usize| LinearPrediction {
        feedback: (0..channels)
            .map(|_| ChannelFeedback {
                neighbours: [(); 4].map(|()| rng.range(0, 40) as u8),
                weight: rng.range(0, 256) as u16,
            })
            .collect(),
        across: (0..channels * (channels - 1) / 2)
            .map(|_| rng.range(-2_000, 2_000) as i16)
            .collect(),
    };
    let step = |rng: &mut Rng, channels: std::ops::Range<u16>, parity| {
        let known = if parity == Parity::Odd {
            channels.end
        } else {
            channels.start
        };
        let outputs = 2 * channels.len() as u16;
        ContextStep {
            network: network(
                6 + known,
                14,
                vec![
                    plain(rng, (1, 6 + known, 10)),
                    own(rng, 10, Activation::Relu),
                    Save.into(),
                    relu(rng, (1, 10, 10)),
                    add(),
                    plain(rng, (1, 10, outputs)),
                ],
            ),
            channels,
            parity,
            activity: -700,
            adaptation: 8_000,
            prediction: prediction(rng, 4),
        }
    };
    let encoder = EncoderData {
        name: format!("tiny {seed}"),
        analysis_linear: network(3, 8, vec![Unshuffle(16).into(), plain(rng, (1, 768, 8))]),
        analysis: network(
            3,
            8,
            vec![
                Unshuffle(4).into(),
                relu(rng, (3, 48, 8)),
                Save.into(),
                own(rng, 8, Activation::None),
                add(),
                Unshuffle(4).into(),
                plain(rng, (1, 128, 8)),
            ],
        ),
        hyper_analysis: network(8, 14, vec![Unshuffle(4).into(), plain(rng, (1, 128, 4))]),
    };
    ModelData {
        name: format!("tiny {seed}"),
        hyper_synthesis: network(
            4,
            14,
            vec![
                plain(rng, (1, 4, 96)),
                Shuffle(4).into(),
                relu(rng, (3, 6, 6)),
            ],
        ),
        steps: vec![
            step(rng, 0..4, Parity::Even),
            step(rng, 0..4, Parity::Odd),
            step(rng, 4..8, Parity::All),
        ],
        synthesis_linear: network(
            8,
            15,
            vec![
                Layer::Gain(Gain {
                    multipliers: (0..8).map(|c| 3000 + 100 * c).collect(),
                    shift: 12,
                }),
                plain(rng, (1, 8, 768)),
                Shuffle(4).into(),
            ],
        ),
        synthesis_body: network(
            8,
            14,
            vec![
                relu(rng, (3, 8, 128)),
                Shuffle(4).into(),
                Save.into(),
                own(rng, 8, Activation::None),
                relu(rng, (1, 8, 18)),
                plain(rng, (1, 18, 8)),
                add(),
            ],
        ),
        synthesis_lift: network(48, 15, vec![relu(rng, (1, 48, 8))]),
        renderer: network(
            8,
            14,
            vec![
                Save.into(),
                own(rng, 8, Activation::Relu),
                plain(rng, (3, 8, 8)),
                add(),
                plain(rng, (1, 8, 48)),
            ],
        ),
        z: latents(4),
        z_mean: (0..4).map(|_| rng.range(-2000, 2000) as i16).collect(),
        z_log_scale: (0..4).map(|_| rng.range(-1000, 1000) as i16).collect(),
        y: latents(8),
        scale_min: -24,
        spacing: 36,
        tables: [0, 1].map(|codebook| {
            let sigma = |t| (f64::from(t - 24) / f64::from(SCALES_PER_OCTAVE)).exp2();
            (0..=64)
                .map(|t| FrequencyTable {
                    codewords: [1, 2, 3]
                        .map(|label| (2 * label - codebook) * 36 + rng.range(-20, 20) as i16),
                    frequencies: gaussian(sigma(t)),
                })
                .collect()
        }),
        encoder: Some(encoder),
    }
}

/// Three quality knots; steps of 32, 16 and 8 absolute units; a normalised unit is 64 absolute ones.
fn latents(channels: u16) -> LatentBlock {
    let count = usize::from(channels);
    let per_knot = |values: [i64; 3]| values.into_iter().flat_map(move |v| vec![v; count]);
    LatentBlock {
        channels,
        step: per_knot([32 << 8, 16 << 8, 8 << 8])
            .map(|v| v as u16)
            .collect(),
        gain: per_knot([1 << 13, 1 << 14, 1 << 15])
            .map(|v| v as u32)
            .collect(),
        mean_gain: per_knot([2 << 16, 4 << 16, 8 << 16])
            .map(|v| v as u32)
            .collect(),
        log_scale: per_knot([1 << 10, 2 << 10, 3 << 10])
            .map(|v| v as i32)
            .collect(),
        // Q8 per Q3: 2^8 / (64 · 2^3) = 1/2.
        norm: vec![1 << 15; count],
        channel_rate: 8,
        position_rate: 16,
    }
}

/// Discretised Gaussian of standard deviation `sigma` over ±3σ, with an escape.
fn gaussian(sigma: f64) -> Vec<u16> {
    let reach = (3.0 * sigma).ceil().clamp(1.0, 100.0) as i32;
    let density: Vec<f64> = (-reach..=reach)
        .map(|x| (-0.5 * (f64::from(x) / sigma).powi(2)).exp())
        .collect();
    let total: f64 = density.iter().sum();
    let escape = 64u32;
    // One for each label, the rest in proportion, what rounding left to the likeliest.
    let spare = f64::from((1 << 16) - escape) - density.len() as f64;
    let mut frequencies: Vec<u32> = density
        .iter()
        .map(|d| 1 + (d / total * spare) as u32)
        .collect();
    let left = (1 << 16) - escape - frequencies.iter().sum::<u32>();
    frequencies[reach as usize] += left;
    frequencies.push(escape);
    frequencies.into_iter().map(|f| f as u16).collect()
}

/// A convolution over a square picture, to be timed.
#[derive(Debug)]
pub struct ConvCase {
    conv: PackedConv,
    input: Vec<i16>,
    bases: Vec<u32>,
    taps: Vec<u32>,
}

impl ConvCase {
    /// `side`² output positions.
    #[must_use]
    pub fn new(kernel: u8, inputs: u16, outputs: u16, side: usize) -> Self {
        let conv = conv(&mut Rng(1), (kernel, inputs, outputs), Activation::Relu, 1);
        Self::of(&conv, Values::within(13), side)
    }

    /// Whether what a layer with such a clamp gives fits a byte.
    #[must_use]
    pub fn fits_byte(clamp_bits: u8, activation: Activation) -> bool {
        Values::clamped(clamp_bits, activation).fit_byte()
    }

    /// A 1×1 convolution whose inputs and weights fit bytes.
    #[must_use]
    pub fn of_bytes(inputs: u16, outputs: u16, side: usize) -> Self {
        let rng = &mut Rng(1);
        let mut conv = conv(rng, (1, inputs, outputs), Activation::Relu, 1);
        conv.weights.fill_with(|| rng.range(-127, 127) as i16);
        Self::of(&conv, Values::within(7), side)
    }

    fn of(conv: &Conv, values: Values, side: usize) -> Self {
        let rng = &mut Rng(2);
        let pixel = usize::from(conv.inputs);
        let reach = usize::from(conv.kernel) - 1;
        let row = (side + reach) * pixel;
        let (lowest, highest) = (values.lowest().into(), values.highest().into());
        Self {
            taps: taps(usize::from(conv.kernel), pixel, row),
            bases: (0..side * side)
                .map(|i| (i / side * row + i % side * pixel) as u32)
                .collect(),
            input: (0..row * (side + reach))
                .map(|_| rng.range(lowest, highest) as i16)
                .collect(),
            conv: conv.packed(values),
        }
    }

    /// Multiply-accumulates of one run.
    #[must_use]
    pub fn macs(&self) -> u64 {
        (self.bases.len() * self.conv.macs()) as u64
    }

    /// Runs it.
    pub fn run(&self, kernels: Kernels, output: &mut Vec<i16>) {
        output.resize(self.bases.len() * self.conv.outputs(), 0);
        let start = self.conv.start(0);
        let call = ConvCall::new(&self.conv, &start, &self.input, &self.bases, &self.taps);
        call.run(kernels, output);
    }
}

/// A depthwise convolution over a square picture, to be timed.
#[derive(Debug)]
pub struct DepthwiseCase {
    layer: PackedDepthwise,
    input: Vec<i16>,
    bases: Vec<u32>,
    taps: Vec<u32>,
}

impl DepthwiseCase {
    /// `side`² output positions.
    #[must_use]
    pub fn new(channels: u16, side: usize) -> Self {
        let rng = &mut Rng(1);
        let layer = depthwise(rng, channels, Activation::None, 1).packed();
        let pixel = usize::from(channels);
        let row = (side + 2) * pixel;
        Self {
            layer,
            taps: taps(3, pixel, row),
            bases: (0..side * side)
                .map(|i| (i / side * row + i % side * pixel) as u32)
                .collect(),
            input: (0..row * (side + 2))
                .map(|_| rng.range(-8000, 8000) as i16)
                .collect(),
        }
    }

    /// Multiply-accumulates of one run.
    #[must_use]
    pub fn macs(&self) -> u64 {
        (self.bases.len() * 9 * self.layer.channels()) as u64
    }

    /// Runs it.
    pub fn run(&self, kernels: Kernels, output: &mut Vec<i16>) {
        output.resize(self.bases.len() * self.layer.channels(), 0);
        let start = self.layer.start(0);
        let call = DepthwiseCall::new(&self.layer, &start, &self.input, &self.bases, &self.taps);
        call.run(kernels, output);
    }
}
