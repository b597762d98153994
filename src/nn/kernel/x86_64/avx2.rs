//! AVX2: 6 positions × 16 outputs = 12 accumulators of 8 × i32, `vpmaddwd` on input pairs.

use std::arch::x86_64::*;

use crate::nn::kernel::conv::{ConvCall, Lane, BLOCK};
use crate::nn::kernel::reads::group;

const PIXELS: usize = 6;

/// Runs a call whose output length has been checked.
#[target_feature(enable = "avx2")]
pub(super) fn run(call: &ConvCall, output: &mut [i16]) {
    let outputs = call.conv.outputs;
    for block in 0..call.conv.blocks() {
        let first = block * BLOCK;
        let count = BLOCK.min(outputs - first);
        for (bases, output) in call
            .bases
            .chunks(PIXELS)
            .zip(output.chunks_mut(PIXELS * outputs))
        {
            let sums = accumulate(call, block, &group(bases));
            // Every index of `sums` is a constant after unrolling, or it would live in memory.
            for (p, sum) in sums.iter().enumerate() {
                if p >= bases.len() {
                    break;
                }
                let target = &mut output[p * outputs + first..][..count];
                let values = requantise(call, *sum);
                match <&mut [i16; BLOCK]>::try_from(&mut *target) {
                    // SAFETY: the target is 16 × i16 = 32 bytes long.
                    Ok(full) => unsafe { _mm256_storeu_si256(full.as_mut_ptr().cast(), values) },
                    Err(_) => {
                        let mut buffer = [0i16; BLOCK];
                        // SAFETY: the buffer is 16 × i16 = 32 bytes long.
                        unsafe { _mm256_storeu_si256(buffer.as_mut_ptr().cast(), values) };
                        target.copy_from_slice(&buffer[..count]);
                    }
                }
            }
        }
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn accumulate(call: &ConvCall, block: usize, bases: &[usize; PIXELS]) -> [[__m256i; 2]; PIXELS] {
    let start = &call.start[block * BLOCK..][..BLOCK];
    // SAFETY: `start` has 16 × i32 = two times 32 bytes.
    let start = unsafe {
        [
            _mm256_loadu_si256(start.as_ptr().cast()),
            _mm256_loadu_si256(start.as_ptr().add(8).cast()),
        ]
    };
    let mut sums = [start; PIXELS];
    let pairs = call.conv.inputs / 2;
    let weights = call.conv.block(block).chunks_exact(pairs);
    for (weights, &tap) in weights.zip(call.taps) {
        // SAFETY: `ConvCall::new` proved base + tap + inputs ≤ input.len() for every base and tap.
        let input = bases.map(|base| unsafe { call.input.as_ptr().add(base + tap as usize) });
        for (i, Lane(lane)) in weights.iter().enumerate() {
            // SAFETY: a lane has 32 × i16 = two times 32 bytes, aligned to 64.
            let (w0, w1) = unsafe {
                (
                    _mm256_load_si256(lane.as_ptr().cast()),
                    _mm256_load_si256(lane.as_ptr().add(16).cast()),
                )
            };
            for (sum, input) in sums.iter_mut().zip(input) {
                // SAFETY: i < inputs / 2, so the pair lies within the `inputs` values at `input`.
                let pair = unsafe { input.add(2 * i).cast::<i32>().read_unaligned() };
                let pair = _mm256_set1_epi32(pair);
                sum[0] = _mm256_add_epi32(sum[0], _mm256_madd_epi16(pair, w0));
                sum[1] = _mm256_add_epi32(sum[1], _mm256_madd_epi16(pair, w1));
            }
        }
    }
    sums
}

#[target_feature(enable = "avx2")]
#[inline]
fn requantise(call: &ConvCall, sums: [__m256i; 2]) -> __m256i {
    let shift = _mm_cvtsi32_si128(call.conv.requantise.shift as i32);
    let (low, high) = (
        _mm256_set1_epi32(call.conv.requantise.low),
        _mm256_set1_epi32(call.conv.requantise.high),
    );
    let [a, b] = sums.map(|sum| {
        let shifted = _mm256_sra_epi32(sum, shift);
        _mm256_min_epi32(_mm256_max_epi32(shifted, low), high)
    });
    // Packing works within 128-bit halves: put the quarters back in order.
    _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(a, b))
}
