//! What is expected at a position, of all channels of a coding step together.
//!
//! Most labels are certainly 0: nothing is read for them, and all that their latents take is worked out here, channel after channel without a branch.

use super::adaptation::Adaptation;
use super::correction::Correction;
use super::pair::{Ahead, LabelSource, LatentKind, PairIndex, Prediction};
use super::quantiser::Quantiser;
use super::trellis::State;
use crate::Result;

/// See the module. Made by [`Quantiser::expect`], and made again for the next position.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// The first channel.
    pub(super) first: usize,
    pub(super) adaptation: Adaptation,
    /// Scales of the labels, before they are corrected. 0: the label is certainly 0.
    pub(super) scales: Vec<u16>,
    /// μ, Q6 quantiser steps.
    pub(super) means: Vec<i32>,
    /// What the channels are if all labels are 0, and when they have been coded what they are: v̂, Q6 quantiser steps.
    pub(super) values: Vec<i32>,
    /// The same as latents ŷ, Q3.
    pub(super) latents: Vec<i16>,
}

impl Expected {
    /// Codes the labels at `position`, and gives its latents; `state` is that before the first label, and after the last one.
    ///
    /// # Errors
    /// Those of `labels`.
    pub(super) fn code<S: LabelSource>(
        &mut self,
        quantiser: &Quantiser,
        correction: &mut Correction,
        (kind, position): (LatentKind, usize),
        labels: &mut S,
        state: &mut State,
    ) -> Result<()> {
        correction.begin_position();
        labels.begin_position(&Ahead {
            quantiser,
            correction,
            expected: self,
            kind,
            position,
            state: *state,
        });
        for index in 0..self.scales.len() / 2 {
            let channels = [2 * index, 2 * index + 1];
            let scales = channels.map(|c| self.scales[c]);
            if scales == [0; 2] {
                continue;
            }
            let pair = self.first / 2 + index;
            let means = channels.map(|c| self.means[c]);
            let p = Prediction::new(correction, pair, self.adaptation, means, scales, *state);
            let at = PairIndex {
                kind,
                position,
                pair,
            };
            // What is lost is taken to be what was expected.
            let Some(chosen) = labels.next_pair(quantiser, at, &p)? else {
                continue;
            };
            let (codewords, after) = p.take(quantiser, correction, pair, chosen);
            *state = after;
            if chosen == [0; 2] {
                continue;
            }
            for (c, value) in channels.into_iter().zip(p.values(codewords)) {
                self.values[c] = value as i32;
                self.latents[c] = quantiser.dequantise(self.first + c, value);
            }
        }
        labels.end_position(quantiser, self, kind, position);
        Ok(())
    }
}
