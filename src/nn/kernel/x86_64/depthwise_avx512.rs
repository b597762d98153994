//! AVX-512 VNNI: 32 channels of one position at a time, `vpdpwssd` on the values of two taps side by side.

use std::arch::x86_64::*;

use crate::nn::kernel::depthwise::{DepthwiseCall, TAPS};

/// Channels that are computed together; a last, smaller block of them is masked.
const BLOCK: usize = 32;
/// Pairs of taps, the last one with a weight of 0.
const PAIRS: usize = TAPS.div_ceil(2);

/// Runs a call whose output length has been checked.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn run(call: &DepthwiseCall, output: &mut [i16]) {
    let channels = call.layer.channels;
    let whole = channels - channels % BLOCK;
    for first in (0..whole).step_by(BLOCK) {
        columns::<true>(call, first, output);
    }
    if whole < channels {
        columns::<false>(call, whole, output);
    }
}

/// All positions × the channels from `first` on: 32, or as many as there are where they are not a `WHOLE` block.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn columns<const WHOLE: bool>(call: &DepthwiseCall, first: usize, output: &mut [i16]) {
    let layer = call.layer;
    let count = if WHOLE { BLOCK } else { layer.channels - first };
    let mask = u32::MAX >> (BLOCK - count);
    let weights = weights(&layer.weights, layer.channels, first, count);
    let start = start(&call.start[first..][..count]);
    let taps: [usize; TAPS] = std::array::from_fn(|tap| call.taps[tap] as usize + first);
    let shift = _mm_cvtsi32_si128(layer.requantise.shift as i32);
    let (low, high) = (
        _mm512_set1_epi16(layer.requantise.low as i16),
        _mm512_set1_epi16(layer.requantise.high as i16),
    );
    for (&base, output) in call
        .bases
        .iter()
        .zip(output.chunks_exact_mut(layer.channels))
    {
        let values = taps.map(|tap| {
            let at = base as usize + tap;
            // SAFETY: `DepthwiseCall::new` proved base + tap + channels ≤ input.len(), and first + count ≤ channels: all of a whole block are
            // read, and as many as the mask has bits of another.
            unsafe {
                let from = call.input.as_ptr().add(at);
                if WHOLE {
                    _mm512_loadu_si512(from.cast())
                } else {
                    _mm512_maskz_loadu_epi16(mask, from)
                }
            }
        });
        let mut sums = start;
        for (pair, weights) in weights.iter().enumerate() {
            // The weight of the tap past the last one is 0.
            let (x, y) = (values[2 * pair], values[(2 * pair + 1).min(TAPS - 1)]);
            sums = [
                _mm512_dpwssd_epi32(sums[0], _mm512_unpacklo_epi16(x, y), weights[0]),
                _mm512_dpwssd_epi32(sums[1], _mm512_unpackhi_epi16(x, y), weights[1]),
            ];
        }
        let [a, b] = sums.map(|sum| _mm512_sra_epi32(sum, shift));
        // Packing saturates at 16 bits, which is beyond the bounds, and puts channels back in order.
        let packed = _mm512_packs_epi32(a, b);
        let clamped = _mm512_min_epi16(_mm512_max_epi16(packed, low), high);
        let target = &mut output[first..][..count];
        // SAFETY: the mask has `count` bits set, so `count` values are written, which is the target's length.
        unsafe { _mm512_mask_storeu_epi16(target.as_mut_ptr(), mask, clamped) };
    }
}

/// What the accumulators start from, as unpacking leaves the channels: the first four of every eight, then the others.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn start(start: &[i32]) -> [__m512i; 2] {
    let mut halves = [[0i32; BLOCK / 2]; 2];
    for (channel, &value) in start.iter().enumerate() {
        halves[channel / 4 % 2][channel / 8 * 4 + channel % 4] = value;
    }
    // SAFETY: an array is 16 × i32 = 64 bytes long.
    halves.map(|half| unsafe { _mm512_loadu_si512(half.as_ptr().cast()) })
}

/// The weights of `count` channels, those of two taps side by side.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn weights(all: &[i16], channels: usize, first: usize, count: usize) -> [[__m512i; 2]; PAIRS] {
    let load = |tap: usize| {
        let mut values = [0i16; BLOCK];
        if tap < TAPS {
            values[..count].copy_from_slice(&all[tap * channels + first..][..count]);
        }
        // SAFETY: the array is 32 × i16 = 64 bytes long.
        unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
    };
    std::array::from_fn(|pair| {
        let (x, y) = (load(2 * pair), load(2 * pair + 1));
        [_mm512_unpacklo_epi16(x, y), _mm512_unpackhi_epi16(x, y)]
    })
}
