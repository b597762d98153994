mod kernels;
mod network;
mod run;

use super::*;
use crate::model::{interpolate, Activation, Conv, Depthwise, Network};

/// The definition, in i64, from unpacked weights.
fn reference(conv: &Conv, quality: u16, input: &[i16], bases: &[u32], taps: &[u32]) -> Vec<i16> {
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

/// One output whose accumulator reaches exactly `2^31 − 1 − slack`, with both signs of weights.
fn at_the_bound(inputs: u16, slack: i64) -> Conv {
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

fn prepare(network: &Network) -> crate::Result<Prepared> {
    Prepared::new("test", network, Level::detect().unwrap())
}
