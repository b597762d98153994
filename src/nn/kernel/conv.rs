//! The one dense convolution primitive: weights packed for the kernels, positions given as a list of offsets, work split over threads.

use rayon::prelude::*;

use super::bytes::Bytes;
use super::reads::prove_inside;
use super::Kernels;
use crate::nn::requantise::Requantise;
use crate::nn::values::Values;
use crate::nn::weights::Weights;

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
    kernel: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) requantise: Requantise,
    /// `[block][tap][input pair]`.
    weights: Vec<Lane>,
    /// The same as bytes, if inputs and weights are. Only the kernels of some architectures read them.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub(super) bytes: Option<Bytes>,
    /// `[knot][output]`.
    bias: Vec<i32>,
}

impl PackedConv {
    /// Packs a convolution whose fields have been checked: `kernel`² taps, `inputs` (even) × `outputs`, weights `[output][tap][input]`,
    /// bias `[knot][output]`. `values`: what the inputs may be.
    pub(in crate::nn) fn new(
        (kernel, inputs, outputs): (usize, usize, usize),
        values: Values,
        requantise: Requantise,
        from: &impl Weights,
        bias: Vec<i32>,
    ) -> Self {
        let (taps, pairs) = (kernel * kernel, inputs / 2);
        let mut weights = vec![Lane([0; 2 * BLOCK]); outputs.div_ceil(BLOCK) * taps * pairs];
        let size = taps * inputs;
        for output in 0..outputs {
            let mut kernel = from.range(output * size..(output + 1) * size);
            let block = &mut weights[output / BLOCK * taps * pairs..];
            for lane in &mut block[..taps * pairs] {
                for to in &mut lane.0[output % BLOCK * 2..][..2] {
                    *to = kernel.next().expect("the range has `size` weights");
                }
            }
        }
        let bytes = match (kernel, values.fit_byte()) {
            (1, true) => Bytes::new(values, inputs, &from.all().collect::<Vec<_>>()),
            _ => None,
        };
        Self {
            kernel,
            inputs,
            outputs,
            requantise,
            weights,
            bytes,
            bias,
        }
    }

    /// The same for the first `inputs` (even) of its inputs, where the others are 0.
    pub(in crate::nn) fn narrowed(&self, inputs: usize) -> Self {
        let taps = self.weights.chunks_exact(self.inputs / 2);
        Self {
            inputs,
            weights: taps
                .flat_map(|pairs| &pairs[..inputs / 2])
                .copied()
                .collect(),
            // What is narrowed reads latents, which are wide.
            bytes: None,
            bias: self.bias.clone(),
            ..*self
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
        let mut start = self.requantise.start(&self.bias, self.outputs, quality);
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

/// A convolution at a list of positions. Holding one proves that every read is inside `input`.
#[derive(Clone, Copy)]
pub struct ConvCall<'a> {
    pub(super) conv: &'a PackedConv,
    pub(super) start: &'a [i32],
    pub(super) input: &'a [i16],
    pub(super) bases: &'a [u32],
    pub(super) taps: &'a [u32],
}

impl<'a> ConvCall<'a> {
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
        prove_inside("convolution", input, bases, taps, conv.inputs);
        Self {
            conv,
            start,
            input,
            bases,
            taps,
        }
    }

    /// Runs it: `output` is `[position][output channel]`, `clamp(act(rshift(Σ w·a + b, shift)))`.
    ///
    /// The bits do not depend on `kernels` nor on the number of threads.
    ///
    /// # Panics
    /// If `output` has the wrong length.
    pub fn run(&self, kernels: Kernels, output: &mut [i16]) {
        let (outputs, macs) = (self.conv.outputs, self.conv.macs());
        assert_eq!(output.len(), self.bases.len() * outputs, "output length");
        if self.bases.len() * macs < SPLIT_MACS {
            return (kernels.convolve)(self, output);
        }
        let chunk = CHUNK * (SPLIT_MACS / 4 / (CHUNK * macs)).max(1);
        output
            .par_chunks_mut(chunk * outputs)
            .zip(self.bases.par_chunks(chunk))
            .for_each(|(output, bases)| (kernels.convolve)(&Self { bases, ..*self }, output));
    }
}
