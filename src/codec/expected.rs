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
    /// The latents ŷ (Q3) if all labels are 0.
    pub(super) rest: Vec<i16>,
}

impl Expected {
    /// Codes the labels at `position`, and gives its latents.
    ///
    /// # Errors
    /// Those of `labels`.
    pub(super) fn code<S: LabelSource>(
        &self,
        quantiser: &Quantiser,
        correction: &mut Correction,
        (kind, position): (LatentKind, usize),
        labels: &mut S,
        latents: &mut [i16],
    ) -> Result<()> {
        latents.copy_from_slice(&self.rest);
        correction.begin_position();
        let tables = self.tables.chunks_exact(2).zip(self.means.chunks_exact(2));
        for ((index, latents), (tables, means)) in
            latents.chunks_exact_mut(2).enumerate().zip(tables)
        {
            if S::SKIPS_CERTAIN && tables[0] | tables[1] == 0 {
                continue;
            }
            let pair = self.first / 2 + index;
            let p = Prediction::new(
                correction,
                pair,
                self.adaptation,
                [means[0], means[1]],
                [tables[0], tables[1]],
            );
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
            latents.copy_from_slice(&p.latents(quantiser, pair, word));
        }
        Ok(())
    }
}
