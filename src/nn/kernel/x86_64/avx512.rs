//! AVX-512 VNNI: 12 positions × 32 outputs = 24 accumulators of 16 × i32, `vpdpwssd` on input pairs.

use std::arch::x86_64::*;

use crate::nn::kernel::conv::{ConvCall, BLOCK};
use crate::nn::kernel::reads::group;

const PIXELS: usize = 12;

/// Runs a call whose output length has been checked.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn run(call: &ConvCall, output: &mut [i16]) {
    let blocks = call.conv.blocks();
    for block in (0..blocks - blocks % 2).step_by(2) {
        columns::<2>(call, block, output);
    }
    if blocks % 2 == 1 {
        columns::<1>(call, blocks - 1, output);
    }
}

/// All positions × `B` blocks of outputs.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn columns<const B: usize>(call: &ConvCall, block: usize, output: &mut [i16]) {
    let outputs = call.conv.outputs;
    for (bases, output) in call
        .bases
        .chunks(PIXELS)
        .zip(output.chunks_mut(PIXELS * outputs))
    {
        let sums = accumulate::<B>(call, block, &group(bases));
        // Every index of `sums` is a constant after unrolling, or it would live in memory.
        for (p, sum) in sums.iter().enumerate() {
            if p >= bases.len() {
                break;
            }
            for (b, &sum) in sum.iter().enumerate() {
                let first = (block + b) * BLOCK;
                let count = BLOCK.min(outputs - first);
                let target = &mut output[p * outputs + first..][..count];
                let values = requantise(call, sum);
                // SAFETY: the mask has `count` bits set, so `count` values are written, which is the target's length.
                unsafe {
                    _mm512_mask_cvtepi32_storeu_epi16(
                        target.as_mut_ptr().cast(),
                        u16::MAX >> (BLOCK - count),
                        values,
                    );
                }
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn accumulate<const B: usize>(
    call: &ConvCall,
    block: usize,
    bases: &[usize; PIXELS],
) -> [[__m512i; B]; PIXELS] {
    let start: [__m512i; B] = std::array::from_fn(|b| {
        let start = &call.start[(block + b) * BLOCK..][..BLOCK];
        // SAFETY: `start` has 16 × i32 = 64 bytes.
        unsafe { _mm512_loadu_si512(start.as_ptr().cast()) }
    });
    let mut sums = [start; PIXELS];
    let pairs = call.conv.inputs / 2;
    let weights: [_; B] = std::array::from_fn(|b| call.conv.block(block + b));
    for (t, &tap) in call.taps.iter().enumerate() {
        // SAFETY: `ConvCall::new` proved base + tap + inputs ≤ input.len() for every base and tap.
        let input = bases.map(|base| unsafe { call.input.as_ptr().add(base + tap as usize) });
        let weights = weights.map(|block| &block[t * pairs..][..pairs]);
        for i in 0..pairs {
            // SAFETY: i < pairs, the length of the slices; a lane has 32 × i16 = 64 bytes, aligned to 64.
            let w = weights.map(|lanes| unsafe { _mm512_load_si512(lanes.as_ptr().add(i).cast()) });
            for (sum, input) in sums.iter_mut().zip(input) {
                // SAFETY: i < inputs / 2, so the pair lies within the `inputs` values at `input`.
                let pair = unsafe { input.add(2 * i).cast::<i32>().read_unaligned() };
                let pair = _mm512_set1_epi32(pair);
                for (sum, w) in sum.iter_mut().zip(w) {
                    *sum = _mm512_dpwssd_epi32(*sum, pair, w);
                }
            }
        }
    }
    sums
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn requantise(call: &ConvCall, sum: __m512i) -> __m512i {
    let shifted = _mm512_sra_epi32(sum, _mm_cvtsi32_si128(call.conv.requantise.shift as i32));
    let (low, high) = (
        _mm512_set1_epi32(call.conv.requantise.low),
        _mm512_set1_epi32(call.conv.requantise.high),
    );
    _mm512_min_epi32(_mm512_max_epi32(shifted, low), high)
}
