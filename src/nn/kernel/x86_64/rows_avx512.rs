//! AVX-512 VNNI: 32 positions at a time, `vpdpwssd` on the values of two rows side by side.

use std::arch::x86_64::*;

use crate::nn::kernel::rows::{RowsCall, SHIFT, SUMS};

/// Positions that are computed together; [`crate::nn::kernel::LANES`] is a multiple of it.
const BLOCK: usize = 32;

/// Of a block, as unpacking leaves the positions: the first four of every eight, then the others.
type Sums = [[__m512i; 2]; SUMS];

/// Runs a call whose output length has been checked.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn run(call: &RowsCall, output: &mut [i16]) {
    let (high, low) = (_mm512_set1_epi16(call.clip), _mm512_set1_epi16(-call.clip));
    let least = _mm512_set1_epi16(-i16::MAX);
    let rounding = _mm512_set1_epi32(1 << (SHIFT - 1));
    for first in (0..call.width).step_by(BLOCK) {
        let load = |offset: usize| {
            // SAFETY: `RowsCall::new` proved offset + width ≤ values.len(), and first + 32 ≤ width, which is a multiple of 32.
            unsafe { _mm512_loadu_si512(call.values.as_ptr().add(offset + first).cast()) }
        };
        let mut sums: Sums = [[rounding; 2]; SUMS];
        for pair in call.rows {
            add(&mut sums, pair.offsets.map(load), &pair.weights);
        }
        for pair in call.differences {
            let difference = |i: usize| {
                let rows = (load(pair.rows.offsets[i]), load(pair.subtracted[i]));
                let difference = _mm512_subs_epi16(rows.0, rows.1);
                _mm512_max_epi16(_mm512_min_epi16(difference, high), low)
            };
            let differences = [difference(0), difference(1)];
            add(&mut sums, differences, &pair.rows.weights);
        }
        for (sums, output) in sums.iter().zip(output.chunks_exact_mut(call.width)) {
            let [a, b] = sums.map(|sum| _mm512_srai_epi32::<SHIFT>(sum));
            // Packing saturates at 16 bits and puts positions back in order.
            let values = _mm512_max_epi16(_mm512_packs_epi32(a, b), least);
            let target = &mut output[first..][..BLOCK];
            // SAFETY: the target is 32 × i16 = 64 bytes long.
            unsafe { _mm512_storeu_si512(target.as_mut_ptr().cast(), values) };
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn add(sums: &mut Sums, [a, b]: [__m512i; 2], weights: &[[i16; 2]; SUMS]) {
    let pairs = [_mm512_unpacklo_epi16(a, b), _mm512_unpackhi_epi16(a, b)];
    for (sums, weights) in sums.iter_mut().zip(weights) {
        let [a, b] = weights.map(|weight| i32::from(weight as u16));
        let weights = _mm512_set1_epi32(b << 16 | a);
        for (sum, pair) in sums.iter_mut().zip(pairs) {
            *sum = _mm512_dpwssd_epi32(*sum, pair, weights);
        }
    }
}
