//! What is expected at a position, of all channels of a coding step together.
//!
//! Most labels are certainly 0: nothing is read for them, and all that their latents take is worked out here, channel after channel without a branch.

use super::across::{said, Said};
use super::adaptation::Adaptation;
use super::correction::Correction;
use super::pair::{Ahead, LabelSource, PairIndex, Place, Prediction};
use super::predictor::Predictor;
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
    /// What the labels of the position add to it.
    pub(super) beyond: Vec<i32>,
    /// What the channels are when they have been coded: v̂, Q6 quantiser steps.
    pub(super) values: Vec<i32>,
    /// The same as latents ŷ, Q3.
    pub(super) latents: Vec<i16>,
    /// What the labels that are not 0 say of other channels, and sums of it.
    said: Vec<Said>,
    sums: Vec<i32>,
}

impl Expected {
    /// Codes the labels of a position, and gives its values and latents; `state` is that before the first label, and after the last one.
    ///
    /// # Errors
    /// Those of `labels`.
    pub(super) fn code<S: LabelSource>(
        &mut self,
        quantiser: &Quantiser,
        predictor: &mut Predictor,
        correction: &mut Correction,
        place: Place,
        labels: &mut S,
        state: &mut State,
    ) -> Result<()> {
        let Place { kind, position, .. } = place;
        self.beyond.clear();
        self.beyond.resize(self.means.len(), 0);
        self.said.clear();
        correction.begin_position(position, predictor.parity);
        predictor.begin_position(position, self);
        labels.begin_position(&Ahead {
            quantiser,
            predictor,
            correction,
            expected: self,
            place,
            state: *state,
        });
        for index in 0..self.scales.len() / 2 {
            let channels = [2 * index, 2 * index + 1];
            let scales = channels.map(|c| self.scales[c]);
            if scales == [0; 2] {
                continue;
            }
            let pair = self.first / 2 + index;
            let p = Prediction::new(correction, pair, self.adaptation, scales, *state);
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
            for (c, codeword) in channels.into_iter().zip(codewords) {
                if codeword != 0 {
                    self.beyond[c] = self.adaptation.expand(codeword.into()) as i32;
                    self.said.push(Said::new(c, self.beyond[c]));
                }
            }
        }
        if let (Some(across), false) = (&predictor.across, self.said.is_empty()) {
            across.add_up(&self.said, &mut self.sums);
            for (beyond, &sum) in self.beyond.iter_mut().zip(&self.sums) {
                *beyond += said(sum);
            }
        }
        correction.end_position(position);
        quantiser.settle(self);
        predictor.end_position(position, self);
        labels.end_position(quantiser, self, kind, position);
        Ok(())
    }
}
