//! AVX2: 16 channels of one position at a time, `vpmaddwd` on the values of two taps side by side.

use std::arch::x86_64::*;

use crate::nn::kernel::depthwise::{DepthwiseCall, TAPS};
use crate::nn::kernel::scalar;

/// Channels that are computed together.
const BLOCK: usize = 16;
/// Pairs of taps, the last one with a weight of 0.
const PAIRS: usize = TAPS.div_ceil(2);

/// Runs a call whose output length has been checked.
#[target_feature(enable = "avx2")]
pub(super) fn run(call: &DepthwiseCall, output: &mut [i16]) {
    let channels = call.layer.channels;
    let whole = channels - channels % BLOCK;
    for first in (0..whole).step_by(BLOCK) {
        columns(call, first, output);
    }
    scalar::depthwise(call, whole..channels, output);
}

/// All positions × the 16 channels from `first` on, which the layer has.
#[target_feature(enable = "avx2")]
fn columns(call: &DepthwiseCall, first: usize, output: &mut [i16]) {
    let layer = call.layer;
    let weights = weights(&layer.weights, layer.channels, first);
    let start = &call.start[first..][..BLOCK];
    // SAFETY: `start` has 16 × i32 = two times 32 bytes.
    let (a, b) = unsafe {
        (
            _mm256_loadu_si256(start.as_ptr().cast()),
            _mm256_loadu_si256(start.as_ptr().add(8).cast()),
        )
    };
    // As unpacking leaves the channels: 0–3 and 8–11, then 4–7 and 12–15.
    let start = [
        _mm256_permute2x128_si256::<0x20>(a, b),
        _mm256_permute2x128_si256::<0x31>(a, b),
    ];
    let shift = _mm_cvtsi32_si128(layer.requantise.shift as i32);
    let (low, high) = (
        _mm256_set1_epi32(layer.requantise.low),
        _mm256_set1_epi32(layer.requantise.high),
    );
    for (&base, output) in call
        .bases
        .iter()
        .zip(output.chunks_exact_mut(layer.channels))
    {
        let mut sums = start;
        for (pair, weights) in weights.iter().enumerate() {
            let load = |tap: usize| {
                let at = base as usize + call.taps[tap] as usize + first;
                // SAFETY: `DepthwiseCall::new` proved base + tap + channels ≤ input.len(), and first + 16 ≤ channels.
                unsafe { _mm256_loadu_si256(call.input.as_ptr().add(at).cast()) }
            };
            // The weight of the tap past the last one is 0.
            let (x, y) = (load(2 * pair), load((2 * pair + 1).min(TAPS - 1)));
            let products = [
                _mm256_madd_epi16(_mm256_unpacklo_epi16(x, y), weights[0]),
                _mm256_madd_epi16(_mm256_unpackhi_epi16(x, y), weights[1]),
            ];
            for (sum, product) in sums.iter_mut().zip(products) {
                *sum = _mm256_add_epi32(*sum, product);
            }
        }
        let [a, b] = sums.map(|sum| {
            let shifted = _mm256_sra_epi32(sum, shift);
            _mm256_min_epi32(_mm256_max_epi32(shifted, low), high)
        });
        let target = &mut output[first..][..BLOCK];
        // SAFETY: the target is 16 × i16 = 32 bytes long.
        unsafe { _mm256_storeu_si256(target.as_mut_ptr().cast(), _mm256_packs_epi32(a, b)) };
    }
}

/// The weights of 16 channels, those of two taps side by side.
#[target_feature(enable = "avx2")]
fn weights(all: &[i16], channels: usize, first: usize) -> [[__m256i; 2]; PAIRS] {
    let load = |tap: usize| {
        let mut values = [0i16; BLOCK];
        if tap < TAPS {
            values.copy_from_slice(&all[tap * channels + first..][..BLOCK]);
        }
        // SAFETY: the array is 16 × i16 = 32 bytes long.
        unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
    };
    std::array::from_fn(|pair| {
        let (x, y) = (load(2 * pair), load(2 * pair + 1));
        [_mm256_unpacklo_epi16(x, y), _mm256_unpackhi_epi16(x, y)]
    })
}
