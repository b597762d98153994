//! AVX-512 VNNI on bytes: as [`super::avx512`], but `vpdpbusd` on four inputs at a time.

use std::arch::x86_64::*;

use super::avx512::{store, PIXELS};
use crate::nn::kernel::bytes::{group, Bytes, Moved, Quad, QUAD};
use crate::nn::kernel::conv::ConvCall;

/// Runs a call whose output length has been checked.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn run(call: &ConvCall, bytes: &Bytes, output: &mut [i16]) {
    let moved = bytes.moved(call, 0);
    let blocks = call.conv.blocks();
    for block in (0..blocks - blocks % 2).step_by(2) {
        columns::<2>(call, bytes, &moved, block, output);
    }
    if blocks % 2 == 1 {
        columns::<1>(call, bytes, &moved, blocks - 1, output);
    }
}

/// All positions × `B` blocks of outputs.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn columns<const B: usize>(
    call: &ConvCall,
    bytes: &Bytes,
    moved: &Moved,
    block: usize,
    output: &mut [i16],
) {
    let start: [__m512i; B] = std::array::from_fn(|b| {
        let start = moved.start(block + b);
        // SAFETY: `start` has 16 × i32 = 64 bytes.
        unsafe { _mm512_loadu_si512(start.as_ptr().cast()) }
    });
    let weights: [_; B] = std::array::from_fn(|b| bytes.block(block + b));
    let groups = moved.inputs.chunks(PIXELS * call.conv.inputs);
    for (inputs, output) in groups.zip(output.chunks_mut(PIXELS * call.conv.outputs)) {
        let sums = accumulate::<B>(inputs, start, weights);
        store(call, block, &sums, output);
    }
}

/// The sums of a group of positions whose inputs are `[position][input]`; those beyond the last position are copies of it.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn accumulate<const B: usize>(
    inputs: &[u8],
    start: [__m512i; B],
    weights: [&[Quad]; B],
) -> [[__m512i; B]; PIXELS] {
    let quads = weights[0].len();
    let positions = group::<PIXELS>(inputs, QUAD * quads).map(<[u8]>::as_ptr);
    let weights = weights.map(|block| &block[..quads]);
    let mut sums = [start; PIXELS];
    for i in 0..quads {
        // SAFETY: i < quads, the length of the slices; a quad has 64 × i8 = 64 bytes, aligned to 64.
        let w = weights.map(|block| unsafe { _mm512_load_si512(block.as_ptr().add(i).cast()) });
        for (sum, input) in sums.iter_mut().zip(positions) {
            // SAFETY: i < quads, so the four inputs lie within the QUAD · quads ones of the position.
            let quad = unsafe { input.add(QUAD * i).cast::<i32>().read_unaligned() };
            let quad = _mm512_set1_epi32(quad);
            for (sum, w) in sum.iter_mut().zip(w) {
                *sum = _mm512_dpbusd_epi32(*sum, quad, w);
            }
        }
    }
    sums
}
