//! The depthwise 3×3 convolution: every channel has a kernel of its own, so that neighbours mix but channels do not.

use rayon::prelude::*;

use super::{scalar, simd, Level};
use crate::model::{interpolate, Activation, Depthwise, Weights};

/// Weights of a kernel: 3×3.
pub(super) const TAPS: usize = 9;
/// Positions per piece of work for one thread.
const CHUNK: usize = 1024;

/// A depthwise convolution ready to run.
#[derive(Debug, Clone)]
pub struct PackedDepthwise {
    pub(super) channels: usize,
    pub(super) shift: u32,
    /// Lower clamp, which is also all that ReLU is.
    pub(super) low: i32,
    pub(super) high: i32,
    /// `[tap][channel]`.
    pub(super) weights: Vec<i16>,
    /// `[knot][channel]`.
    bias: Vec<i32>,
}

impl PackedDepthwise {
    /// Packs a layer whose fields have been checked ([`super::Prepared`] does).
    #[must_use]
    pub fn new<W: Weights>(layer: &Depthwise<W>) -> Self {
        let high = (1 << layer.clamp_bits) - 1;
        Self {
            channels: usize::from(layer.channels),
            shift: layer.shift.into(),
            low: match layer.activation {
                Activation::None => -high,
                Activation::Relu => 0,
            },
            high,
            weights: layer.weights.range(0..layer.weights.count()).collect(),
            bias: layer.bias.clone(),
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
        let rounding = (1 << self.shift) >> 1;
        (0..self.channels)
            .map(|c| interpolate(&self.bias, self.channels, c, quality) as i32 + rounding)
            .collect()
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
        let max = |list: &[u32]| list.iter().copied().max().unwrap_or(0) as usize;
        let end = max(bases)
            .checked_add(max(taps))
            .and_then(|end| end.checked_add(layer.channels));
        assert!(
            bases.is_empty() || end.is_some_and(|end| end <= input.len()),
            "depthwise convolution reads up to {end:?} of {} values",
            input.len()
        );
        Self {
            layer,
            start,
            input,
            bases,
            taps,
        }
    }
}

/// Runs a call: `output` is `[position][channel]`, `clamp(act(rshift(Σ w·a + b, shift)))`.
///
/// The bits do not depend on `level` nor on the number of threads.
///
/// # Panics
/// If `output` has the wrong length or the CPU lacks `level`.
pub fn depthwise(level: Level, call: &DepthwiseCall, output: &mut [i16]) {
    let channels = call.layer.channels;
    assert_eq!(output.len(), call.bases.len() * channels, "output length");
    let run = |output: &mut [i16], bases: &[u32]| {
        let call = DepthwiseCall { bases, ..*call };
        match level {
            Level::Scalar => scalar::depthwise(&call, 0..channels, output),
            _ => simd::depthwise(level, &call, output),
        }
    };
    if call.bases.len() <= CHUNK {
        return run(output, call.bases);
    }
    output
        .par_chunks_mut(CHUNK * channels)
        .zip(call.bases.par_chunks(CHUNK))
        .for_each(|(output, bases)| run(output, bases));
}
