//! The one convolution primitive: weights packed for the kernels, positions given as a list of offsets, work split over threads.

use rayon::prelude::*;

use super::{scalar, simd, Level};
use crate::model::{interpolate, Activation, Conv, Weights};

/// Outputs computed together; packed weights and biases are padded with zeros to a multiple of it.
pub(super) const BLOCK: usize = 16;

/// Weights of one pair of inputs for a block of outputs, `[output][2]`.
#[repr(C, align(64))]
#[derive(Debug, Clone, Copy)]
pub(super) struct Lane(pub(super) [i16; 2 * BLOCK]);

/// Work below this many multiply-accumulates is not worth splitting over threads.
const SPLIT_MACS: usize = 2_000_000;
/// Positions per chunk: a multiple of every kernel's pixel group.
const CHUNK: usize = 96;

/// A convolution ready to run.
#[derive(Debug, Clone)]
pub struct PackedConv {
    pub(super) kernel: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) shift: u32,
    /// Lower clamp, which is also all that ReLU is.
    pub(super) low: i32,
    pub(super) high: i32,
    /// `[block][tap][input pair]`.
    weights: Vec<Lane>,
    /// `[knot][output]`.
    bias: Vec<i32>,
}

impl PackedConv {
    /// Packs a convolution whose fields have been checked ([`super::Prepared`] does).
    #[must_use]
    pub fn new<W: Weights>(conv: &Conv<W>) -> Self {
        let (kernel, inputs, outputs) = (
            usize::from(conv.kernel),
            usize::from(conv.inputs),
            usize::from(conv.outputs),
        );
        let (taps, pairs) = (kernel * kernel, inputs / 2);
        let mut weights = vec![Lane([0; 2 * BLOCK]); outputs.div_ceil(BLOCK) * taps * pairs];
        let size = taps * inputs;
        for output in 0..outputs {
            let mut kernel = conv.weights.range(output * size..(output + 1) * size);
            let block = &mut weights[output / BLOCK * taps * pairs..];
            for lane in &mut block[..taps * pairs] {
                for to in &mut lane.0[output % BLOCK * 2..][..2] {
                    *to = kernel.next().expect("the range has `size` weights");
                }
            }
        }
        let high = (1 << conv.clamp_bits) - 1;
        Self {
            kernel,
            inputs,
            outputs,
            shift: conv.shift.into(),
            low: match conv.activation {
                Activation::None => -high,
                Activation::Relu => 0,
            },
            high,
            weights,
            bias: conv.bias.clone(),
        }
    }

    /// Side of the kernel.
    #[must_use]
    pub fn kernel(&self) -> usize {
        self.kernel
    }

    /// Output channels.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiply-accumulates per output position.
    #[must_use]
    pub fn macs(&self) -> usize {
        self.kernel * self.kernel * self.inputs * self.outputs
    }

    /// What accumulators start from at a quality: bias plus the rounding of the shift, padded to whole blocks.
    #[must_use]
    pub fn start(&self, quality: u16) -> Vec<i32> {
        let rounding = (1 << self.shift) >> 1;
        let mut start: Vec<i32> = (0..self.outputs)
            .map(|o| interpolate(&self.bias, self.outputs, o, quality) as i32 + rounding)
            .collect();
        start.resize(self.blocks() * BLOCK, 0);
        start
    }

    pub(super) fn blocks(&self) -> usize {
        self.outputs.div_ceil(BLOCK)
    }

    /// Weights of a block of outputs, `[tap][input pair]`.
    pub(super) fn block(&self, index: usize) -> &[Lane] {
        let size = self.kernel * self.kernel * self.inputs / 2;
        &self.weights[index * size..][..size]
    }
}

/// Offsets of the taps of a square kernel from the top-left one, for a tensor of `pixel` values per position and `row` values per row.
#[must_use]
pub fn taps(kernel: usize, pixel: usize, row: usize) -> Vec<u32> {
    (0..kernel)
        .flat_map(|y| (0..kernel).map(move |x| offset(y * row + x * pixel)))
        .collect()
}

/// An offset into a tensor as the kernels take it.
///
/// # Panics
/// On tensors of 2³² values and more, which [`crate::Limits`] and the tile size keep far away.
pub(super) fn offset(value: usize) -> u32 {
    u32::try_from(value).expect("tensor has fewer than 2^32 values")
}

/// A convolution at a list of positions. Holding one proves that every read is inside `input`.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub(super) conv: &'a PackedConv,
    pub(super) start: &'a [i32],
    pub(super) input: &'a [i16],
    pub(super) bases: &'a [u32],
    pub(super) taps: &'a [u32],
}

impl<'a> Job<'a> {
    /// `bases[i]` is the offset in `input` of the first channel of output position i's top-left tap; `taps` are added to it, and
    /// the convolution's inputs are read contiguously there (a prefix of the channels of a tensor that may be wider).
    /// `start` comes from [`PackedConv::start`].
    ///
    /// # Panics
    /// If lengths disagree or any read would leave `input`.
    #[must_use]
    pub fn new(
        conv: &'a PackedConv,
        start: &'a [i32],
        input: &'a [i16],
        bases: &'a [u32],
        taps: &'a [u32],
    ) -> Self {
        assert_eq!(start.len(), conv.blocks() * BLOCK, "accumulator starts");
        assert_eq!(taps.len(), conv.kernel * conv.kernel, "taps");
        let max = |list: &[u32]| list.iter().copied().max().unwrap_or(0) as usize;
        let end = max(bases)
            .checked_add(max(taps))
            .and_then(|end| end.checked_add(conv.inputs));
        assert!(
            bases.is_empty() || end.is_some_and(|end| end <= input.len()),
            "convolution reads up to {end:?} of {} values",
            input.len()
        );
        Self {
            conv,
            start,
            input,
            bases,
            taps,
        }
    }
}

/// Runs a job: `output` is `[position][output channel]`, `clamp(act(rshift(Σ w·a + b, shift)))`.
///
/// The bits do not depend on `level` nor on the number of threads.
///
/// # Panics
/// If `output` has the wrong length or the CPU lacks `level`.
pub fn convolve(level: Level, job: &Job, output: &mut [i16]) {
    assert_eq!(
        output.len(),
        job.bases.len() * job.conv.outputs,
        "output length"
    );
    if job.bases.len() * job.conv.macs() < SPLIT_MACS {
        return run(level, job, output);
    }
    let chunk = CHUNK * (SPLIT_MACS / 4 / (CHUNK * job.conv.macs())).max(1);
    output
        .par_chunks_mut(chunk * job.conv.outputs)
        .zip(job.bases.par_chunks(chunk))
        .for_each(|(output, bases)| run(level, &Job { bases, ..*job }, output));
}

fn run(level: Level, job: &Job, output: &mut [i16]) {
    match level {
        Level::Scalar => scalar::convolve(job, output),
        _ => simd::convolve(level, job, output),
    }
}
