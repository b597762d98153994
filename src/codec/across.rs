//! Prediction across channels: what a position's labels say of the channels after theirs (SPEC.md section 8.8).
//!
//! A coding step's network expects all channels of a position at once, so that it cannot know how one of them turns out when it speaks of the
//! next. What one has beyond its mean moves the means of those after it, linearly, with weights that were learned. Labels are read without the
//! means, so that a decoder adds all of it up when a position's labels are there.

use std::ops::Range;

use super::quantiser::Quantiser;
use crate::nn::Kernels;

/// Largest weight, Q8.
const WEIGHT_MAX: i32 = 1023;
/// Largest part of what a label says that counts: 128 quantiser steps, Q6. With 255 channels before it, a channel's sum fits 32 bits.
const SAID_MAX: i32 = 8191;

/// The weights of a coding step at a quality: quantiser steps per quantiser step, Q8.
pub(super) struct Across {
    channels: usize,
    /// `[channel][those after it]`.
    columns: Vec<i16>,
    kernels: Kernels,
}

/// What the label of a channel says: the channel, counted from the first one of its step, and what it has beyond its mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub(super) channel: usize,
    /// Q6 quantiser steps, [`limited`].
    pub(super) beyond: i16,
}

impl Said {
    /// `beyond`: Q6 quantiser steps.
    #[inline]
    pub(super) fn new(channel: usize, beyond: i32) -> Self {
        Self {
            channel,
            beyond: limited(beyond),
        }
    }
}

/// As much of what a channel has beyond its mean (Q6 quantiser steps) as counts.
#[inline]
pub(super) fn limited(beyond: i32) -> i16 {
    beyond.clamp(-SAID_MAX, SAID_MAX) as i16
}

impl Across {
    /// `None` if there are no weights; `weights` as in [`crate::model::LinearPrediction`], for `range` of the quantiser's channels.
    pub(super) fn new(
        weights: &[i16],
        range: Range<usize>,
        quantiser: &Quantiser,
        kernels: Kernels,
    ) -> Option<Self> {
        if weights.is_empty() {
            return None;
        }
        let channels = range.len();
        let unit = |channel: usize| i32::from(quantiser.step(range.start + channel));
        let mut columns = vec![0; weights.len()];
        let mut weights = weights.iter();
        for to in 1..channels {
            let by = 16 * unit(to);
            for (from, &weight) in (0..to).zip(&mut weights) {
                // At most 2^14 · 2^16.
                let weight = i32::from(weight) * unit(from) + by / 2;
                let weight = weight.div_euclid(by).clamp(-WEIGHT_MAX, WEIGHT_MAX);
                columns[column(from, channels) + to - from - 1] = weight as i16;
            }
        }
        Some(Self {
            channels,
            columns,
            kernels,
        })
    }

    /// What labels say of each channel of a position: Q6 quantiser steps, before a division by 2^8.
    pub(super) fn add_up(&self, said: &[Said], sums: &mut Vec<i32>) {
        sums.clear();
        sums.resize(self.channels, 0);
        let (columns, channels, sums) = (&self.columns[..], self.channels, &mut sums[..]);
        self.kernels.vectorise(move || {
            for &Said { channel, beyond } in said {
                let start = column(channel, channels);
                let after = &mut sums[channel + 1..];
                let weights = &columns[start..][..after.len()];
                for (sum, &weight) in after.iter_mut().zip(weights) {
                    *sum += i32::from(weight) * i32::from(beyond);
                }
            }
        });
    }

    /// Adds what one label says of the channels after its own to `sums`.
    #[inline(always)]
    pub(super) fn add(&self, said: Said, sums: &mut [i32]) {
        let start = column(said.channel, self.channels);
        let after = &mut sums[said.channel + 1..];
        let weights = &self.columns[start..][..after.len()];
        self.kernels.vectorise(move || {
            for (sum, &weight) in after.iter_mut().zip(weights) {
                *sum += i32::from(weight) * i32::from(said.beyond);
            }
        });
    }

    /// Where the weights of a channel are, for [`Self::weight`].
    pub(super) fn place(&self, channel: usize) -> usize {
        column(channel, self.channels).wrapping_sub(channel + 1)
    }

    /// The weight at such a place for a later channel.
    #[inline]
    pub(super) fn weight(&self, place: usize, channel: usize) -> i16 {
        self.columns[place.wrapping_add(channel)]
    }
}

/// Q6 quantiser steps of a sum.
#[inline]
pub(super) fn said(sum: i32) -> i32 {
    (sum + 128) >> 8
}

/// Where the weights of a channel for those after it begin.
#[inline]
fn column(channel: usize, channels: usize) -> usize {
    channel * (2 * channels - channel - 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Codewords;
    use crate::testing::tiny;

    fn sums(weights: [i16; 3], steps: [u16; 3], said: &[Said]) -> Vec<i32> {
        let mut block = tiny(1).y;
        block.step = steps.into();
        block.channels = 3;
        for table in [&mut block.gain, &mut block.mean_gain, &mut block.norm] {
            *table = vec![1; 3];
        }
        block.log_scale = vec![0; 3];
        let codewords = Codewords::new(&[Vec::new(), Vec::new()], 36);
        let quantiser = Quantiser::new(&block, &codewords, 0, 0, 9, Kernels::SCALAR);
        let across = Across::new(&weights, 0..3, &quantiser, Kernels::SCALAR).unwrap();
        let mut sums = Vec::new();
        across.add_up(said, &mut sums);
        sums
    }

    /// A half, minus a quarter, an eighth; steps of 1, 2 and 4 units.
    #[test]
    fn labels_say_something_of_later_channels_in_their_steps() {
        let weights = [2048, -1024, 512];
        let [first, second] = [Said::new(0, 64), Said::new(1, -128)];
        let of = |said: &[Said]| sums(weights, [256, 512, 1024], said);
        assert_eq!(of(&[first]), [0, 64 * 256 / 4, -64 * 256 / 16]);
        assert_eq!(of(&[second]), [0, 0, -128 * 256 / 16]);
        assert_eq!(of(&[first, second]), [0, 4096, -1024 - 2048]);
        assert_eq!(said(4096), 16);
        assert_eq!(said(-128), 0);
        assert_eq!(said(-129), -1);
    }

    #[test]
    fn weights_and_what_is_said_are_bounded() {
        let most = Said::new(0, 1 << 25);
        let extreme = sums([16_384, -16_384, 0], [65_535, 1, 1], &[most]);
        assert_eq!(extreme, [0, 1023 * 8191, -1023 * 8191]);
        // A half of a 256th is rounded up, below 0 too.
        let rounded = sums([8, -8, -9], [256; 3], &[Said::new(0, 1), Said::new(1, 1)]);
        assert_eq!(rounded, [0, 1, -1]);
    }
}
