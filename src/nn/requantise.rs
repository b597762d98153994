//! What becomes of an accumulator: it starts at the bias and ends shifted, rounded, activated and clamped.

use crate::quality::interpolate;

/// What follows a convolution's requantisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None,
    /// `max(x, 0)`.
    Relu,
}

/// `clamp(act(rshift(x, shift)))` of an accumulator x, in the form that kernels want.
#[derive(Debug, Clone, Copy)]
pub(super) struct Requantise {
    pub(super) shift: u32,
    /// Lower clamp, which is also all that ReLU is.
    pub(super) low: i32,
    pub(super) high: i32,
}

impl Requantise {
    /// The requantisation of a layer whose fields have been checked: `shift` up to 30, `clamp_bits` 1 to 15.
    pub(super) fn new(shift: u8, activation: Activation, clamp_bits: u8) -> Self {
        let high = (1 << clamp_bits) - 1;
        Self {
            shift: shift.into(),
            low: match activation {
                Activation::None => -high,
                Activation::Relu => 0,
            },
            high,
        }
    }

    /// What the accumulators of `channels` outputs start from at a quality: bias plus the rounding of the shift. `bias` is `[knot][output]`.
    pub(super) fn start(self, bias: &[i32], channels: usize, quality: u16) -> Vec<i32> {
        let rounding = (1 << self.shift) >> 1;
        (0..channels)
            .map(|c| interpolate(bias, channels, c, quality) as i32 + rounding)
            .collect()
    }

    /// The value of an accumulator, which the rounding is part of.
    pub(super) fn apply(self, sum: i32) -> i16 {
        (sum >> self.shift).clamp(self.low, self.high) as i16
    }
}
