//! AVX2: 16 positions at a time, `vpmaddwd` on the values of two rows side by side.

use std::arch::x86_64::*;

use crate::nn::kernel::rows::{RowsCall, SHIFT, SUMS};

/// Positions that are computed together; [`crate::nn::kernel::LANES`] is a multiple of it.
const BLOCK: usize = 16;

/// Of a block, as unpacking leaves the positions: the first four of every eight, then the others.
type Sums = [[__m256i; 2]; SUMS];

/// Runs a call whose output length has been checked.
#[target_feature(enable = "avx2")]
pub(super) fn run(call: &RowsCall, output: &mut [i16]) {
    let (high, low) = (_mm256_set1_epi16(call.clip), _mm256_set1_epi16(-call.clip));
    let least = _mm256_set1_epi16(-i16::MAX);
    let rounding = _mm256_set1_epi32(1 << (SHIFT - 1));
    for first in (0..call.width).step_by(BLOCK) {
        let load = |offset: usize| {
            // SAFETY: `RowsCall::new` proved offset + width ≤ values.len(), and first + 16 ≤ width, which is a multiple of 16.
            unsafe { _mm256_loadu_si256(call.values.as_ptr().add(offset + first).cast()) }
        };
        let mut sums: Sums = [[rounding; 2]; SUMS];
        for pair in call.rows {
            add(&mut sums, pair.offsets.map(load), &pair.weights);
        }
        for pair in call.differences {
            let difference = |i: usize| {
                let rows = (load(pair.rows.offsets[i]), load(pair.subtracted[i]));
                let difference = _mm256_subs_epi16(rows.0, rows.1);
                _mm256_max_epi16(_mm256_min_epi16(difference, high), low)
            };
            let differences = [difference(0), difference(1)];
            add(&mut sums, differences, &pair.rows.weights);
        }
        for (sums, output) in sums.iter().zip(output.chunks_exact_mut(call.width)) {
            let [a, b] = sums.map(|sum| _mm256_srai_epi32::<{ SHIFT as i32 }>(sum));
            // Packing saturates at 16 bits and puts positions back in order.
            let values = _mm256_max_epi16(_mm256_packs_epi32(a, b), least);
            let target = &mut output[first..][..BLOCK];
            // SAFETY: the target is 16 × i16 = 32 bytes long.
            unsafe { _mm256_storeu_si256(target.as_mut_ptr().cast(), values) };
        }
    }
}

#[target_feature(enable = "avx2")]
fn add(sums: &mut Sums, [a, b]: [__m256i; 2], weights: &[[i16; 2]; SUMS]) {
    let pairs = [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)];
    for (sums, weights) in sums.iter_mut().zip(weights) {
        let [a, b] = weights.map(|weight| i32::from(weight as u16));
        let weights = _mm256_set1_epi32(b << 16 | a);
        for (sum, pair) in sums.iter_mut().zip(pairs) {
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pair, weights));
        }
    }
}
