//! Convolutions whose inputs and weights both fit bytes: the same numbers from two or four times as many products at a time, where a set of kernels has
//! instructions for that (`vpdpbusd`, `sdot`). Nothing in a model file says so: it follows from the bounds of what a layer gets.
#![cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]

use super::conv::{ConvCall, BLOCK};
use crate::nn::values::Values;

/// Inputs that are multiplied together.
pub(super) const QUAD: usize = 4;

/// Weights of four inputs for a block of outputs, `[output][4]`.
#[repr(C, align(64))]
#[derive(Debug, Clone, Copy)]
pub(super) struct Quad(pub(super) [i8; QUAD * BLOCK]);

/// The weights of a 1×1 convolution as bytes.
#[derive(Debug, Clone)]
pub(super) struct Bytes {
    inputs: usize,
    /// What inputs may be.
    values: Values,
    /// `[block][four inputs]`.
    weights: Vec<Quad>,
    /// The sum of each output's weights.
    sums: Vec<i32>,
}

/// The inputs of a call as the bytes of an instruction, moved by as little as that takes.
pub(super) struct Moved<'c> {
    call: &'c ConvCall<'c>,
    bytes: &'c Bytes,
    by: i32,
    /// `[position][input]`.
    pub(super) inputs: Vec<u8>,
}

impl Bytes {
    /// `weights` is `[output][input]`; `None` if it takes more than bytes.
    pub(super) fn new(values: Values, inputs: usize, weights: &[i16]) -> Option<Self> {
        if !inputs.is_multiple_of(QUAD) || !values.fit_byte() {
            return None;
        }
        let weights: Vec<i8> = weights
            .iter()
            .map(|&w| i8::try_from(w).ok())
            .collect::<Option<_>>()?;
        let quads = inputs / QUAD;
        let rows = weights.chunks_exact(inputs);
        let mut packed = vec![Quad([0; QUAD * BLOCK]); rows.len().div_ceil(BLOCK) * quads];
        for (output, row) in rows.clone().enumerate() {
            let block = &mut packed[output / BLOCK * quads..][..quads];
            for (to, from) in block.iter_mut().zip(row.chunks_exact(QUAD)) {
                to.0[output % BLOCK * QUAD..][..QUAD].copy_from_slice(from);
            }
        }
        let sum = |row: &[i8]| row.iter().map(|&w| i32::from(w)).sum();
        let mut sums: Vec<i32> = rows.map(sum).collect();
        sums.resize(sums.len().next_multiple_of(BLOCK), 0);
        Some(Self {
            inputs,
            values,
            weights: packed,
            sums,
        })
    }

    /// Weights of a block of outputs, `[four inputs]`.
    pub(super) fn block(&self, index: usize) -> &[Quad] {
        let quads = self.inputs / QUAD;
        &self.weights[index * quads..][..quads]
    }

    /// The inputs of a call for an instruction whose bytes begin at `lowest`: 0, or −128 in two's complement.
    #[inline(always)]
    pub(super) fn moved<'c>(&'c self, call: &'c ConvCall, lowest: i32) -> Moved<'c> {
        let tap = call.taps[0] as usize;
        let up = (lowest - self.values.lowest()).max(0);
        let down = (self.values.highest() - (lowest + 255)).max(0);
        let by = up - down;
        let mut inputs = Vec::with_capacity(call.bases.len() * self.inputs);
        for &base in call.bases {
            let values = &call.input[base as usize + tap..][..self.inputs];
            inputs.extend(values.iter().map(|&v| (v + by as i16) as u8));
        }
        Moved {
            call,
            bytes: self,
            by,
            inputs,
        }
    }
}

/// The inputs, `size` for each, of a group of at most `N` positions, the last one repeated to fill it, as [`super::reads::group`] does.
#[inline(always)]
pub(super) fn group<const N: usize>(inputs: &[u8], size: usize) -> [&[u8]; N] {
    let last = inputs.len() / size - 1;
    std::array::from_fn(|p| &inputs[p.min(last) * size..][..size])
}

impl Moved<'_> {
    /// What the accumulators of a block start from, so that they end as if nothing had been moved.
    #[inline(always)]
    pub(super) fn start(&self, block: usize) -> [i32; BLOCK] {
        let start = &self.call.start[block * BLOCK..][..BLOCK];
        let sums = &self.bytes.sums[block * BLOCK..][..BLOCK];
        // Sums stay in 32 bits on the way, too: what has not been added yet counts as −by · w, and |by| is at most the largest input.
        std::array::from_fn(|i| start[i] - self.by * sums[i])
    }
}
