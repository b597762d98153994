//! What is known of the tensor between two layers while a network is checked, and the proof that no accumulator overflows.

use crate::check::check_range;
use crate::nn::Values;

/// Most channels of any tensor.
pub(in crate::nn) const MAX_CHANNELS: usize = 4096;
/// Bits of a value bounded only by i16, leaving out −32768.
pub(in crate::nn) const FULL_BITS: u8 = 15;
/// Largest factor between the resolutions of a tensor and the network's input, either way.
const MAX_SCALE: usize = 64;

/// Output positions per input position along one axis, in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale {
    pub(crate) up: usize,
    pub(crate) down: usize,
}

impl Scale {
    pub(crate) fn new(up: usize, down: usize) -> Self {
        let (mut a, mut b) = (up, down);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Self {
            up: up / a,
            down: down / a,
        }
    }

    fn area(self) -> f64 {
        (self.up as f64 / self.down as f64).powi(2)
    }
}

/// What is known of the tensor between two layers, and of the layers before.
#[derive(Debug)]
pub(in crate::nn) struct State {
    pub(in crate::nn) channels: usize,
    pub(in crate::nn) values: Values,
    pub(in crate::nn) scale: Scale,
    /// Channels of the remembered tensor.
    pub(in crate::nn) saved: Option<usize>,
    /// Multiply-accumulates per position of the network's input.
    pub(in crate::nn) macs: f64,
    /// Weights, biases and gains.
    pub(in crate::nn) parameters: u64,
    /// Layers so far.
    layers: usize,
    /// Whether the first of them is a convolution.
    begins: bool,
    /// How many see neighbours.
    reaching: usize,
    /// Whether what they see forbids to run the network at single positions.
    scattered: bool,
}

impl State {
    /// The state of a network's input.
    pub(in crate::nn) fn new(channels: usize, bits: u8) -> Self {
        Self {
            channels,
            values: Values::within(bits),
            scale: Scale::new(1, 1),
            saved: None,
            macs: 0.0,
            parameters: 0,
            layers: 0,
            begins: false,
            reaching: 0,
            scattered: false,
        }
    }

    /// The resolution becomes `up` / `down` of what it was. Factors stay small, so that windows of any picture keep fitting i32 coordinates.
    pub(super) fn rescale(&mut self, up: usize, down: usize) -> Result<(), String> {
        if self.saved.is_some() {
            return Err("the resolution changes between Save and AddSaved".into());
        }
        self.scattered = true;
        self.scale = Scale::new(self.scale.up * up, self.scale.down * down);
        check_range("upscaling", self.scale.up, 1, MAX_SCALE)?;
        check_range("downscaling", self.scale.down, 1, MAX_SCALE)?;
        Ok(())
    }

    /// The present layer is a convolution of either kind: `macs` at every position of the present tensor, `parameters` in all.
    pub(super) fn convolution(&mut self, macs: usize, parameters: usize, sees_neighbours: bool) {
        self.macs += macs as f64 * self.scale.area();
        self.parameters += parameters as u64;
        self.begins |= self.layers == 0;
        if sees_neighbours {
            self.reaching += 1;
            self.scattered |= self.reaching > 1 || self.saved.is_some();
        }
    }

    /// Goes on to the next layer.
    pub(in crate::nn) fn next(&mut self) {
        self.layers += 1;
    }

    /// Whether the network can be run at single positions: it begins with a convolution of either kind, keeps the resolution, and has
    /// at most one layer that sees neighbours, which is not between a Save and its AddSaved.
    pub(in crate::nn) fn can_run_at_positions(&self) -> bool {
        self.begins && !self.scattered
    }

    /// Σ|w|·max|a| + max|b| + rounding < 2³¹ for every output channel: then no partial sum, in any order, leaves i32.
    ///
    /// `weights` gives those of an output channel, `bias` is `[knot][output]`.
    pub(super) fn prove<I: Iterator<Item = i16>>(
        &self,
        weights: impl Fn(usize) -> I,
        bias: &[i32],
        outputs: usize,
        shift: u8,
    ) -> Result<(), String> {
        let rounding = (1u64 << shift) >> 1;
        for channel in 0..outputs {
            let weight: u64 = weights(channel).map(|w| u64::from(w.unsigned_abs())).sum();
            let bias = bias[channel..]
                .iter()
                .step_by(outputs)
                .map(|b| u64::from(b.unsigned_abs()))
                .max()
                .unwrap_or(0);
            let bound = weight * self.values.highest() as u64 + bias + rounding;
            if bound >= 1 << 31 {
                return Err(format!(
                    "output channel {channel}: the accumulator may reach {bound}, the limit is {}",
                    (1u64 << 31) - 1
                ));
            }
        }
        Ok(())
    }
}
