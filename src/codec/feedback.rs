//! Feedback: what the context model got wrong at neighbouring positions, it is expected to get wrong here too (SPEC.md section 8.7).
//!
//! The first coding step has what is coarse, and no network knows a neighbour there: in a sky or a wall they err by the same amount everywhere. Which
//! neighbours a channel listens to is a matter of the model; how much of their error is taken over begins with a weight of the model, and is learned
//! while a tile is coded, by the signs of what was missed (sign-sign least mean squares, Gersho 1984).

use super::expected::Expected;
use super::quantiser::rshift;
use crate::model::{ChannelFeedback, Parity};

/// Largest error that is remembered, Q6 quantiser steps.
const LIMIT: i32 = (1 << 21) - 1;
/// Weights are Q8, from 0 to this.
const ONE: i32 = 256;
/// By how much a weight changes at a time.
const RATE: i32 = 3;
/// Neighbours' errors from which on a weight learns: half a quantiser step.
const LEAST: i32 = 32;

/// What has been learned of a tile's first channels.
pub(super) struct Feedback<'m> {
    /// Of the tile, in positions.
    width: usize,
    parity: Parity,
    channels: &'m [ChannelFeedback],
    /// By how much the context model's μ was exceeded, `[y][x][channel]`, Q6 quantiser steps.
    errors: Vec<i32>,
    /// Per channel.
    weights: Vec<i32>,
    /// Of the position that is being coded: the context model's μ, and the neighbours' mean error.
    means: Vec<i32>,
    nearby: Vec<i32>,
}

impl<'m> Feedback<'m> {
    /// For a tile of so many positions; `None` if there are no channels.
    pub(super) fn new(
        channels: &'m [ChannelFeedback],
        (width, height): (usize, usize),
        parity: Parity,
    ) -> Option<Self> {
        (!channels.is_empty()).then(|| Self {
            width,
            parity,
            channels,
            errors: vec![0; width * height * channels.len()],
            weights: channels.iter().map(|c| c.weight.into()).collect(),
            means: Vec::new(),
            nearby: vec![0; channels.len()],
        })
    }

    /// Adds to the means of `expected` what was missed nearby.
    pub(super) fn apply(&mut self, position: usize, expected: &mut Expected) {
        self.means.clone_from(&expected.means);
        let mut nearby = std::mem::take(&mut self.nearby);
        self.listen(position, |place| self.errors_of(place), &mut nearby);
        self.add(&nearby, expected);
        self.nearby = nearby;
    }

    /// The same, if the position `before` it had been missed by `errors`; nothing is learned of it.
    pub(super) fn foresee(
        &self,
        position: usize,
        (before, errors): (usize, &[i32]),
        expected: &mut Expected,
    ) {
        let mut nearby = vec![0; self.channels.len()];
        let errors_of = |place| match place == before {
            true => errors,
            false => self.errors_of(place),
        };
        self.listen(position, errors_of, &mut nearby);
        self.add(&nearby, expected);
    }

    /// By how much the channels of a position were missed.
    fn errors_of(&self, position: usize) -> &[i32] {
        &self.errors[position * self.channels.len()..][..self.channels.len()]
    }

    /// The mean error of the neighbours of a position, per channel.
    fn listen<'e>(
        &self,
        position: usize,
        errors_of: impl Fn(usize) -> &'e [i32],
        nearby: &mut [i32],
    ) {
        let neighbours = self.parity.neighbours_of(position, self.width);
        let errors = neighbours.map(|place| place.map(&errors_of));
        for (channel, (nearby, of)) in nearby.iter_mut().zip(self.channels).enumerate() {
            let (mut sum, mut total) = (0, 0);
            for (errors, weight) in errors.iter().zip(of.neighbours) {
                if let Some(errors) = errors {
                    sum += i64::from(errors[channel]) * i64::from(weight);
                    total += i64::from(weight);
                }
            }
            *nearby = match total {
                0 => 0,
                _ => (2 * sum + total).div_euclid(2 * total) as i32,
            };
        }
    }

    /// Adds the part of the neighbours' errors that is expected here to the means.
    fn add(&self, nearby: &[i32], expected: &mut Expected) {
        let errors = nearby.iter().zip(&self.weights);
        for (mean, (&nearby, &weight)) in expected.means.iter_mut().zip(errors) {
            *mean += expected_error(nearby, weight);
        }
    }

    /// Learns from what the channels of the position of [`Self::apply`] have turned out to be.
    pub(super) fn learn(&mut self, position: usize, values: &[i32]) {
        let place = position * self.channels.len();
        let errors = &mut self.errors[place..][..self.channels.len()];
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
        let channel = ChannelFeedback {
            neighbours: [30, 20, 36, 13],
            weight: 128,
        };
        let channels = std::slice::from_ref(&channel);
        let mut feedback = Feedback::new(channels, (16, 16), parity).unwrap();
        let mut missed = Vec::new();
        for (x, y) in (0..16).flat_map(|y| (0..16).map(move |x| (x, y))) {
            if (x + y) % 2 == 1 && parity == Parity::Even {
                continue;
            }
            let mut expected = Expected::default();
            expected.means.push(0);
            let position = (16 * y + x) as usize;
            feedback.apply(position, &mut expected);
            missed.push(error(x, y) - expected.means[0]);
            feedback.learn(position, &[error(x, y)]);
        }
        missed
    }

    #[test]
    fn what_is_missed_everywhere_is_soon_expected() {
        for parity in [Parity::All, Parity::Even] {
            let missed = missed(|_, _| -640, parity);
            assert_eq!(missed[0], -640);
            assert!(
                missed[50..].iter().all(|missed| missed.abs() <= 6),
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
            missed[50..].iter().all(|missed| missed.abs() == 640),
            "{missed:?}"
        );
    }

    /// What is foreseen of a position is what is expected there once the one before has been missed like that. (Errors too small to be learned from.)
    #[test]
    fn what_is_foreseen_comes_true() {
        let channel = |n: u8| ChannelFeedback {
            neighbours: [30, 20 * n, 36, 13],
            weight: 100 + u16::from(n),
        };
        let channels = [channel(1), channel(2)];
        for parity in [Parity::All, Parity::Even] {
            let mut feedback = Feedback::new(&channels, (6, 4), parity).unwrap();
            let places = (0..24).filter(|p| parity == Parity::All || (p % 6 + p / 6) % 2 == 0);
            let mut foreseen: Option<Vec<i32>> = None;
            let places: Vec<usize> = places.collect();
            for (number, &position) in places.iter().enumerate() {
                let plain = |number: usize| [5, -7].map(|mean| mean + number as i32);
                let expect = |number: usize| {
                    let mut expected = Expected::default();
                    expected.means.extend(plain(number));
                    expected
                };
                let mut expected = expect(number);
                feedback.apply(position, &mut expected);
                if let Some(foreseen) = foreseen {
                    assert_eq!(expected.means, foreseen, "{position}");
                }
                let errors = [17 - number as i32, 2 * number as i32 - 20];
                let Some(&next) = places.get(number + 1) else {
                    break;
                };
                let mut expected = expect(number + 1);
                feedback.foresee(next, (position, &errors), &mut expected);
                foreseen = Some(expected.means);
                let plain = plain(number);
                feedback.learn(position, &[plain[0] + errors[0], plain[1] + errors[1]]);
            }
        }
    }

    #[test]
    fn errors_are_bounded() {
        let missed = missed(|_, _| 1 << 27, Parity::All);
        assert!(missed.iter().all(|&missed| missed >= (1 << 27) - LIMIT - 1));
    }
}
