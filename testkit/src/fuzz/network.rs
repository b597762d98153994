//! Any small network and input: every kernel gives the same numbers.

use arbitrary::Unstructured;
use vqz::model::{
    Activation, AddSaved, Conv, Depthwise, Gain, Layer, Network, Save, Shuffle, Unshuffle,
    QUALITY_MAX,
};
use vqz::testing::{run_network, Kernels, Rng};
use vqz::Error;

#[derive(Debug)]
struct Input {
    inputs: u8,
    input_bits: u8,
    layers: Vec<LayerInput>,
    width: u8,
    height: u8,
    quality: u16,
    seed: u64,
    /// Extreme values only.
    extreme: bool,
}

#[derive(Debug)]
enum LayerInput {
    Conv {
        wide: bool,
        outputs: u8,
        shift: u8,
        relu: bool,
        clamp_bits: u8,
        knots: u8,
        /// Weights as large as the proof of no overflow allows.
        full: bool,
    },
    Depthwise {
        shift: u8,
        relu: bool,
        clamp_bits: u8,
        knots: u8,
        full: bool,
    },
    Save,
    AddSaved(u8),
    Shuffle(bool),
    Unshuffle(bool),
    Gain(u8),
}

impl Input {
    fn read(u: &mut Unstructured) -> arbitrary::Result<Self> {
        Ok(Self {
            inputs: u.arbitrary()?,
            input_bits: u.arbitrary()?,
            width: u.arbitrary()?,
            height: u.arbitrary()?,
            quality: u.arbitrary()?,
            seed: u.arbitrary()?,
            extreme: u.arbitrary()?,
            layers: (0..u.int_in_range(0..=8)?)
                .map(|_| LayerInput::read(u))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl LayerInput {
    fn read(u: &mut Unstructured) -> arbitrary::Result<Self> {
        Ok(match u.int_in_range(0..=7)? {
            0 => Self::Save,
            1 => Self::AddSaved(u.arbitrary()?),
            2 => Self::Shuffle(u.arbitrary()?),
            3 => Self::Unshuffle(u.arbitrary()?),
            4 => Self::Gain(u.arbitrary()?),
            5 => Self::Depthwise {
                shift: u.arbitrary()?,
                relu: u.arbitrary()?,
                clamp_bits: u.arbitrary()?,
                knots: u.arbitrary()?,
                full: u.arbitrary()?,
            },
            _ => Self::Conv {
                wide: u.arbitrary()?,
                outputs: u.arbitrary()?,
                shift: u.arbitrary()?,
                relu: u.arbitrary()?,
                clamp_bits: u.arbitrary()?,
                knots: u.arbitrary()?,
                full: u.arbitrary()?,
            },
        })
    }
}

/// Bytes as an `Input`.
pub fn check(bytes: &[u8]) {
    let Ok(input) = Input::read(&mut Unstructured::new(bytes)) else {
        return;
    };
    let network = network(&input);
    let picture = (
        usize::from(input.width % 14) + 1,
        usize::from(input.height % 10) + 1,
    );
    let quality = input.quality % (QUALITY_MAX + 1);
    let rng = &mut Rng(input.seed);
    let values: Vec<i16> = (0..997)
        .map(|_| match (input.extreme, rng.range(-32767, 32767)) {
            (true, value) if value < 0 => -32767,
            (true, _) => 32767,
            (false, value) => value as i16,
        })
        .collect();
    let run = |kernels| run_network(&network, kernels, picture, quality, &values);
    let expected = match run(Kernels::SCALAR) {
        Ok(output) => output,
        Err(Error::Model(_)) => return,
        Err(error) => panic!("{error}"),
    };
    for kernels in Kernels::available() {
        assert_eq!(
            run(kernels).expect("the same rules"),
            expected,
            "{kernels:?}"
        );
    }
}

fn network(input: &Input) -> Network {
    let rng = &mut Rng(!input.seed);
    let inputs = u16::from(input.inputs % 40) + 1;
    let input_bits = input.input_bits % 15 + 1;
    let (mut channels, mut bits) = (inputs, input_bits);
    let mut layers = Vec::new();
    // At most two times up and down: pictures stay small.
    let mut shuffles = 0;
    for layer in &input.layers {
        layers.push(match layer {
            LayerInput::Conv {
                wide,
                outputs,
                shift,
                relu,
                clamp_bits,
                knots,
                full,
            } => {
                let conv = conv(
                    rng,
                    (channels, bits),
                    *wide,
                    u16::from(*outputs % 70) + 1,
                    *shift % 31,
                    *knots,
                    *full,
                );
                (channels, bits) = (conv.outputs, clamp_bits % 15 + 1);
                Layer::Conv(Conv {
                    activation: activation(*relu),
                    clamp_bits: bits,
                    ..conv
                })
            }
            LayerInput::Depthwise {
                shift,
                relu,
                clamp_bits,
                knots,
                full,
            } => {
                // As many weights as a convolution of one input.
                let conv = conv(rng, (1, bits), true, channels, *shift % 31, *knots, *full);
                bits = clamp_bits % 15 + 1;
                Layer::Depthwise(Depthwise {
                    channels,
                    shift: conv.shift,
                    activation: activation(*relu),
                    clamp_bits: bits,
                    weights: conv.weights,
                    bias: conv.bias,
                })
            }
            LayerInput::Save => Save.into(),
            LayerInput::AddSaved(clamp_bits) => {
                bits = clamp_bits % 15 + 1;
                AddSaved { clamp_bits: bits }.into()
            }
            LayerInput::Shuffle(_) | LayerInput::Unshuffle(_) if shuffles == 2 => continue,
            LayerInput::Shuffle(three) => {
                shuffles += 1;
                let r = if *three { 3 } else { 2 };
                channels /= u16::from(r) * u16::from(r);
                Shuffle(r).into()
            }
            LayerInput::Unshuffle(three) => {
                shuffles += 1;
                let r = if *three { 3 } else { 2 };
                channels = channels.saturating_mul(u16::from(r) * u16::from(r));
                Unshuffle(r).into()
            }
            LayerInput::Gain(shift) => {
                bits = 15;
                let multipliers = (0..channels).map(|_| rng.bits() as i32).collect();
                Layer::Gain(Gain {
                    multipliers,
                    shift: shift % 31,
                })
            }
        });
    }
    Network {
        inputs,
        input_bits,
        layers,
    }
}

fn activation(relu: bool) -> Activation {
    if relu {
        Activation::Relu
    } else {
        Activation::None
    }
}

/// A convolution whose accumulators fill their 31 bits where weights of 16 bits can, or, if not `full`, some random part of them.
fn conv(
    rng: &mut Rng,
    (inputs, bits): (u16, u8),
    wide: bool,
    outputs: u16,
    shift: u8,
    knots: u8,
    full: bool,
) -> Conv {
    let kernel = if wide { 3 } else { 1 };
    let size = usize::from(kernel) * usize::from(kernel) * usize::from(inputs);
    let knots = [1, 2, 3, 5][usize::from(knots % 4)];
    let room = (1i64 << 31) - 1 - ((1i64 << shift) >> 1);
    let reach = (1i64 << bits) - 1;
    let part = if full { 0 } else { rng.range(1, 12) };
    let weight = (room / reach / size.max(1) as i64).min(32_768) >> part;
    let bias = room - weight * reach * size as i64;
    let sign = |rng: &mut Rng, value: i64| if rng.bits() & 1 == 0 { value } else { -value };
    Conv {
        kernel,
        inputs,
        outputs,
        shift,
        activation: Activation::None,
        clamp_bits: 15,
        weights: (0..size * usize::from(outputs))
            .map(|_| {
                let value = if full { weight } else { rng.range(0, weight) };
                sign(rng, value).clamp(-32_768, 32_767) as i16
            })
            .collect(),
        bias: (0..knots * usize::from(outputs))
            .map(|_| {
                let value = if full { bias } else { rng.range(0, bias) };
                sign(rng, value) as i32
            })
            .collect(),
    }
}
