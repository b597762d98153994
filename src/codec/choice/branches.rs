//! The labels that paths through the states may go on with, from each state an even and an odd one, and which of them lead on best.

use crate::codec::trellis::{State, STATES};
use crate::entropy::LabelTables;
use crate::model::Codewords;

/// More than any path costs: 2^12 channels of at most (2^24)^2 each, and little for rates.
pub(super) const NO_PATH: i64 = 1 << 62;

/// The states from which an even and an odd label lead to each state.
const BEFORE: [[usize; STATES]; 2] = {
    let mut before = [[0; STATES]; 2];
    let mut state = 0;
    while state < STATES {
        let [even, odd] = State::EACH[state].before();
        (before[0][state], before[1][state]) = (even.index(), odd.index());
        state += 1;
    }
    before
};

/// What labels cost, and what they stand for.
pub(super) struct Costs<'m> {
    tables: &'m LabelTables,
    codewords: &'m Codewords,
    /// The same of the labels −1, 0 and 1, which most are, in one place for each `[codebook][scale]`.
    near: Vec<Near>,
    scales: usize,
    /// Where the points of label 1 are, for each codebook: Q6, adapted quantiser steps.
    points: [i32; 2],
}

struct Near {
    /// Bits, Q8.
    rates: [i32; 3],
    /// See [`LabelTables::score`].
    scores: [i32; 3],
    /// Of label 1: Q6, adapted quantiser steps.
    codeword: i32,
}

/// The best even and the best odd label from each state: `[odd][state]`.
pub(super) struct Branches {
    /// Of the paths up to them: squared quantiser steps, Q12.
    costs: [[i64; STATES]; 2],
    labels: [[i32; STATES]; 2],
    /// What labels stand for: Q6, adapted quantiser steps.
    codewords: [[i32; STATES]; 2],
    /// See [`LabelTables::score`].
    scores: [[i32; STATES]; 2],
}

/// The cheapest way to each state.
pub(super) struct Best {
    /// Whether its label is odd.
    odd: [bool; STATES],
    pub(super) costs: [i64; STATES],
    pub(super) labels: [i32; STATES],
    pub(super) codewords: [i32; STATES],
    pub(super) scores: [i32; STATES],
}

impl<'m> Costs<'m> {
    pub(super) fn new(tables: &'m LabelTables, codewords: &'m Codewords) -> Self {
        let near = |codebook: usize, scale: usize| {
            let labels = [-1, 0, 1];
            Near {
                rates: labels.map(|label| tables.get(codebook, scale).cost(label) as i32),
                scores: labels.map(|label| tables.score(codebook, scale, label)),
                codeword: codewords.get(codebook, scale, 1),
            }
        };
        let scales = tables.scales();
        let of = |codebook| (0..scales).map(move |scale| near(codebook, scale));
        Self {
            tables,
            codewords,
            near: [0, 1].into_iter().flat_map(of).collect(),
            scales,
            points: [0, 1].map(|codebook| codewords.point(codebook, 1)),
        }
    }
}

impl Branches {
    /// After paths of such costs, for a latent that is so far from what each of them expects (Q6, adapted quantiser steps), where a bit is worth so
    /// many squared steps (Q12) and each has its scale.
    #[inline(always)]
    pub(super) fn new(
        costs: &Costs,
        paths: &[i64; STATES],
        residuals: &[i32; STATES],
        worth: i32,
        scales: &[u16; STATES],
    ) -> Self {
        // Loops over arrays: the compiler makes vectors of these.
        let mut signs = [0; STATES];
        let mut distances = [0; STATES];
        let mut codewords = [0; STATES];
        let mut rates = [[0; STATES]; 2];
        let mut scores = [[0; STATES]; 2];
        let mut far = [false; STATES];
        for at in 0..STATES {
            (signs[at], distances[at]) = (residuals[at].signum() | 1, residuals[at].abs());
        }
        for at in 0..STATES {
            let codebook = State::EACH[at].codebook();
            let near = &costs.near[codebook * costs.scales + usize::from(scales[at])];
            let other = (1 + signs[at]) as usize;
            codewords[at] = near.codeword;
            (rates[0][at], rates[1][at]) = (near.rates[1], near.rates[other]);
            (scores[0][at], scores[1][at]) = (near.scores[1], near.scores[other]);
            far[at] = distances[at] >= costs.points[codebook];
        }
        let mut branches = Self {
            costs: [*paths; 2],
            labels: [[0; STATES], signs],
            codewords: [[0; STATES]; 2],
            scores,
        };
        for at in 0..STATES {
            branches.codewords[1][at] = signs[at] * codewords[at];
            branches.costs[0][at] += cost(distances[at], 0, rates[0][at], worth);
            branches.costs[1][at] += cost(distances[at], codewords[at], rates[1][at], worth);
        }
        if far.contains(&true) {
            for state in State::all().filter(|state| far[state.index()]) {
                let at = state.index();
                branches.far(costs, state, paths[at], residuals[at], worth, scales[at]);
            }
        }
        branches
    }

    /// The branches of a state where another label than −1, 0 and 1 may be the best one.
    fn far(
        &mut self,
        costs: &Costs,
        state: State,
        path: i64,
        residual: i32,
        worth: i32,
        scale: u16,
    ) {
        let (codebook, at, scale) = (state.codebook(), state.index(), scale.into());
        let (tables, codewords) = (costs.tables, costs.codewords);
        let (sign, distance) = (residual.signum() | 1, residual.abs());
        let table = tables.get(codebook, scale);
        let of = |magnitude: i32| {
            let codeword = codewords.get(codebook, scale, magnitude);
            let rate = table.cost(sign * magnitude) as i32;
            let cost = cost(distance, codeword, rate, worth);
            (cost, sign * magnitude, sign * codeword)
        };
        // The point below; the better one of those beside it, whose labels lead to another state.
        let below = codewords.magnitude_below(codebook, distance.into());
        let beside = [below - 1, below + 1].map(of);
        let beside = beside[usize::from(beside[1].0 < beside[0].0)];
        let parity = (below & 1) as usize;
        for (odd, (cost, label, codeword)) in [(parity, of(below)), (1 - parity, beside)] {
            self.costs[odd][at] = path + cost;
            self.labels[odd][at] = label;
            self.codewords[odd][at] = codeword;
            self.scores[odd][at] = tables.score(codebook, scale, label);
        }
    }

    /// The cheapest of them to each state; of two that cost the same, the one from the first state.
    #[inline(always)]
    pub(super) fn best(&self) -> Best {
        let [evens, odds] = &self.costs;
        let mut odd = [false; STATES];
        for (to, odd) in odd.iter_mut().enumerate() {
            let [by_even, by_odd] = [BEFORE[0][to], BEFORE[1][to]];
            *odd = odds[by_odd] < evens[by_even] + i64::from(by_odd < by_even);
        }
        let mut best = Best {
            costs: along(&odd, evens, odds),
            labels: along(&odd, &self.labels[0], &self.labels[1]),
            codewords: along(&odd, &self.codewords[0], &self.codewords[1]),
            scores: along(&odd, &self.scores[0], &self.scores[1]),
            odd,
        };
        for cost in &mut best.costs {
            *cost = NO_PATH.min(*cost);
        }
        best
    }
}

impl Best {
    /// What the states before have of `values`.
    #[inline(always)]
    pub(super) fn from<T: Copy + Default>(&self, values: &[T; STATES]) -> [T; STATES] {
        along(&self.odd, values, values)
    }

    /// The states before.
    #[inline(always)]
    pub(super) fn before(&self) -> [State; STATES] {
        self.from(&State::EACH)
    }
}

/// Squared quantiser steps, Q12, of a label that stands for `codeword` and takes `rate` bits (Q8, below 2^14). A bit is worth less than a squared step.
#[inline(always)]
fn cost(distance: i32, codeword: i32, rate: i32, worth: i32) -> i64 {
    i64::from(distance - codeword).pow(2) + i64::from((rate * worth) >> 8)
}

/// To each state, what the state before it has of the values by its label's parity.
#[inline(always)]
fn along<T: Copy + Default>(
    odd: &[bool; STATES],
    evens: &[T; STATES],
    odds: &[T; STATES],
) -> [T; STATES] {
    let mut values = [T::default(); STATES];
    for (to, value) in values.iter_mut().enumerate() {
        let (even, other) = (evens[BEFORE[0][to]], odds[BEFORE[1][to]]);
        *value = if odd[to] { other } else { even };
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{tiny, Rng};

    /// The best label of one path to a state: the same without arrays.
    fn plainly(
        costs: &Costs,
        to: State,
        (path, residual, worth, scale): (&[i64], &[i32], i32, &[u16]),
    ) -> (State, i64, i32, i32) {
        let mut best = (State::default(), i64::MAX, 0, 0);
        for before in State::all() {
            let (at, codebook) = (before.index(), before.codebook());
            let scale = usize::from(scale[at]);
            let table = costs.tables.get(codebook, scale);
            let distance = residual[at].abs().into();
            let below = costs.codewords.magnitude_below(codebook, distance);
            for magnitude in [below, below - 1, below + 1] {
                let label = if residual[at] < 0 {
                    -magnitude
                } else {
                    magnitude
                };
                let codeword = costs.codewords.get(codebook, scale, label);
                let error = i64::from(residual[at] - codeword).pow(2);
                let rate = (i64::from(table.cost(label)) * i64::from(worth)) >> 8;
                let cost = path[at] + error + rate;
                if magnitude >= 0 && before.after(label) == to && cost < best.1 {
                    best = (before, cost, label, codeword);
                }
            }
        }
        best
    }

    #[test]
    fn the_best_of_all_states_are_found_at_once() {
        let model = tiny(1);
        let tables = model.label_tables();
        let codewords = Codewords::new(&model.tables, model.spacing);
        let costs = Costs::new(&tables, &codewords);
        let rng = &mut Rng(3);
        let mut labels = [0; 4];
        for range in [1, 40, 90, 300, 1 << 24] {
            for _ in 0..200 {
                let mut of = |low, high| [0; STATES].map(|_: i32| rng.range(low, high) as i32);
                let (residuals, paths) = (of(-range, range), of(0, 3_000).map(i64::from));
                let scales = of(1, tables.scales() as i64 - 1).map(|scale| scale as u16);
                let worth = of(0, 450)[0];
                let best = Branches::new(&costs, &paths, &residuals, worth, &scales).best();
                let residuals_before = best.from(&residuals);
                for to in State::all() {
                    let of = (&paths[..], &residuals[..], worth, &scales[..]);
                    let (before, cost, label, codeword) = plainly(&costs, to, of);
                    let at = to.index();
                    assert_eq!(best.before()[at], before);
                    assert_eq!(best.costs[at], cost);
                    assert_eq!((best.labels[at], best.codewords[at]), (label, codeword));
                    assert_eq!(residuals_before[at], residuals[before.index()]);
                    let scale = scales[before.index()].into();
                    let score = tables.score(before.codebook(), scale, label);
                    assert_eq!(best.scores[at], score);
                    labels[label.unsigned_abs().min(3) as usize] += 1;
                }
            }
        }
        assert!(labels.into_iter().all(|count| count > 100), "{labels:?}");
    }

    #[test]
    fn there_is_no_path_where_none_leads() {
        let model = tiny(1);
        let tables = model.label_tables();
        let codewords = Codewords::new(&model.tables, model.spacing);
        let mut paths = [NO_PATH; STATES];
        paths[0] = 7;
        let costs = Costs::new(&tables, &codewords);
        let best = Branches::new(&costs, &paths, &[5; STATES], 100, &[1; STATES]).best();
        let [even, odd] = [0, 1].map(|label| State::EACH[0].after(label));
        for state in State::all() {
            let there = [even, odd].contains(&state);
            assert_eq!(best.costs[state.index()] < NO_PATH, there);
        }
    }
}
