//! What the values of a tensor may be, as far as the layers before say.

use super::Activation;

/// From −(2^bits − 1), or from 0, to 2^bits − 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Values {
    bits: u8,
    signed: bool,
}

impl Values {
    /// Within ±(2^`bits` − 1), 1 to 15 bits.
    pub(crate) const fn within(bits: u8) -> Self {
        Self { bits, signed: true }
    }

    /// What a convolution gives.
    pub(crate) const fn clamped(bits: u8, activation: Activation) -> Self {
        Self {
            bits,
            signed: matches!(activation, Activation::None),
        }
    }

    pub(super) fn bits(self) -> u8 {
        self.bits
    }

    pub(crate) fn lowest(self) -> i32 {
        match self.signed {
            true => -self.highest(),
            false => 0,
        }
    }

    pub(crate) fn highest(self) -> i32 {
        (1 << self.bits) - 1
    }

    /// Whether there are no more of them than a byte can tell apart.
    pub(crate) fn fit_byte(self) -> bool {
        self.highest() - self.lowest() <= 255
    }
}
