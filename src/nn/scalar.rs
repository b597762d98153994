//! The convolution kernel in plain Rust: the truth that every other kernel must equal, and the fallback of every machine.

use super::conv::{Job, BLOCK};

/// Arithmetic wraps, as SIMD does; the proof at model load says that it never has to.
pub(super) fn run(job: &Job, output: &mut [i16]) {
    let conv = job.conv;
    for (&base, output) in job.bases.iter().zip(output.chunks_exact_mut(conv.outputs)) {
        for (block, output) in output.chunks_mut(BLOCK).enumerate() {
            let mut sums = [0i32; BLOCK];
            sums.copy_from_slice(&job.start[block * BLOCK..][..BLOCK]);
            let weights = conv.block(block).chunks_exact(conv.inputs / 2);
            for (weights, &tap) in weights.zip(job.taps) {
                let input = &job.input[base as usize + tap as usize..][..conv.inputs];
                for (pair, lane) in input.chunks_exact(2).zip(weights) {
                    let (a, b) = (i32::from(pair[0]), i32::from(pair[1]));
                    for (sum, w) in sums.iter_mut().zip(lane.0.chunks_exact(2)) {
                        let products = (a * i32::from(w[0])).wrapping_add(b * i32::from(w[1]));
                        *sum = sum.wrapping_add(products);
                    }
                }
            }
            for (output, sum) in output.iter_mut().zip(sums) {
                *output = (sum >> conv.shift).clamp(conv.low, conv.high) as i16;
            }
        }
    }
}
