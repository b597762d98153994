//! NEON's dot products on bytes: as [`super::conv`], but `sdot` on four inputs at a time.

use std::arch::aarch64::*;
use std::arch::asm;

use super::conv::{store, Sums, PIXELS};
use crate::nn::kernel::bytes::{group, Bytes, Quad, QUAD};
use crate::nn::kernel::conv::ConvCall;

/// The lowest input of `sdot`.
const LOWEST: i32 = i8::MIN as i32;

/// Runs a call whose output length has been checked.
#[target_feature(enable = "neon,dotprod")]
pub(super) fn run(call: &ConvCall, bytes: &Bytes, output: &mut [i16]) {
    let moved = bytes.moved(call, LOWEST);
    for block in 0..call.conv.blocks() {
        let start = moved.start(block);
        // SAFETY: `start` has 16 × i32.
        let start = unsafe { vld1q_s32_x4(start.as_ptr()) };
        let start = [start.0, start.1, start.2, start.3];
        let groups = moved.inputs.chunks(PIXELS * call.conv.inputs);
        for (inputs, output) in groups.zip(output.chunks_mut(PIXELS * call.conv.outputs)) {
            let sums = accumulate(inputs, start, bytes.block(block));
            store(call, block, sums, output);
        }
    }
}

/// The sums of a group of positions whose inputs are `[position][input]`; those beyond the last position are copies of it.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn accumulate(inputs: &[u8], start: [int32x4_t; 4], weights: &[Quad]) -> Sums {
    let mut input = group::<PIXELS>(inputs, QUAD * weights.len()).map(<[u8]>::as_ptr);
    let mut sums = [start; PIXELS];
    let (fours, rest) = weights.as_chunks::<4>();
    for [a, b, c, d] in fours {
        // SAFETY: 16 of the inputs are there.
        let values = input.map(|input| unsafe { vld1q_u8(input) });
        // SAFETY: so the pointers get to the end at most.
        input = input.map(|input| unsafe { input.add(16) });
        add_quad::<0>(&mut sums, a, &values);
        add_quad::<1>(&mut sums, b, &values);
        add_quad::<2>(&mut sums, c, &values);
        add_quad::<3>(&mut sums, d, &values);
    }
    for (i, quad) in rest.iter().enumerate() {
        // SAFETY: these four are some of those left of the inputs.
        let values = input.map(|input| unsafe {
            let four = input.add(QUAD * i).cast::<u32>().read_unaligned();
            vreinterpretq_u8_u32(vdupq_n_u32(four))
        });
        add_quad::<0>(&mut sums, quad, &values);
    }
    sums
}

/// Adds the products of four inputs per position, number `I` of the fours in `values`, with the weights of 16 outputs.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn add_quad<const I: i32>(sums: &mut Sums, Quad(quad): &Quad, values: &[uint8x16_t; PIXELS]) {
    // SAFETY: a quad has 64 × i8.
    let weights = unsafe { vld1q_s8_x4(quad.as_ptr()) };
    let weights = [weights.0, weights.1, weights.2, weights.3];
    for (sum, &values) in sums.iter_mut().zip(values) {
        for (sum, weights) in sum.iter_mut().zip(weights) {
            *sum = dot::<I>(*sum, weights, values);
        }
    }
}

/// `vdotq_laneq_s32`, which Rust has from 1.98 on.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn dot<const I: i32>(mut sum: int32x4_t, weights: int8x16_t, values: uint8x16_t) -> int32x4_t {
    // SAFETY: the CPU has the instruction, which touches these registers only.
    unsafe {
        asm!(
            "sdot {sum:v}.4s, {weights:v}.16b, {values:v}.4b[{i}]",
            sum = inout(vreg) sum,
            weights = in(vreg) weights,
            values = in(vreg) values,
            i = const I,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}
