//! AVX-512 VNNI: 12 positions × 32 outputs = 24 accumulators of 16 × i32, `vpdpwssd` on input pairs.

use std::arch::x86_64::*;

use crate::nn::kernel::conv::{ConvCall, BLOCK};
use crate::nn::kernel::reads::group;

/// Positions of a group.
pub(super) const PIXELS: usize = 12;

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
    let groups = call.bases.chunks(PIXELS);
    for (bases, output) in groups.zip(output.chunks_mut(PIXELS * call.conv.outputs)) {
        let sums = accumulate::<B>(call, block, &group(bases));
        store(call, block, &sums, output);
    }
}

/// Writes the sums of a group of positions and `B` blocks to `output`, which has all outputs of those positions that there are.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
pub(super) fn store<const B: usize>(
    call: &ConvCall,
    block: usize,
    sums: &[[__m512i; B]; PIXELS],
    output: &mut [i16],
) {
    let outputs = call.conv.outputs;
    let first = block * BLOCK;
    let count = (B * BLOCK).min(outputs - first);
    let mask = u32::MAX >> (2 * BLOCK - count);
    // Every index of `sums` is a constant after unrolling, or it would live in memory.
    for (p, sum) in sums.iter().enumerate() {
        if p * outputs >= output.len() {
            break;
        }
        let target = &mut output[p * outputs + first..][..count];
        let values = requantise(call, sum[0], sum[B - 1]);
        // SAFETY: the mask has `count` bits set, so `count` values are written, which is the target's length.
        unsafe { _mm512_mask_storeu_epi16(target.as_mut_ptr(), mask, values) };
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

/// The values of two blocks.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn requantise(call: &ConvCall, a: __m512i, b: __m512i) -> __m512i {
    let shift = _mm_cvtsi32_si128(call.conv.requantise.shift as i32);
    // Packing saturates at 16 bits, which is beyond the bounds.
    let packed = _mm512_packs_epi32(_mm512_sra_epi32(a, shift), _mm512_sra_epi32(b, shift));
    let (low, high) = (
        _mm512_set1_epi16(call.conv.requantise.low as i16),
        _mm512_set1_epi16(call.conv.requantise.high as i16),
    );
    let clamped = _mm512_min_epi16(_mm512_max_epi16(packed, low), high);
    // It works within 128-bit lanes: put the eighths back in order.
    let order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    _mm512_permutexvar_epi64(order, clamped)
}
