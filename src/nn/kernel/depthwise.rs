//! The depthwise 3×3 convolution primitive: every channel has a kernel of its own, so that neighbours mix but channels do not.

use rayon::prelude::*;

use super::reads::prove_inside;
use super::Kernels;
use crate::nn::requantise::Requantise;
use crate::nn::weights::Weights;

/// Weights of a kernel: 3×3.
pub(crate) const TAPS: usize = 9;
/// Positions per piece of work for one thread.
const CHUNK: usize = 1024;

/// A depthwise convolution ready to run.
#[derive(Debug, Clone)]
pub struct PackedDepthwise {
    pub(super) channels: usize,
    pub(super) requantise: Requantise,
    /// `[tap][channel]`.
    pub(super) weights: Vec<i16>,
    /// `[knot][channel]`.
    bias: Vec<i32>,
}

impl PackedDepthwise {
    /// Packs a layer whose fields have been checked: weights `[tap][channel]`, bias `[knot][channel]`.
    pub(in crate::nn) fn new(
        channels: usize,
        requantise: Requantise,
        weights: &impl Weights,
        bias: Vec<i32>,
    ) -> Self {
        Self {
            channels,
            requantise,
            weights: weights.all().collect(),
            bias,
        }
    }

    /// Input and output channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// What accumulators start from at a quality: bias plus the rounding of the shift.
    #[must_use]
    pub fn start(&self, quality: u16) -> Vec<i32> {
        self.requantise.start(&self.bias, self.channels, quality)
    }
}

/// A depthwise convolution at a list of positions. Holding one proves that every read is inside `input`.
#[derive(Clone, Copy)]
pub struct DepthwiseCall<'a> {
    pub(super) layer: &'a PackedDepthwise,
    pub(super) start: &'a [i32],
    pub(super) input: &'a [i16],
    pub(super) bases: &'a [u32],
    pub(super) taps: &'a [u32],
}

impl<'a> DepthwiseCall<'a> {
    /// `bases[i]` is the offset in `input` of the first channel of output position i's top-left tap; `taps` are added to it.
    /// `start` comes from [`PackedDepthwise::start`].
    ///
    /// # Panics
    /// If lengths disagree or any read would leave `input`.
    #[must_use]
    pub fn new(
        layer: &'a PackedDepthwise,
        start: &'a [i32],
        input: &'a [i16],
        bases: &'a [u32],
        taps: &'a [u32],
    ) -> Self {
        assert_eq!(start.len(), layer.channels, "accumulator starts");
        assert_eq!(taps.len(), TAPS, "taps");
        assert_eq!(layer.weights.len(), TAPS * layer.channels, "weights");
        prove_inside("depthwise convolution", input, bases, taps, layer.channels);
        Self {
            layer,
            start,
            input,
            bases,
            taps,
        }
    }

    pub(super) fn channels(&self) -> usize {
        self.layer.channels
    }

    /// Runs it: `output` is `[position][channel]`, `clamp(act(rshift(Σ w·a + b, shift)))`.
    ///
    /// The bits do not depend on `kernels` nor on the number of threads.
    ///
    /// # Panics
    /// If `output` has the wrong length.
    pub fn run(&self, kernels: Kernels, output: &mut [i16]) {
        let channels = self.layer.channels;
        assert_eq!(output.len(), self.bases.len() * channels, "output length");
        if self.bases.len() <= CHUNK {
            return (kernels.depthwise)(self, output);
        }
        output
            .par_chunks_mut(CHUNK * channels)
            .zip(self.bases.par_chunks(CHUNK))
            .for_each(|(output, bases)| (kernels.depthwise)(&Self { bases, ..*self }, output));
    }
}
