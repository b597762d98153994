//! Gradient descent with momentum that keeps the best it has found.

use super::plane::Plane;
use super::Coded;

/// How much of a Newton step a move is.
const RATE: f32 = 0.06;
/// How much of the move before is repeated.
const MOMENTUM: f32 = 0.7;

/// The best latents so far, and where to go from there.
pub(super) struct Descent {
    /// Latents to try, Q3.
    pub(super) target: Plane,
    velocity: Vec<f32>,
    rate: f32,
    /// How often latents have been moved.
    pub(super) iterations: usize,
    best: Option<Best>,
}

struct Best {
    cost: f64,
    coded: Coded,
    target: Plane,
    /// The Newton step downhill.
    direction: Vec<f32>,
}

impl Descent {
    /// Begins at `target`.
    pub(super) fn new(target: Plane) -> Self {
        Self {
            velocity: vec![0.0; target.data.len()],
            target,
            rate: RATE,
            iterations: 0,
            best: None,
        }
    }

    /// Whether what the latents tried cost is less than all before.
    pub(super) fn is_best(&self, cost: f64) -> bool {
        self.best.as_ref().is_none_or(|best| cost < best.cost)
    }

    /// The latents tried are the best ones so far, and `direction` is the Newton step from there.
    pub(super) fn accept(&mut self, cost: f64, coded: Coded, direction: Vec<f32>) {
        self.best = Some(Best {
            cost,
            coded,
            target: self.target.clone(),
            direction,
        });
    }

    /// The best files found.
    pub(super) fn finish(self) -> Coded {
        self.best.expect(FIRST).coded
    }

    /// The next latents to try: on from the best ones, more carefully if those tried last were not.
    pub(super) fn go_on(&mut self, better: bool) {
        self.iterations += 1;
        if !better {
            self.rate *= 0.5;
            self.velocity.fill(0.0);
        }
        let best = self.best.as_ref().expect(FIRST);
        let moves = self.velocity.iter_mut().zip(&best.direction);
        let values = self.target.data.iter_mut().zip(&best.target.data);
        for ((value, from), (velocity, direction)) in values.zip(moves) {
            *velocity = *velocity * MOMENTUM + direction * self.rate;
            *value = from + *velocity;
        }
    }
}

const FIRST: &str = "the first latents are the best so far";
