//! Gradient descent with momentum, and the best that it came by.
//!
//! What latents cost once they are coded is noisy: the least move may lead another way through the states of the quantiser, and all labels after it
//! differ. So a move that has not paid is not taken back; moves get smaller, and what was best is kept.

use super::plane::Plane;
use super::{Coded, ITERATIONS};

/// How much of a Newton step the first move is.
const RATE: f32 = 0.012;
/// By how much of it the last one is less.
const FALL: f32 = 0.7;
/// How much of the move before is repeated.
const MOMENTUM: f32 = 0.4;

/// Where the latents are, and the best so far.
pub(super) struct Descent {
    /// Latents to try, Q3.
    pub(super) target: Plane,
    velocity: Vec<f32>,
    /// How often latents have been moved.
    pub(super) iterations: usize,
    best: Option<(f64, Coded)>,
}

impl Descent {
    /// Begins at `target`.
    pub(super) fn new(target: Plane) -> Self {
        Self {
            velocity: vec![0.0; target.data.len()],
            target,
            iterations: 0,
            best: None,
        }
    }

    /// What has become of the latents tried, and its cost.
    pub(super) fn tried(&mut self, cost: f64, coded: Coded) {
        if self.best.as_ref().is_none_or(|&(least, _)| cost < least) {
            self.best = Some((cost, coded));
        }
    }

    /// The best files found.
    pub(super) fn finish(self) -> Coded {
        self.best.expect("the first latents are the best so far").1
    }

    /// Moves the latents; `direction` is the Newton step from where they are.
    pub(super) fn go_on(&mut self, direction: impl Iterator<Item = f32>) {
        let done = self.iterations as f32 / ITERATIONS as f32;
        let rate = RATE * (1.0 - FALL * done);
        self.iterations += 1;
        let values = self.target.data.iter_mut().zip(&mut self.velocity);
        for ((value, velocity), direction) in values.zip(direction) {
            *velocity = *velocity * MOMENTUM + direction * rate;
            *value += *velocity;
        }
    }
}
