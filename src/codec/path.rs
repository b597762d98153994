//! The labels of a position, all at once: each chooses the codebooks of the next ones, so that the cheapest path through the states is looked
//! for (Viterbi 1967). The correction of scales goes along each path as it will when the path is coded.

use super::across::limited;
use super::pair::Ahead;
use super::said::SaidSoFar;
use super::search::RateBias;
use super::trellis::{State, STATES};

/// The search, and what it has found.
#[derive(Default)]
pub(super) struct PathSearch {
    /// Of the position's channels.
    labels: Vec<i32>,
    /// The first channel.
    first: usize,
    /// How far these are from what is expected, by the labels before: Q6, adapted quantiser steps. Of those that are coded.
    residuals: Vec<i64>,
    /// The channels that are coded, and the last label of the best path to each state after them.
    steps: Vec<(usize, [Last; STATES])>,
    said: SaidSoFar,
}

/// The end of the best path to a state.
#[derive(Clone, Copy, Default)]
struct Last {
    before: State,
    label: i32,
    /// How far the latent was from what the path before expects.
    residual: i64,
}

/// The best paths to each state, as far as they have come.
#[derive(Clone, Copy)]
struct Paths {
    /// Squared quantiser steps, Q12; [`NO_PATH`] if there is none.
    costs: [i64; STATES],
    /// The correction that the position's channels share.
    positions: [i32; STATES],
    /// Scale of the second channel of the pair, which is set before the first one is coded.
    seconds: [usize; STATES],
}

/// More than any path costs: 2^12 channels of at most (2^25)^2 each, and little for rates.
const NO_PATH: i64 = i64::MAX;

impl Paths {
    /// The one path that leads to `state`, where the position begins.
    fn new(state: State, position: i32) -> Self {
        let mut costs = [NO_PATH; STATES];
        costs[state.index()] = 0;
        Self {
            costs,
            positions: [position; STATES],
            seconds: [0; STATES],
        }
    }

    /// The state that the cheapest one leads to.
    fn best(&self) -> State {
        let cost = |state: &State| self.costs[state.index()];
        State::all().min_by_key(cost).expect("there are states")
    }
}

impl PathSearch {
    /// Looks for the labels of a position whose latents are `values` (Q3), all channels of them.
    pub(super) fn run(&mut self, ahead: &Ahead, bias: &RateBias, values: &[i16]) {
        let (expected, correction) = (ahead.expected, ahead.correction);
        let (scales, adaptation) = (&expected.scales, expected.adaptation);
        self.first = expected.first;
        self.labels.clear();
        self.labels.resize(scales.len(), 0);
        self.residuals.clear();
        self.residuals.resize(scales.len(), 0);
        if ahead.across.is_some() {
            self.said.begin(scales.len());
        }
        self.steps.clear();
        let mut paths = Paths::new(ahead.state, correction.position());
        let corrected = |paths: &Paths, channel: usize, expected: u16| {
            let mut scales = [0; STATES];
            for (scale, &position) in scales.iter_mut().zip(&paths.positions) {
                *scale = correction.scale_if(channel, expected.into(), position);
            }
            scales
        };
        for (pair, scales) in scales.as_chunks::<2>().0.iter().enumerate() {
            let channels = [2 * pair, 2 * pair + 1].map(|index| self.first + index);
            if scales[0] > 0 {
                paths.seconds = corrected(&paths, channels[1], scales[1]);
            }
            let worth = bias.of(self.first / 2 + pair);
            for (d, (channel, &expected)) in channels.into_iter().zip(scales).enumerate() {
                if expected == 0 {
                    continue;
                }
                let index = channel - self.first;
                let residuals = self.residuals_of(ahead, index, values[channel]);
                let scales = match d == 1 && scales[0] > 0 {
                    true => paths.seconds,
                    false => corrected(&paths, channel, expected),
                };
                let (next, last) = extend(ahead, &paths, &residuals, worth, &scales);
                if let Some(across) = ahead.across {
                    let mut beyond = [0; STATES];
                    for (beyond, last) in beyond.iter_mut().zip(&last) {
                        let (before, codebook) = (last.before.index(), last.before.codebook());
                        let codeword =
                            (ahead.quantiser).codeword(codebook, scales[before], last.label);
                        *beyond = limited(adaptation.expand(codeword.into()) as i32);
                    }
                    let before = last.map(|last| last.before);
                    self.said
                        .extend(across, index, paths.best(), &before, &beyond);
                }
                paths = next;
                self.steps.push((index, last));
            }
        }
        self.trace_back(paths.best());
    }

    /// The labels found for a pair of channels.
    pub(super) fn labels(&self, pair: usize) -> [i32; 2] {
        let index = 2 * pair - self.first;
        [self.labels[index], self.labels[index + 1]]
    }

    /// The same of how far these are from what is expected: Q6, adapted quantiser steps. 0 for labels that are not coded.
    pub(super) fn residual(&self, pair: usize) -> [i64; 2] {
        let index = 2 * pair - self.first;
        [self.residuals[index], self.residuals[index + 1]]
    }

    /// How far a latent is from what is expected after each of the paths: Q6, adapted quantiser steps, as far as labels reach.
    fn residuals_of(&self, ahead: &Ahead, index: usize, latent: i16) -> [i64; STATES] {
        const LIMIT: i64 = 1 << 24;
        let (quantiser, expected) = (ahead.quantiser, ahead.expected);
        let value = quantiser.to_steps(expected.first + index, latent);
        let difference = value - i64::from(expected.means[index]);
        let reduce = |difference| expected.adaptation.reduce(difference).clamp(-LIMIT, LIMIT);
        let Some(across) = ahead.across else {
            return [reduce(difference); STATES];
        };
        let said = self.said.of(across, index);
        let mut residuals = [0; STATES];
        for (residual, said) in residuals.iter_mut().zip(said) {
            *residual = reduce(difference - i64::from(said));
        }
        residuals
    }

    /// Takes the labels of the path that leads to `state`.
    fn trace_back(&mut self, mut state: State) {
        for (index, last) in self.steps.iter().rev() {
            let Last {
                before,
                label,
                residual,
            } = last[state.index()];
            self.labels[*index] = label;
            self.residuals[*index] = residual;
            state = before;
        }
    }
}

/// The best paths after one label more, which is coded at one of `scales` after each path.
fn extend(
    ahead: &Ahead,
    paths: &Paths,
    residuals: &[i64; STATES],
    worth: i64,
    scales: &[usize; STATES],
) -> (Paths, [Last; STATES]) {
    let (quantiser, correction) = (ahead.quantiser, ahead.correction);
    let mut next = Paths {
        costs: [NO_PATH; STATES],
        ..*paths
    };
    let mut last = [Last::default(); STATES];
    for before in State::all() {
        let (cost, residual) = (paths.costs[before.index()], residuals[before.index()]);
        if cost == NO_PATH {
            continue;
        }
        let (sign, distance) = (residual.signum() as i32, residual.abs());
        let (codebook, scale) = (before.codebook(), scales[before.index()]);
        let table = correction.tables().get(codebook, scale);
        let of = |magnitude: i32| {
            let label = if sign < 0 { -magnitude } else { magnitude };
            let codeword = i64::from(quantiser.codeword(codebook, scale, magnitude));
            let rate = (i64::from(table.cost(label)) * worth) >> 8;
            (cost + (distance - codeword).pow(2) + rate, label)
        };
        // The point below; the better one of those beside it, whose labels lead to another state.
        let below = quantiser.magnitude_below(codebook, distance);
        let mut beside = of(below + 1);
        if below > 0 {
            let less = of(below - 1);
            if less.0 <= beside.0 {
                beside = less;
            }
        }
        for (cost, label) in [of(below), beside] {
            let state = before.after(label).index();
            if cost < next.costs[state] {
                next.costs[state] = cost;
                last[state] = Last {
                    before,
                    label,
                    residual,
                };
            }
        }
    }
    for (state, last) in last.iter().enumerate() {
        let before = last.before.index();
        let (position, scale) = (paths.positions[before], scales[before]);
        let codebook = last.before.codebook();
        next.positions[state] = correction.position_after(position, codebook, scale, last.label);
        next.seconds[state] = paths.seconds[before];
    }
    (next, last)
}
