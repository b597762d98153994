//! The labels of a position, all at once: each chooses the codebooks of the next ones, so that the cheapest path through the states is looked
//! for (Viterbi 1967). The correction of scales goes along each path as it will when the path is coded.

use super::across::limited;
use super::branches::{Branches, Costs, NO_PATH};
use super::pair::Ahead;
use super::said::SaidSoFar;
use super::search::RateBias;
use super::trellis::{State, STATES};
use crate::entropy::LabelTables;
use crate::model::Codewords;
use crate::nn::Loops;

/// The search, and what it has found.
pub(super) struct PathSearch<'m> {
    costs: Costs<'m>,
    /// Of the position's channels.
    labels: Vec<i32>,
    /// The first channel.
    first: usize,
    /// How far these are from what is expected, by the labels before: Q6, adapted quantiser steps. Of those that are coded.
    residuals: Vec<i32>,
    /// The channels that are coded.
    steps: Vec<Step>,
    said: SaidSoFar,
}

/// A channel, and what the best path to each state after it ends with.
struct Step {
    /// Counted from the first one.
    index: usize,
    before: [State; STATES],
    labels: [i32; STATES],
    /// How far the latent was from what the path before expects.
    residuals: [i32; STATES],
}

/// The best paths to each state, as far as they have come.
#[derive(Clone, Copy)]
struct Paths {
    /// Squared quantiser steps, Q12; [`NO_PATH`] if there is none.
    costs: [i64; STATES],
    /// The correction that the position's channels share.
    positions: [i32; STATES],
    /// Scale of the second channel of the pair, which is set before the first one is coded.
    seconds: [u16; STATES],
}

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

impl<'m> PathSearch<'m> {
    /// For labels that are coded by `tables` and stand for `codewords`.
    pub(super) fn new(tables: &'m LabelTables, codewords: &'m Codewords) -> Self {
        Self {
            costs: Costs::new(tables, codewords),
            labels: Vec::new(),
            first: 0,
            residuals: Vec::new(),
            steps: Vec::new(),
            said: SaidSoFar::default(),
        }
    }

    /// Looks for the labels of a position whose latents are `values` (Q3), all channels of them.
    pub(super) fn run(&mut self, ahead: &Ahead, bias: &RateBias, values: &[i16]) {
        ahead.quantiser.kernels().vectorise(Run {
            search: self,
            ahead,
            bias,
            values,
        });
    }

    #[inline(always)]
    fn search(&mut self, ahead: &Ahead, bias: &RateBias, values: &[i16]) {
        let (expected, correction) = (ahead.expected, ahead.correction);
        let scales = &expected.scales;
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
        for (pair, scales) in scales.as_chunks::<2>().0.iter().enumerate() {
            let channels = [2 * pair, 2 * pair + 1].map(|index| self.first + index);
            if scales[0] > 0 {
                paths.seconds = correction.scales_if(channels[1], scales[1], &paths.positions);
            }
            let worth = bias.of(self.first / 2 + pair);
            for (d, (channel, &expected)) in channels.into_iter().zip(scales).enumerate() {
                if expected == 0 {
                    continue;
                }
                let scales = match d == 1 && scales[0] > 0 {
                    true => paths.seconds,
                    false => correction.scales_if(channel, expected, &paths.positions),
                };
                self.extend(ahead, &mut paths, channel, values[channel], worth, &scales);
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
        [self.residuals[index], self.residuals[index + 1]].map(i64::from)
    }

    /// The best paths after the label of one channel more, which is coded at one of `scales` after each path.
    #[inline(always)]
    fn extend(
        &mut self,
        ahead: &Ahead,
        paths: &mut Paths,
        channel: usize,
        latent: i16,
        worth: i32,
        scales: &[u16; STATES],
    ) {
        let index = channel - self.first;
        let residuals = self.residuals_of(ahead, index, latent);
        let branches = Branches::new(&self.costs, &paths.costs, &residuals, worth, scales);
        let best = branches.best();
        let before = best.before();
        if let Some(across) = ahead.across {
            let adaptation = ahead.expected.adaptation;
            let mut beyond = [0; STATES];
            for (beyond, codeword) in beyond.iter_mut().zip(best.codewords) {
                *beyond = limited(adaptation.expand(codeword.into()) as i32);
            }
            self.said
                .extend(across, index, paths.best(), &before, &beyond);
        }
        let mut positions = best.from(&paths.positions);
        for (position, score) in positions.iter_mut().zip(best.scores) {
            *position = ahead.correction.position_after(*position, score);
        }
        *paths = Paths {
            costs: best.costs,
            positions,
            seconds: best.from(&paths.seconds),
        };
        self.steps.push(Step {
            index,
            before,
            labels: best.labels,
            residuals: best.from(&residuals),
        });
    }

    /// How far a latent is from what is expected after each of the paths: Q6, adapted quantiser steps, as far as labels reach.
    #[inline(always)]
    fn residuals_of(&self, ahead: &Ahead, index: usize, latent: i16) -> [i32; STATES] {
        const LIMIT: i64 = 1 << 24;
        let (quantiser, expected) = (ahead.quantiser, ahead.expected);
        let value = quantiser.to_steps(expected.first + index, latent);
        let difference = value - i64::from(expected.means[index]);
        let adaptation = expected.adaptation;
        let reduce = |difference| adaptation.reduce(difference).clamp(-LIMIT, LIMIT) as i32;
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
        for step in self.steps.iter().rev() {
            let at = state.index();
            self.labels[step.index] = step.labels[at];
            self.residuals[step.index] = step.residuals[at];
            state = step.before[at];
        }
    }
}

/// [`PathSearch::run`] for [`crate::nn::Kernels::vectorise`].
struct Run<'r, 'm> {
    search: &'r mut PathSearch<'m>,
    ahead: &'r Ahead<'r>,
    bias: &'r RateBias,
    values: &'r [i16],
}

impl Loops for Run<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.search.search(self.ahead, self.bias, self.values);
    }
}
