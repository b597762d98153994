//! What paths have come by: their labels, from which they are read backwards.

use crate::codec::trellis::{State, STATES};

/// The labels of the best path to each state, one channel after the other.
#[derive(Default)]
pub(super) struct Trail(Vec<Step>);

/// A channel, and what the best path to each state after it ends with.
pub(super) struct Step {
    /// Counted from the first one of the coding step.
    pub(super) channel: usize,
    pub(super) before: [State; STATES],
    pub(super) labels: [i32; STATES],
    /// How far the latent is from what is expected by the labels before: Q6, adapted quantiser steps.
    pub(super) residuals: [i32; STATES],
    /// What the labels stand for, likewise.
    pub(super) codewords: [i32; STATES],
}

/// What a path has at a step, as in [`Step`].
pub(super) struct PathLabel {
    pub(super) channel: usize,
    pub(super) label: i32,
    pub(super) residual: i32,
    pub(super) codeword: i32,
}

impl Trail {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline(always)]
    pub(super) fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    /// The labels of the path to `state`, the last one first.
    pub(super) fn back(&self, state: usize) -> impl Iterator<Item = PathLabel> + '_ {
        back(&self.0, state)
    }

    /// To which states the first `count` labels lead of the paths that have come to `states` now.
    pub(super) fn been(&self, count: usize, states: [usize; STATES]) -> [usize; STATES] {
        let mut been = states;
        let mut later = self.0[count..].iter().rev();
        // Paths have mostly been one not long ago.
        while been.iter().any(|&state| state != been[0]) {
            let Some(step) = later.next() else {
                return been;
            };
            been = been.map(|state| step.before[state].index());
        }
        [later.fold(been[0], |state, step| step.before[state].index()); STATES]
    }

    /// Takes the first `count` labels, those of the path that they lead to `state`.
    pub(super) fn take(&mut self, count: usize, state: usize, each: impl FnMut(PathLabel)) {
        back(&self.0[..count], state).for_each(each);
        self.0.drain(..count);
    }
}

fn back(steps: &[Step], mut state: usize) -> impl Iterator<Item = PathLabel> + '_ {
    steps.iter().rev().map(move |step| {
        let label = PathLabel {
            channel: step.channel,
            label: step.labels[state],
            residual: step.residuals[state],
            codeword: step.codewords[state],
        };
        state = step.before[state].index();
        label
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Rng;

    /// A trail of random branches, and the labels of each path by its state.
    fn random(steps: usize) -> (Trail, [Vec<i32>; STATES], Vec<[usize; STATES]>) {
        let rng = &mut Rng(11);
        let (mut trail, mut paths) = (Trail::default(), [(); STATES].map(|()| Vec::new()));
        // Where the path to each state was after each step.
        let mut been: [Vec<usize>; STATES] = [(); STATES].map(|()| Vec::new());
        for channel in 0..steps {
            let odd = [(); STATES].map(|()| rng.range(0, 1));
            let before: [State; STATES] =
                std::array::from_fn(|at| State::EACH[at].before()[odd[at] as usize]);
            let labels = [(); STATES].map(|()| rng.range(-9, 9) as i32);
            let (known, known_been) = (paths.clone(), been.clone());
            for at in 0..STATES {
                paths[at] = known[before[at].index()].clone();
                paths[at].push(labels[at]);
                been[at] = known_been[before[at].index()].clone();
                been[at].push(at);
            }
            trail.push(Step {
                channel,
                before,
                labels,
                residuals: labels.map(|label| 7 * label),
                codewords: labels.map(|label| 5 * label),
            });
        }
        let been = (0..steps)
            .map(|n| std::array::from_fn(|at| been[at][n]))
            .collect();
        (trail, paths, been)
    }

    #[test]
    fn paths_are_read_backwards_and_taken_from_the_front() {
        const STEPS: usize = 40;
        let each: [usize; STATES] = std::array::from_fn(|at| at);
        for count in [1, 20, 38, 40] {
            let (mut trail, paths, been) = random(STEPS);
            let states = trail.been(count, each);
            assert_eq!(states, been[count - 1]);
            for (state, path) in paths.iter().enumerate() {
                let labels: Vec<i32> = trail.back(state).map(|at| at.label).collect();
                assert!(labels.iter().rev().eq(path), "{state}");
            }
            let mut first = Vec::new();
            trail.take(count, states[3], |at| {
                assert_eq!((at.residual, at.codeword), (7 * at.label, 5 * at.label));
                first.push((at.channel, at.label));
            });
            let taken = paths[3][..count].iter().copied().enumerate().rev();
            assert!(first.into_iter().eq(taken), "{count}");
            assert_eq!(trail.len(), STEPS - count);
            let rest = trail.back(3).map(|at| at.label);
            assert!(rest.eq(paths[3][count..].iter().rev().copied()));
        }
    }
}
