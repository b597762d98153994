//! The labels of a position, all at once: each chooses the codebooks of the next ones, so that the cheapest path through the states is looked
//! for (Viterbi 1967). The correction of scales goes along each path as it will when the path is coded.

use super::correction::Correction;
use super::pair::Ahead;
use super::search::RateBias;
use super::trellis::{State, STATES};

/// The search, and what it has found.
#[derive(Default)]
pub(super) struct PathSearch {
    /// Of the position's channels.
    labels: Vec<i32>,
    /// The first channel.
    first: usize,
    /// The channels that are coded, and the last label of the best path to each state after them.
    steps: Vec<(usize, [Last; STATES])>,
}

/// The end of the best path to a state.
#[derive(Clone, Copy, Default)]
struct Last {
    before: State,
    label: i32,
}

/// The best path to a state.
#[derive(Clone, Copy)]
struct Path {
    /// Squared quantiser steps, Q12.
    cost: i64,
    /// The correction that the position's channels share.
    position: i32,
    /// Scale of the second channel of the pair, which is set before the first one is coded.
    second: usize,
}

impl PathSearch {
    /// Looks for the labels of a position whose latents are `values` (Q3), all channels of them.
    pub(super) fn run(&mut self, ahead: &Ahead, bias: &RateBias, values: &[i16]) {
        let (expected, correction) = (ahead.expected, ahead.correction);
        let scales = &expected.scales;
        self.first = expected.first;
        self.labels.clear();
        self.labels.resize(scales.len(), 0);
        self.steps.clear();
        let mut paths = [None; STATES];
        paths[ahead.state.index()] = Some(Path {
            cost: 0,
            position: 0,
            second: 0,
        });
        for (pair, scales) in scales.as_chunks::<2>().0.iter().enumerate() {
            let channels = [2 * pair, 2 * pair + 1];
            if scales[0] > 0 {
                for path in paths.iter_mut().flatten() {
                    path.second = scale(correction, self.first + channels[1], scales[1], path);
                }
            }
            let worth = bias.of(self.first / 2 + pair);
            for (d, (index, &expected)) in channels.into_iter().zip(scales).enumerate() {
                if expected == 0 {
                    continue;
                }
                let channel = self.first + index;
                let residual = residual(ahead, index, values[channel]);
                let scale = |path: &Path| match d == 1 && scales[0] > 0 {
                    true => path.second,
                    false => scale(correction, channel, expected, path),
                };
                let (next, last) = extend(ahead, &paths, residual, worth, scale);
                paths = next;
                self.steps.push((index, last));
            }
        }
        self.trace_back(&paths);
    }

    /// The labels found for a pair of channels.
    pub(super) fn labels(&self, pair: usize) -> [i32; 2] {
        let index = 2 * pair - self.first;
        [self.labels[index], self.labels[index + 1]]
    }

    fn trace_back(&mut self, paths: &[Option<Path>; STATES]) {
        let cost = |state: &State| paths[state.index()].map_or(i64::MAX, |path| path.cost);
        let mut state = State::all().min_by_key(cost).expect("there are states");
        for (index, last) in self.steps.iter().rev() {
            let Last { before, label } = last[state.index()];
            self.labels[*index] = label;
            state = before;
        }
    }
}

/// At which scale a channel will be coded after a path.
fn scale(correction: &Correction, channel: usize, expected: u16, path: &Path) -> usize {
    correction.scale_if(channel, expected.into(), path.position)
}

/// How far a latent is from what is expected: Q6, adapted quantiser steps, as far as labels reach.
fn residual(ahead: &Ahead, index: usize, latent: i16) -> i64 {
    const LIMIT: i64 = 1 << 24;
    let (quantiser, expected) = (ahead.quantiser, ahead.expected);
    let value = quantiser.to_steps(expected.first + index, latent);
    let difference = value - i64::from(expected.means[index]);
    expected.adaptation.reduce(difference).clamp(-LIMIT, LIMIT)
}

/// The best paths after one label more. Costs fit 64 bits: 2^12 channels of at most (2^25)^2 each, and little for rates.
fn extend(
    ahead: &Ahead,
    paths: &[Option<Path>; STATES],
    residual: i64,
    worth: i64,
    scale: impl Fn(&Path) -> usize,
) -> ([Option<Path>; STATES], [Last; STATES]) {
    let (quantiser, correction) = (ahead.quantiser, ahead.correction);
    let (sign, distance) = (residual.signum() as i32, residual.abs());
    let mut next: [Option<Path>; STATES] = [None; STATES];
    let mut last = [Last::default(); STATES];
    for (before, path) in State::all().zip(paths) {
        let Some(path) = path else { continue };
        let (codebook, scale) = (before.codebook(), scale(path));
        let table = correction.tables().get(codebook, scale);
        // The point below, the one above, and one less: odd and even ones.
        let below = quantiser.magnitude_below(codebook, distance);
        for magnitude in (below - 1).max(0)..=below + 1 {
            let label = if sign < 0 { -magnitude } else { magnitude };
            let codeword = i64::from(quantiser.codeword(codebook, scale, magnitude));
            let rate = (i64::from(table.cost(label)) * worth) >> 8;
            let cost = path.cost + (distance - codeword).pow(2) + rate;
            let state = before.after(label);
            let best = &mut next[state.index()];
            if best.is_none_or(|best| cost < best.cost) {
                *best = Some(Path {
                    cost,
                    position: correction.position_after(path.position, codebook, scale, label),
                    second: path.second,
                });
                last[state.index()] = Last { before, label };
            }
        }
    }
    (next, last)
}
