//! Feedback: what the context model got wrong at neighbouring positions, it is expected to get wrong here too (SPEC.md section 8.7).
//!
//! The first channels hold what is coarse, and half of their positions are coded before any neighbour is known to the networks: in a sky or a wall
//! they err by the same amount everywhere. How much of the neighbours' error is taken over is learned channel by channel while a tile is coded,
//! by the signs of what was missed (sign-sign least mean squares, Gersho 1984).

use super::expected::Expected;
use super::quantiser::rshift;
use crate::model::Parity;

/// Largest error that is remembered, Q6 quantiser steps.
const LIMIT: i32 = (1 << 21) - 1;
/// Weights are Q8, from 0 to this.
const ONE: i32 = 256;
/// Weights at the beginning of a tile.
const START: i32 = 128;
/// By how much a weight changes at a time.
const RATE: i32 = 8;
/// Neighbours' errors from which on a weight learns: a quarter of a quantiser step.
const LEAST: i32 = 16;
/// Q8 reciprocals of how many neighbours there are.
const SHARES: [i64; 5] = [0, 256, 128, 85, 64];

/// What has been learned of a tile's first channels.
pub(super) struct Feedback {
    /// Of the tile, in positions.
    width: usize,
    channels: usize,
    /// By how much the context model's μ was exceeded, `[y][x][channel]`, Q6 quantiser steps.
    errors: Vec<i32>,
    /// Per channel.
    weights: Vec<i32>,
    /// Of the position that is being coded: the context model's μ, and the neighbours' mean error.
    means: Vec<i32>,
    nearby: Vec<i32>,
}

impl Feedback {
    pub(super) fn new((width, height): (usize, usize), channels: usize) -> Self {
        Self {
            width,
            channels,
            errors: vec![0; width * height * channels],
            weights: vec![START; channels],
            means: Vec::new(),
            nearby: vec![0; channels],
        }
    }

    /// Adds to the means of `expected` what was missed nearby, at positions of the same coding step.
    pub(super) fn apply(&mut self, (x, y): (i32, i32), parity: Parity, expected: &mut Expected) {
        let offsets: &[(i32, i32)] = match parity {
            Parity::All => &[(-1, 0), (0, -1)],
            Parity::Even | Parity::Odd => &[(-2, 0), (-1, -1), (1, -1), (0, -2)],
        };
        let inside = |&(x, y): &(i32, i32)| x >= 0 && y >= 0 && x < self.width as i32;
        let neighbours = offsets.iter().map(|(dx, dy)| (x + dx, y + dy));
        let mut count = 0;
        self.nearby.fill(0);
        for (x, y) in neighbours.filter(inside) {
            let errors = &self.errors[self.place(x, y)..][..self.channels];
            for (sum, error) in self.nearby.iter_mut().zip(errors) {
                *sum += error;
            }
            count += 1;
        }
        self.means.clone_from(&expected.means);
        let channels = self.nearby.iter_mut().zip(&self.weights);
        for (mean, (nearby, &weight)) in expected.means.iter_mut().zip(channels) {
            *nearby = rshift(i64::from(*nearby) * SHARES[count], 8) as i32;
            *mean += expected_error(*nearby, weight);
        }
    }

    /// Learns from what the channels of the position of [`Self::apply`] have turned out to be.
    pub(super) fn learn(&mut self, (x, y): (i32, i32), values: &[i32]) {
        let place = self.place(x, y);
        let errors = &mut self.errors[place..][..self.channels];
        let channels = self.means.iter().zip(values).zip(&self.nearby);
        for ((error, weight), ((mean, value), &nearby)) in
            errors.iter_mut().zip(&mut self.weights).zip(channels)
        {
            *error = (value - mean).clamp(-LIMIT, LIMIT);
            if nearby.abs() >= LEAST {
                let missed = *error - expected_error(nearby, *weight);
                *weight = (*weight + RATE * missed.signum() * nearby.signum()).clamp(0, ONE);
            }
        }
    }

    fn place(&self, x: i32, y: i32) -> usize {
        (y as usize * self.width + x as usize) * self.channels
    }
}

/// The part of the neighbours' error that is expected here.
fn expected_error(nearby: i32, weight: i32) -> i32 {
    rshift(i64::from(nearby) * i64::from(weight), 8) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes a picture whose channels exceed their mean, 0, by `error` of the position.
    fn missed(error: impl Fn(i32, i32) -> i32, parity: Parity) -> Vec<i32> {
        let mut feedback = Feedback::new((8, 8), 1);
        let mut missed = Vec::new();
        for (x, y) in (0..8).flat_map(|y| (0..8).map(move |x| (x, y))) {
            if (x + y) % 2 == 1 && parity == Parity::Even {
                continue;
            }
            let mut expected = Expected {
                means: vec![0],
                ..Expected::default()
            };
            feedback.apply((x, y), parity, &mut expected);
            missed.push(error(x, y) - expected.means[0]);
            feedback.learn((x, y), &[error(x, y)]);
        }
        missed
    }

    #[test]
    fn what_is_missed_everywhere_is_soon_expected() {
        for parity in [Parity::All, Parity::Even] {
            let missed = missed(|_, _| -640, parity);
            assert_eq!(missed[0], -640);
            assert!(
                missed[20..].iter().all(|missed| missed.abs() <= 6),
                "{missed:?}"
            );
        }
    }

    #[test]
    fn what_says_nothing_of_its_neighbours_is_soon_left_alone() {
        let missed = missed(
            |x, y| if (x ^ y) & 1 == 0 { 640 } else { -640 },
            Parity::All,
        );
        assert!(
            missed[40..].iter().all(|missed| missed.abs() == 640),
            "{missed:?}"
        );
    }

    #[test]
    fn errors_are_bounded() {
        let missed = missed(|_, _| 1 << 27, Parity::All);
        assert!(missed.iter().all(|&missed| missed >= (1 << 27) - LIMIT - 1));
    }
}
