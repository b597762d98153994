//! Gradient descent with momentum, and the best that it came by.
//!
//! What latents cost once they are coded is noisy: the least move may lead another way through the states of the quantiser, and all labels after it
//! differ. So a move that has not paid is not taken back; moves get smaller, and what was best is kept.

use super::plane::Plane;
use super::CodedTile;

/// How latents are moved. What gains most was measured (docs/notes/generation-2.md).
pub(super) struct Pace {
    /// How often.
    iterations: usize,
    /// How much of a Newton step the first move is.
    rate: f32,
    /// By how much of it the last one is less.
    fall: f32,
    /// How much of the move before is repeated.
    momentum: f32,
}

impl Pace {
    /// `squares`: nothing but the squared error counts. Its curvatures are known, while SSIMULACRA2's are only guessed.
    pub(super) fn new(squares: bool) -> &'static Self {
        match squares {
            false => &Self {
                iterations: 10,
                rate: 0.012,
                fall: 0.7,
                momentum: 0.4,
            },
            true => &Self {
                iterations: 16,
                rate: 0.06,
                fall: 0.9,
                momentum: 0.2,
            },
        }
    }

    /// How often latents are moved.
    pub(super) fn iterations(&self) -> usize {
        self.iterations
    }
}

/// Where the latents are, and the best so far.
pub(super) struct Descent {
    /// Latents to try, Q3.
    pub(super) target: Plane,
    velocity: Vec<f32>,
    pace: &'static Pace,
    /// How often latents have been moved.
    moves: usize,
    best: Option<(f64, CodedTile)>,
}

impl Descent {
    /// Begins at `target`.
    pub(super) fn new(target: Plane, pace: &'static Pace) -> Self {
        Self {
            velocity: vec![0.0; target.data.len()],
            target,
            pace,
            moves: 0,
            best: None,
        }
    }

    /// What has become of the latents tried, and its cost.
    pub(super) fn tried(&mut self, cost: f64, coded: CodedTile) {
        if self.best.as_ref().is_none_or(|&(least, _)| cost < least) {
            self.best = Some((cost, coded));
        }
    }

    /// Whether latents have been moved as often as they should be.
    pub(super) fn is_done(&self) -> bool {
        self.moves == self.pace.iterations
    }

    /// The best files found.
    pub(super) fn finish(self) -> CodedTile {
        self.best.expect("the first latents are the best so far").1
    }

    /// Moves the latents; `direction` is the Newton step from where they are.
    pub(super) fn go_on(&mut self, direction: impl Iterator<Item = f32>) {
        let pace = self.pace;
        let done = self.moves as f32 / pace.iterations as f32;
        let rate = pace.rate * (1.0 - pace.fall * done);
        self.moves += 1;
        let values = self.target.data.iter_mut().zip(&mut self.velocity);
        for ((value, velocity), direction) in values.zip(direction) {
            *velocity = *velocity * pace.momentum + direction * rate;
            *value += *velocity;
        }
    }
}
