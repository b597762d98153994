//! NEON: 4 positions × 16 outputs = 16 accumulators of 4 × i32, `smlal` by one input at a time.
//!
//! The weights of a pair of inputs lie side by side, as `vpmaddwd` wants them; `ld2` takes them apart while loading, once for all positions.

use std::arch::aarch64::*;

use crate::nn::kernel::conv::{ConvCall, Lane, BLOCK};
use crate::nn::kernel::reads::group;

/// With 4 registers of weights and an input for each position, three quarters of the 32 registers.
pub(super) const PIXELS: usize = 4;

/// Accumulators of a group of positions × a block of outputs.
pub(super) type Sums = [[int32x4_t; 4]; PIXELS];

/// Runs a call whose output length has been checked.
#[target_feature(enable = "neon")]
pub(super) fn run(call: &ConvCall, output: &mut [i16]) {
    for block in 0..call.conv.blocks() {
        let groups = call.bases.chunks(PIXELS);
        for (bases, output) in groups.zip(output.chunks_mut(PIXELS * call.conv.outputs)) {
            let sums = accumulate(call, block, &group(bases));
            store(call, block, sums, output);
        }
    }
}

/// Writes the sums of a group of positions and a block to `output`, which has all outputs of those positions that there are.
#[target_feature(enable = "neon")]
#[inline]
pub(super) fn store(call: &ConvCall, block: usize, sums: Sums, output: &mut [i16]) {
    let outputs = call.conv.outputs;
    let first = block * BLOCK;
    let count = BLOCK.min(outputs - first);
    for (p, sum) in sums.into_iter().enumerate() {
        // Every index of `sums` is a constant after unrolling, or it would live in memory.
        if p * outputs >= output.len() {
            break;
        }
        let target = &mut output[p * outputs + first..][..count];
        let values = requantise(call, sum);
        match <&mut [i16; BLOCK]>::try_from(&mut *target) {
            // SAFETY: the target is 16 × i16 long.
            Ok(full) => unsafe { vst1q_s16_x2(full.as_mut_ptr(), values) },
            Err(_) => {
                let mut buffer = [0i16; BLOCK];
                // SAFETY: the buffer is 16 × i16 long.
                unsafe { vst1q_s16_x2(buffer.as_mut_ptr(), values) };
                target.copy_from_slice(&buffer[..count]);
            }
        }
    }
}

#[target_feature(enable = "neon")]
#[inline]
fn accumulate(call: &ConvCall, block: usize, bases: &[usize; PIXELS]) -> Sums {
    let start = &call.start[block * BLOCK..][..BLOCK];
    // SAFETY: `start` has 16 × i32.
    let start = unsafe { vld1q_s32_x4(start.as_ptr()) };
    let mut sums = [[start.0, start.1, start.2, start.3]; PIXELS];
    let pairs = call.conv.inputs / 2;
    let weights = call.conv.block(block).chunks_exact(pairs);
    for (weights, &tap) in weights.zip(call.taps) {
        // SAFETY: `ConvCall::new` proved base + tap + inputs ≤ input.len() for every base and tap.
        let mut input = bases.map(|base| unsafe { call.input.as_ptr().add(base + tap as usize) });
        let (fours, rest) = weights.as_chunks::<4>();
        for [a, b, c, d] in fours {
            // SAFETY: 8 of the inputs are there.
            let values = input.map(|input| unsafe { vld1q_s16(input) });
            // SAFETY: so the pointers get to the end at most.
            input = input.map(|input| unsafe { input.add(8) });
            add_pair::<0, 1>(&mut sums, a, &values);
            add_pair::<2, 3>(&mut sums, b, &values);
            add_pair::<4, 5>(&mut sums, c, &values);
            add_pair::<6, 7>(&mut sums, d, &values);
        }
        for (i, lane) in rest.iter().enumerate() {
            // SAFETY: this pair is one of those left of the inputs.
            let values = input.map(|input| unsafe {
                let pair = input.add(2 * i).cast::<i32>().read_unaligned();
                vreinterpretq_s16_s32(vdupq_n_s32(pair))
            });
            add_pair::<0, 1>(&mut sums, lane, &values);
        }
    }
    sums
}

/// Adds the products of a pair of inputs per position, elements `I` and `J` of `values`, with the weights of 16 outputs.
#[target_feature(enable = "neon")]
#[inline]
fn add_pair<const I: i32, const J: i32>(
    sums: &mut Sums,
    Lane(lane): &Lane,
    values: &[int16x8_t; PIXELS],
) {
    // SAFETY: a lane has 32 × i16: 8 outputs × 2 inputs, twice.
    let (low, high) = unsafe { (vld2q_s16(lane.as_ptr()), vld2q_s16(lane.as_ptr().add(16))) };
    for (sum, &values) in sums.iter_mut().zip(values) {
        sum[0] = vmlal_laneq_s16::<I>(sum[0], vget_low_s16(low.0), values);
        sum[1] = vmlal_high_laneq_s16::<I>(sum[1], low.0, values);
        sum[2] = vmlal_laneq_s16::<I>(sum[2], vget_low_s16(high.0), values);
        sum[3] = vmlal_high_laneq_s16::<I>(sum[3], high.0, values);
    }
    for (sum, &values) in sums.iter_mut().zip(values) {
        sum[0] = vmlal_laneq_s16::<J>(sum[0], vget_low_s16(low.1), values);
        sum[1] = vmlal_high_laneq_s16::<J>(sum[1], low.1, values);
        sum[2] = vmlal_laneq_s16::<J>(sum[2], vget_low_s16(high.1), values);
        sum[3] = vmlal_high_laneq_s16::<J>(sum[3], high.1, values);
    }
}

#[target_feature(enable = "neon")]
#[inline]
fn requantise(call: &ConvCall, sums: [int32x4_t; 4]) -> int16x8x2_t {
    let requantise = call.conv.requantise;
    // A shift to the left by less than nothing is one to the right, which floors.
    let shift = vdupq_n_s32(-(requantise.shift as i32));
    let (low, high) = (vdupq_n_s32(requantise.low), vdupq_n_s32(requantise.high));
    let [a, b, c, d] = sums.map(|sum| {
        let shifted = vshlq_s32(sum, shift);
        vmovn_s32(vminq_s32(vmaxq_s32(shifted, low), high))
    });
    int16x8x2_t(vcombine_s16(a, b), vcombine_s16(c, d))
}
