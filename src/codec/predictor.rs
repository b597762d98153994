//! What is predicted in a coding step besides what its network says: what is missed nearby, and what channels say of one another.

use std::ops::Range;

use super::across::Across;
use super::expected::Expected;
use super::feedback::Feedback;
use super::quantiser::Quantiser;
use crate::model::{LinearPrediction, Parity};
use crate::nn::Kernels;

/// The linear prediction of a coding step, while a tile is coded.
pub(super) struct Predictor<'m> {
    pub(super) parity: Parity,
    feedback: Option<Feedback<'m>>,
    pub(super) across: Option<Across>,
}

impl<'m> Predictor<'m> {
    /// For some channels of `quantiser`, in a tile of `extent` positions.
    pub(super) fn new(
        prediction: &'m LinearPrediction,
        (channels, parity): (Range<usize>, Parity),
        extent: (usize, usize),
        quantiser: &Quantiser,
        kernels: Kernels,
    ) -> Self {
        let LinearPrediction { feedback, across } = prediction;
        Self {
            parity,
            feedback: Feedback::new(feedback, extent, parity),
            across: Across::new(across, channels, quantiser, kernels),
        }
    }

    /// Of hyper-latents, of which nothing else is known.
    pub(super) fn none() -> Self {
        Self {
            parity: Parity::All,
            feedback: None,
            across: None,
        }
    }

    /// Adds to the means of a position what was missed nearby.
    pub(super) fn begin_position(&mut self, position: usize, expected: &mut Expected) {
        if let Some(feedback) = &mut self.feedback {
            feedback.apply(position, expected);
        }
    }

    /// Whether what a position's channels turn out to be changes what is expected at the next one.
    pub(super) fn listens(&self) -> bool {
        self.feedback.is_some()
    }

    /// Adds to the means of a position what would be missed nearby if the position `before` it had been missed by `errors`, Q6 quantiser steps.
    pub(super) fn foresee(
        &self,
        position: usize,
        before: (usize, &[i32]),
        expected: &mut Expected,
    ) {
        if let Some(feedback) = &self.feedback {
            feedback.foresee(position, before, expected);
        }
    }

    /// Learns from what the channels of the position have turned out to be.
    pub(super) fn end_position(&mut self, position: usize, expected: &Expected) {
        if let Some(feedback) = &mut self.feedback {
            feedback.learn(position, &expected.values);
        }
    }
}
