//! Labels as a whole: each chooses the codebooks of the next ones, so that the cheapest path through the states is looked for (Viterbi 1967). The
//! correction of scales goes along each path as it will when the path is coded.

use super::branches::{Branches, Costs, NO_PATH};
use super::said::SaidSoFar;
use super::trail::{PathLabel, Step, Trail};
use crate::codec::across::limited;
use crate::codec::expected::Expected;
use crate::codec::pair::Ahead;
use crate::codec::search::RateBias;
use crate::codec::trellis::{State, STATES};
use crate::entropy::LabelTables;
use crate::model::Codewords;
use crate::nn::Loops;

/// Paths, as far as they have come, and what they have come by.
pub(super) struct PathSearch<'m> {
    costs: Costs<'m>,
    paths: Paths,
    /// The labels that are coded.
    trail: Trail,
    said: SaidSoFar,
}

/// A position that paths go through.
#[derive(Clone, Copy)]
pub(super) struct Stage<'a> {
    /// What is expected there, whatever path leads to it.
    pub(super) expected: &'a Expected,
    /// Counted row by row.
    pub(super) position: usize,
    /// The one that paths come from.
    pub(super) before: usize,
    /// What its channels should be, Q3, all of them.
    pub(super) wanted: &'a [i16],
}

/// The best paths to each state, as far as they have come.
#[derive(Clone, Copy)]
struct Paths {
    /// Squared quantiser steps, Q12; [`NO_PATH`] or more if there is none.
    costs: [i64; STATES],
    /// The correction that the position's channels share.
    positions: [i32; STATES],
    /// Scale of the second channel of the pair, which is set before the first one is coded.
    seconds: [u16; STATES],
}

impl Paths {
    /// The one path that leads to `state`, where a position begins with such a correction.
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

    /// All states; in place of those that no path leads to, that of the cheapest one.
    fn states(&self) -> [usize; STATES] {
        let best = self.best().index();
        std::array::from_fn(|state| match self.costs[state] < NO_PATH {
            true => state,
            false => best,
        })
    }

    /// Counts costs from the cheapest path's, so that they stay small however far paths go.
    fn count_anew(&mut self) {
        let least = self.costs[self.best().index()];
        for cost in &mut self.costs {
            *cost = match *cost < NO_PATH {
                true => *cost - least,
                false => NO_PATH,
            };
        }
    }
}

impl<'m> PathSearch<'m> {
    /// For labels that are coded by `tables` and stand for `codewords`.
    pub(super) fn new(tables: &'m LabelTables, codewords: &'m Codewords) -> Self {
        Self {
            costs: Costs::new(tables, codewords),
            paths: Paths::new(State::default(), 0),
            trail: Trail::default(),
            said: SaidSoFar::default(),
        }
    }

    /// Forgets all paths but one of no labels, to where the position begins that is being coded.
    pub(super) fn begin(&mut self, ahead: &Ahead) {
        self.trail.clear();
        self.paths = Paths::new(ahead.state, ahead.correction.position());
    }

    /// All paths go on to the next position and through it; gives how many of its labels are coded.
    pub(super) fn pass(&mut self, ahead: &Ahead, stage: Stage, bias: &RateBias) -> usize {
        let before = self.trail.len();
        ahead.quantiser.kernels().vectorise(Pass {
            search: self,
            ahead,
            stage,
            bias,
        });
        self.trail.len() - before
    }

    #[inline(always)]
    fn go_on(&mut self, ahead: &Ahead, stage: Stage, bias: &RateBias) {
        let (correction, expected) = (ahead.correction, stage.expected);
        let mut paths = self.paths;
        paths.count_anew();
        if stage.position != ahead.place.position {
            let parity = ahead.predictor.parity;
            let places = (stage.position, stage.before);
            paths.positions = correction.begins_if(places, parity, &paths.positions);
        }
        if ahead.predictor.across.is_some() {
            self.said.begin(expected.scales.len());
        }
        for (pair, scales) in expected.scales.as_chunks::<2>().0.iter().enumerate() {
            let channels = [2 * pair, 2 * pair + 1].map(|index| expected.first + index);
            if scales[0] > 0 {
                paths.seconds = correction.scales_if(channels[1], scales[1], &paths.positions);
            }
            let worth = bias.of(expected.first / 2 + pair);
            for (d, (channel, &scale)) in channels.into_iter().zip(scales).enumerate() {
                if scale == 0 {
                    continue;
                }
                let scales = match d == 1 && scales[0] > 0 {
                    true => paths.seconds,
                    false => correction.scales_if(channel, scale, &paths.positions),
                };
                self.extend(ahead, stage, &mut paths, channel, worth, &scales);
            }
        }
        self.paths = paths;
    }

    /// The best paths after the label of one channel more, which is coded at one of `scales` after each path.
    #[inline(always)]
    fn extend(
        &mut self,
        ahead: &Ahead,
        stage: Stage,
        paths: &mut Paths,
        channel: usize,
        worth: i32,
        scales: &[u16; STATES],
    ) {
        let index = channel - stage.expected.first;
        let residuals = self.residuals_of(ahead, stage, index);
        let branches = Branches::new(&self.costs, &paths.costs, &residuals, worth, scales);
        let best = branches.best();
        let before = best.before();
        if let Some(across) = &ahead.predictor.across {
            let adaptation = stage.expected.adaptation;
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
        self.trail.push(Step {
            channel: index,
            before,
            labels: best.labels,
            residuals: best.from(&residuals),
            codewords: best.codewords,
        });
    }

    /// How far a latent is from what is expected after each of the paths: Q6, adapted quantiser steps, as far as labels reach.
    #[inline(always)]
    fn residuals_of(&self, ahead: &Ahead, stage: Stage, index: usize) -> [i32; STATES] {
        const LIMIT: i64 = 1 << 24;
        let expected = stage.expected;
        let channel = expected.first + index;
        let value = ahead.quantiser.to_steps(channel, stage.wanted[channel]);
        let difference = value - i64::from(expected.means[index]);
        let adaptation = expected.adaptation;
        let reduce = |difference| adaptation.reduce(difference).clamp(-LIMIT, LIMIT) as i32;
        let Some(across) = &ahead.predictor.across else {
            return [reduce(difference); STATES];
        };
        let said = self.said.of(across, index);
        let mut residuals = [0; STATES];
        for (residual, said) in residuals.iter_mut().zip(said) {
            *residual = reduce(difference - i64::from(said));
        }
        residuals
    }

    /// By how much the channels of the last position, `count` of whose labels are coded, exceed `means` on the cheapest path: Q6 quantiser steps.
    pub(super) fn errors(
        &self,
        ahead: &Ahead,
        stage: Stage,
        count: usize,
        means: &[i32],
    ) -> Vec<i32> {
        let expected = stage.expected;
        let beyond = expected.means.iter().zip(means);
        let mut errors: Vec<i32> = beyond.map(|(expected, mean)| expected - mean).collect();
        for at in self.trail.back(self.paths.best().index()).take(count) {
            let missed = expected
                .adaptation
                .expand((at.residual - at.codeword).into());
            let channel = expected.first + at.channel;
            let value = ahead.quantiser.to_steps(channel, stage.wanted[channel]) - missed;
            errors[at.channel] = (value - i64::from(means[at.channel])) as i32;
        }
        errors
    }

    /// Whether all paths have the same first `count` labels, however they go on.
    pub(super) fn agree(&self, count: usize) -> bool {
        let been = self.trail.been(count, self.paths.states());
        been.iter().all(|&state| state == been[0])
    }

    /// Takes the first `count` labels, which are those of the cheapest path, and gives up paths that have others.
    pub(super) fn take(&mut self, count: usize, each: impl FnMut(PathLabel)) {
        let been = self.trail.been(count, self.paths.states());
        let state = been[self.paths.best().index()];
        for (cost, been) in self.paths.costs.iter_mut().zip(been) {
            if been != state {
                *cost = NO_PATH;
            }
        }
        self.trail.take(count, state, each);
    }
}

/// [`PathSearch::pass`] for [`crate::nn::Kernels::vectorise`].
struct Pass<'r, 'm> {
    search: &'r mut PathSearch<'m>,
    ahead: &'r Ahead<'r>,
    stage: Stage<'r>,
    bias: &'r RateBias,
}

impl Loops for Pass<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.search.go_on(self.ahead, self.stage, self.bias);
    }
}
