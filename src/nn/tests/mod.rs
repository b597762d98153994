//! What tests of kernels, operations and networks share: the definitions by the book.

mod network;
mod run;

use super::layers::*;
use super::*;
use crate::quality::interpolate;
use crate::Error;

/// The definition, in i64, from unpacked weights.
pub(super) fn reference(
    conv: &Conv,
    quality: u16,
    input: &[i16],
    bases: &[u32],
    taps: &[u32],
) -> Vec<i16> {
    let (inputs, outputs) = (usize::from(conv.inputs), usize::from(conv.outputs));
    let mut result = Vec::new();
    for &base in bases {
        for output in 0..outputs {
            let mut sum = interpolate(&conv.bias, outputs, output, quality);
            for (t, &tap) in taps.iter().enumerate() {
                for i in 0..inputs {
                    let w = conv.weights[(output * taps.len() + t) * inputs + i];
                    sum += i64::from(w) * i64::from(input[(base + tap) as usize + i]);
                }
            }
            if conv.shift > 0 {
                sum = (sum + (1 << (conv.shift - 1))) >> conv.shift;
            }
            if conv.activation == Activation::Relu {
                sum = sum.max(0);
            }
            let limit = (1 << conv.clamp_bits) - 1;
            result.push(sum.clamp(-limit, limit) as i16);
        }
    }
    result
}

/// The depthwise layer as a convolution whose other weights are 0.
pub(super) fn dense(layer: &Depthwise) -> Conv {
    let channels = usize::from(layer.channels);
    let mut weights = vec![0; channels * 9 * channels];
    for (tap, row) in layer.weights.chunks_exact(channels).enumerate() {
        for (c, &w) in row.iter().enumerate() {
            weights[(c * 9 + tap) * channels + c] = w;
        }
    }
    Conv {
        kernel: 3,
        inputs: layer.channels,
        outputs: layer.channels,
        shift: layer.shift,
        activation: layer.activation,
        clamp_bits: layer.clamp_bits,
        weights,
        bias: layer.bias.clone(),
    }
}

/// One output whose accumulator reaches exactly `2^31 − 1 − slack`, with both signs of weights.
pub(super) fn at_the_bound(inputs: u16, slack: i64) -> Conv {
    let count = i64::from(inputs);
    let rounding = 1 << 16;
    let weight = ((1i64 << 31) - 1 - rounding) / 32767 / count;
    let bias = (1i64 << 31) - 1 - slack - rounding - weight * 32767 * count;
    Conv {
        kernel: 1,
        inputs,
        outputs: 2,
        shift: 17,
        activation: Activation::None,
        clamp_bits: 15,
        weights: (0..2 * inputs)
            .map(|i| {
                if i < inputs {
                    weight as i16
                } else {
                    -weight as i16
                }
            })
            .collect(),
        bias: vec![bias as i32, -bias as i32],
    }
}

pub(super) fn prepare(network: &Network) -> crate::Result<PreparedNetwork> {
    let kernels = Kernels::detect().unwrap();
    network
        .check("test")
        .map(|checked| checked.prepare(kernels))
}

/// The message that layers are refused with, in a network of 4 channels of 12 bits.
pub(super) fn refusal(layers: impl Into<Vec<Layer>>) -> String {
    let network = Network {
        inputs: 4,
        input_bits: 12,
        layers: layers.into(),
    };
    match network.check("test") {
        Err(Error::Model(message)) => message,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// What one layer makes of a whole picture.
pub(super) fn run_alone(layer: impl Into<Layer>, input: &Tensor, quality: u16) -> Tensor {
    let network = Network {
        inputs: input.channels as u16,
        input_bits: 15,
        layers: vec![layer.into()],
    };
    let prepared = prepare(&network).unwrap();
    let size = (input.rect.width, input.rect.height);
    let scale = prepared.facts().scale;
    let [width, height] = [size.0, size.1].map(|n| (n * scale.up).div_ceil(scale.down));
    let scratch = Scratch::default();
    prepared.run(
        Rect::of_size(width, height),
        size,
        quality,
        &scratch,
        |rect| input.window(rect),
    )
}
