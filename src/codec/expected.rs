//! What is expected at a position, of all channels of a coding step together.
//!
//! Most labels are certainly 0: nothing is read for them, and all that their latents take is worked out here, channel after channel without a branch.

use super::adaptation::Adaptation;
use super::correction::Correction;
use super::pair::{LabelSource, LatentKind, PairIndex, Prediction};
use super::quantiser::Quantiser;
use crate::Result;

/// See the module. Made by [`Quantiser::expect`], and made again for the next position.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// The first channel.
    pub(super) first: usize,
    pub(super) adaptation: Adaptation,
    /// Numbers of the frequency tables, before they are corrected. 0: the label is certainly 0.
    pub(super) tables: Vec<u16>,
    /// μ, Q6 quantiser steps.
    pub(super) means: Vec<i32>,
    /// What the channels are if all labels are 0, and when they have been coded what they are: v̂, Q6 quantiser steps.
    pub(super) values: Vec<i32>,
    /// The same as latents ŷ, Q3.
    pub(super) latents: Vec<i16>,
}

impl Expected {
    /// Codes the labels at `position`, and gives its latents.
    ///
    /// # Errors
    /// Those of `labels`.
    pub(super) fn code<S: LabelSource>(
        &mut self,
        quantiser: &Quantiser,
        correction: &mut Correction,
        (kind, position): (LatentKind, usize),
        labels: &mut S,
    ) -> Result<()> {
        correction.begin_position();
        for index in 0..self.tables.len() / 2 {
            let channels = [2 * index, 2 * index + 1];
            let tables = channels.map(|c| self.tables[c]);
            if S::SKIPS_CERTAIN && tables == [0; 2] {
                continue;
            }
            let pair = self.first / 2 + index;
            let means = channels.map(|c| self.means[c]);
            let p = Prediction::new(correction, pair, self.adaptation, means, tables);
            let at = PairIndex {
                kind,
                position,
                pair,
            };
            let word = match labels.next_pair(quantiser, at, &p)? {
                Some(chosen) => {
                    p.learn(correction, pair, chosen);
                    if chosen == [0; 2] {
                        continue;
                    }
                    quantiser.codeword(pair, chosen)
                }
                // What is lost is taken to be what was expected.
                None => [0; 2],
            };
            for (c, value) in channels.into_iter().zip(p.values(word)) {
                self.values[c] = value as i32;
                self.latents[c] = quantiser.dequantise(self.first + c, value);
            }
        }
        Ok(())
    }
}
