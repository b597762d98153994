//! simd128: 4 positions × 8 outputs = 8 accumulators of 4 × i32, `i32x4.dot_i16x8_s` on input pairs.
//!
//! An address in WebAssembly is one number and a constant, so that each pointer which an inner loop moves costs an addition for every load.
//! Hence the inputs of a few positions are gathered first, pair by pair: the loop moves one pointer to inputs and one to weights.

use std::arch::wasm32::*;

use crate::nn::kernel::conv::{ConvCall, Lane, BLOCK};
use crate::nn::kernel::reads::group;

/// Six positions fill 16 registers on paper, but compilers keep all broadcasts alive: a third slower.
const PIXELS: usize = 4;
/// Outputs computed together: half a block.
const HALF: usize = BLOCK / 2;
/// Groups of positions gathered at a time.
const GROUPS: usize = 4;

/// A pair of inputs for each position of a group.
type Pairs = [i32; PIXELS];
/// Accumulators of a group of positions × half a block of outputs.
type Sums = [[v128; 2]; PIXELS];

/// Runs a call whose output length has been checked.
#[target_feature(enable = "simd128")]
pub(super) fn run(call: &ConvCall, output: &mut [i16]) {
    let outputs = call.conv.outputs;
    let size = call.conv.inputs / 2 * call.taps.len();
    let mut gathered = vec![[0; PIXELS]; GROUPS * size];
    for (bases, output) in call
        .bases
        .chunks(GROUPS * PIXELS)
        .zip(output.chunks_mut(GROUPS * PIXELS * outputs))
    {
        for (bases, gathered) in bases.chunks(PIXELS).zip(gathered.chunks_exact_mut(size)) {
            gather(call, &group(bases), gathered);
        }
        for first in (0..outputs).step_by(HALF) {
            for (gathered, output) in gathered
                .chunks_exact(size)
                .zip(output.chunks_mut(PIXELS * outputs))
            {
                store(call, first, accumulate(call, first, gathered), output);
            }
        }
    }
}

/// Fills `[tap][input pair]` of a group of positions.
#[target_feature(enable = "simd128")]
fn gather(call: &ConvCall, bases: &[usize; PIXELS], gathered: &mut [Pairs]) {
    let inputs = call.conv.inputs;
    for (gathered, &tap) in gathered.chunks_exact_mut(inputs / 2).zip(call.taps) {
        for (p, base) in bases.iter().enumerate() {
            let input = &call.input[base + tap as usize..][..inputs];
            for (to, &[a, b]) in gathered.iter_mut().zip(input.as_chunks::<2>().0) {
                to[p] = (i32::from(a) & 0xffff) | (i32::from(b) << 16);
            }
        }
    }
}

/// Sums of a group of positions for the 8 outputs from `first` on.
#[target_feature(enable = "simd128")]
#[inline]
fn accumulate(call: &ConvCall, first: usize, gathered: &[Pairs]) -> Sums {
    let start = &call.start[first..][..HALF];
    // SAFETY: `start` has 8 × i32 = two times 16 bytes.
    let start = unsafe {
        [
            v128_load(start.as_ptr().cast()),
            v128_load(start.as_ptr().add(4).cast()),
        ]
    };
    let mut sums = [start; PIXELS];
    // Where this half's weights begin in each lane.
    let half = 2 * (first % BLOCK);
    for (pairs, Lane(lane)) in gathered.iter().zip(call.conv.block(first / BLOCK)) {
        // SAFETY: a lane has 32 × i16, so 16 of them are there from 0 or 16 on.
        let weights = unsafe {
            let weights = lane.as_ptr().add(half);
            [v128_load(weights.cast()), v128_load(weights.add(8).cast())]
        };
        for (sum, pair) in sums.iter_mut().zip(broadcast(pairs)) {
            for (sum, weights) in sum.iter_mut().zip(weights) {
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(pair, weights));
            }
        }
    }
    sums
}

/// Each pair in all four places of a vector.
#[target_feature(enable = "simd128")]
#[inline]
fn broadcast(pairs: &Pairs) -> [v128; PIXELS] {
    // SAFETY: four pairs are 16 bytes.
    let all = unsafe { v128_load(pairs.as_ptr().cast()) };
    [
        i32x4_shuffle::<0, 0, 0, 0>(all, all),
        i32x4_shuffle::<1, 1, 1, 1>(all, all),
        i32x4_shuffle::<2, 2, 2, 2>(all, all),
        i32x4_shuffle::<3, 3, 3, 3>(all, all),
    ]
}

/// Writes 8 outputs from `first` on, or those that there are, for the positions of `output`.
#[target_feature(enable = "simd128")]
#[inline]
fn store(call: &ConvCall, first: usize, sums: Sums, output: &mut [i16]) {
    let outputs = call.conv.outputs;
    let count = HALF.min(outputs - first);
    for (p, sum) in sums.into_iter().enumerate() {
        // Every index of `sums` is a constant after unrolling, or it would live in memory.
        if p * outputs >= output.len() {
            break;
        }
        let target = &mut output[p * outputs + first..][..count];
        let values = requantise(call, sum);
        match <&mut [i16; HALF]>::try_from(&mut *target) {
            // SAFETY: the target is 8 × i16 = 16 bytes long.
            Ok(full) => unsafe { v128_store(full.as_mut_ptr().cast(), values) },
            Err(_) => {
                let mut buffer = [0i16; HALF];
                // SAFETY: the buffer is 8 × i16 = 16 bytes long.
                unsafe { v128_store(buffer.as_mut_ptr().cast(), values) };
                target.copy_from_slice(&buffer[..count]);
            }
        }
    }
}

#[target_feature(enable = "simd128")]
#[inline]
fn requantise(call: &ConvCall, sums: [v128; 2]) -> v128 {
    let requantise = call.conv.requantise;
    let (low, high) = (i32x4_splat(requantise.low), i32x4_splat(requantise.high));
    let [a, b] = sums.map(|sum| {
        let shifted = i32x4_shr(sum, requantise.shift);
        i32x4_min(i32x4_max(shifted, low), high)
    });
    i16x8_narrow_i32x4(a, b)
}
