//! Quantiser steps that grow with what the context model expects (SPEC.md section 8.6).

use super::quantiser::rshift;
use crate::model::ADAPTATION;

/// How much larger than the channels' own the quantiser steps at a position are: the octave in [`crate::model::SCALES_PER_OCTAVE`] parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Adaptation {
    exponent: i32,
    /// 2 to the exponent / 8, Q12.
    factor: i64,
    /// 1 / factor, Q24.
    inverse: i64,
}

impl Default for Adaptation {
    fn default() -> Self {
        Self::NONE
    }
}

impl Adaptation {
    /// The channels' own steps as they are.
    pub const NONE: Self = Self::by(0);
    /// 2^(n/8), Q12, for n = −4 … 8.
    const FACTORS: [i64; (*ADAPTATION.end() - *ADAPTATION.start()) as usize + 1] = [
        2896, 3158, 3444, 3756, 4096, 4467, 4871, 5312, 5793, 6317, 6889, 7512, 8192,
    ];

    /// The adaptation for log2 σ (Q10, normalised units) of a coding step's channels; see [`crate::model::ContextStep`].
    pub fn new(log_scales: &[i16], activity: i16, adaptation: u16) -> Self {
        // At most 4,096 channels: 32 bits are enough, and vectors of them are added at once.
        let above = |&v: &i16| i32::from(v) - i32::from(activity);
        let sum = i64::from(log_scales.iter().map(above).sum::<i32>());
        let (low, high) = ((*ADAPTATION.start()).into(), (*ADAPTATION.end()).into());
        Self::by(rshift(sum * i64::from(adaptation), 24).clamp(low, high) as i32)
    }

    const fn by(exponent: i32) -> Self {
        let factor = Self::FACTORS[(exponent - *ADAPTATION.start()) as usize];
        Self {
            exponent,
            factor,
            inverse: (1 << 36) / factor,
        }
    }

    /// By how many frequency tables labels are narrower for it.
    pub fn exponent(self) -> i32 {
        self.exponent
    }

    /// Converts from adapted steps to the channels' own (Q6).
    #[inline]
    pub fn expand(self, value: i64) -> i64 {
        rshift(value * self.factor, 12)
    }

    /// How many of the channels' own steps an adapted step is.
    pub fn ratio(self) -> f32 {
        self.factor as f32 / 4096.0
    }

    /// Converts the other way. This is for encoders only, since both ways round.
    #[inline(always)]
    pub fn reduce(self, value: i64) -> i64 {
        (value * self.inverse) >> 24
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adaptation_is_bounded_and_nearly_undone() {
        assert_eq!(Adaptation::new(&[500, -500], 0, 65_535), Adaptation::NONE);
        assert_eq!(Adaptation::new(&[-1024; 4], 0, 32_768), Adaptation::by(-4));
        assert_eq!(Adaptation::new(&[1024; 4], 512, 32_768), Adaptation::by(4));
        assert_eq!(
            Adaptation::new(&[i16::MAX; 9], -9, 65_535),
            Adaptation::by(8)
        );
        assert_eq!(Adaptation::by(8).expand(64), 128);
        for n in ADAPTATION {
            let exact = f64::from(n) / 8.0;
            assert_eq!(
                Adaptation::by(n).factor,
                (exact.exp2() * 4096.0).round() as i64
            );
            let back = Adaptation::by(n).reduce(Adaptation::by(n).expand(64_000));
            assert!((back - 64_000).abs() < 16, "{n}: {back}");
        }
    }
}
