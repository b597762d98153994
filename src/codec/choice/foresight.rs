//! An encoder's choice of labels, position by position: a position's are chosen when all paths (`path`) agree on them, or have come far beyond it.
//!
//! The last labels of a position choose the codebooks of the next one's first ones. Chosen without regard for these, they would take 1 % more bits at
//! equal PSNR and 3 to 4 % more at equal SSIMULACRA2 (docs/notes/generation-2.md). Where positions listen to what was missed at the one before
//! (`feedback`), paths cannot know what is expected of those ahead before labels are chosen: there, they begin anew at each position, and take what the
//! cheapest of them has missed so far.

use std::collections::VecDeque;

use super::path::{PathSearch, Stage};
use crate::codec::expected::Expected;
use crate::codec::pair::Ahead;
use crate::codec::search::RateBias;
use crate::entropy::LabelTables;
use crate::model::Codewords;
use crate::nn::Tensor;

/// So many coded labels later, the cheapest path's are chosen whether all agree or not: to go on hardly gains anything.
const LABELS: usize = 60;
/// As many positions are looked at ahead, at most ...
const POSITIONS: usize = 64;
/// ... and where paths begin anew at each position.
const POSITIONS_ANEW: usize = 4;

/// See the module.
pub(super) struct Foresight<'m> {
    search: PathSearch<'m>,
    /// Where paths have come through since the last position that was chosen.
    passed: VecDeque<Passed>,
    /// Labels that are coded at all of these.
    labels_ahead: usize,
    /// What is expected at the last one.
    expected: Expected,
    /// Where positions listen to others: what the context model alone expects there, and by how much it is exceeded on the cheapest path.
    means: Vec<i32>,
    errors: Vec<i32>,
    chosen: Chosen,
}

struct Passed {
    position: usize,
    /// How many of its labels are coded.
    labels: usize,
}

/// What has been chosen at a position, channel by channel.
#[derive(Default)]
struct Chosen {
    /// The first channel.
    first: usize,
    labels: Vec<i32>,
    /// How far these are from what is expected, by the labels before: Q6, adapted quantiser steps. Of those that are coded.
    residuals: Vec<i32>,
}

impl<'m> Foresight<'m> {
    /// For labels that are coded by `tables` and stand for `codewords`.
    pub(super) fn new(tables: &'m LabelTables, codewords: &'m Codewords) -> Self {
        Self {
            search: PathSearch::new(tables, codewords),
            passed: VecDeque::new(),
            labels_ahead: 0,
            expected: Expected::default(),
            means: Vec::new(),
            errors: Vec::new(),
            chosen: Chosen::default(),
        }
    }

    /// Chooses the labels of a position of `latents` (Q3).
    pub(super) fn choose(&mut self, ahead: &Ahead, bias: &RateBias, latents: &Tensor) {
        // What paths have expected at positions that listen is not quite right any more once one is chosen.
        let listens = ahead.predictor.listens();
        let passed = self
            .passed
            .front()
            .is_some_and(|p| p.position == ahead.place.position);
        if listens || !passed {
            self.passed.clear();
            self.labels_ahead = 0;
            self.search.begin(ahead);
            self.pass(ahead, bias, latents);
        }
        let first = self.passed[0].labels;
        let positions = if listens { POSITIONS_ANEW } else { POSITIONS };
        while !self.search.agree(first)
            && self.labels_ahead < first + LABELS
            && self.passed.len() <= positions
            && self.pass(ahead, bias, latents)
        {}
        self.take(ahead.expected);
    }

    /// Paths go through the next position; `false` if nothing is known of it yet.
    fn pass(&mut self, ahead: &Ahead, bias: &RateBias, latents: &Tensor) -> bool {
        let Some(position) = (ahead.place.later)(self.passed.len(), &mut self.expected) else {
            return false;
        };
        let before = self.passed.back().map_or(position, |p| p.position);
        let listens = ahead.predictor.listens();
        if listens {
            self.means.clone_from(&self.expected.means);
            let before = (before, &self.errors[..]);
            ahead
                .predictor
                .foresee(position, before, &mut self.expected);
        }
        let stage = Stage {
            expected: &self.expected,
            position,
            before,
            wanted: &latents.data[position * latents.channels..][..latents.channels],
        };
        let labels = self.search.pass(ahead, stage, bias);
        if listens {
            self.errors = self.search.errors(ahead, stage, labels, &self.means);
        }
        self.passed.push_back(Passed { position, labels });
        self.labels_ahead += labels;
        true
    }

    /// Takes the labels of the first position that paths have passed.
    fn take(&mut self, expected: &Expected) {
        let Chosen {
            first,
            labels,
            residuals,
        } = &mut self.chosen;
        *first = expected.first;
        for values in [&mut *labels, &mut *residuals] {
            values.clear();
            values.resize(expected.scales.len(), 0);
        }
        let count = self
            .passed
            .pop_front()
            .expect("a position was passed")
            .labels;
        self.labels_ahead -= count;
        self.search.take(count, |at| {
            labels[at.channel] = at.label;
            residuals[at.channel] = at.residual;
        });
    }

    /// The labels chosen for a pair of channels.
    pub(super) fn labels(&self, pair: usize) -> [i32; 2] {
        let index = 2 * pair - self.chosen.first;
        [self.chosen.labels[index], self.chosen.labels[index + 1]]
    }

    /// The same of how far these are from what is expected: Q6, adapted quantiser steps. 0 for labels that are not coded.
    pub(super) fn residual(&self, pair: usize) -> [i64; 2] {
        let index = 2 * pair - self.chosen.first;
        [
            self.chosen.residuals[index],
            self.chosen.residuals[index + 1],
        ]
        .map(i64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::adaptation::Adaptation;
    use crate::codec::correction::Correction;
    use crate::codec::pair::{LabelSource, LatentKind, PairIndex, Place, Prediction};
    use crate::codec::predictor::Predictor;
    use crate::codec::quantiser::Quantiser;
    use crate::codec::trellis::{State, STATES};
    use crate::model::ModelData;
    use crate::nn::{Kernels, Rect};
    use crate::testing::{tiny, Rng};
    use crate::Result;

    const CHANNELS: usize = 4;
    const PLACES: usize = 12;

    /// Writes down what is chosen.
    struct Recorder<'m> {
        foresight: Foresight<'m>,
        bias: RateBias,
        latents: Tensor,
        labels: Vec<i32>,
    }

    impl LabelSource for Recorder<'_> {
        fn begin_step(&mut self, _: usize) -> Result<()> {
            Ok(())
        }

        fn begin_position(&mut self, ahead: &Ahead) {
            self.foresight.choose(ahead, &self.bias, &self.latents);
        }

        fn next_pair(
            &mut self,
            _: &Quantiser,
            at: PairIndex,
            _: &Prediction<'_>,
        ) -> Result<Option<[i32; 2]>> {
            let labels = self.foresight.labels(at.pair);
            self.labels.extend(labels);
            Ok(Some(labels))
        }
    }

    /// A model whose scales are not corrected, at which a latent's unit is a quantiser step's.
    fn model() -> ModelData {
        let mut model = tiny(1);
        let block = &mut model.y;
        block.channels = CHANNELS as u16;
        (block.channel_rate, block.position_rate) = (0, 0);
        block.step = vec![256; CHANNELS];
        block.gain = vec![1 << 15; CHANNELS];
        block.mean_gain = vec![0; CHANNELS];
        block.log_scale = vec![0; CHANNELS];
        block.norm = vec![1; CHANNELS];
        model
    }

    /// What paths through labels of −3 to 3 cost at least.
    fn least(cost: impl Fn(usize, State, i32) -> i64, labels: usize) -> i64 {
        let mut costs = [i64::MAX; STATES];
        costs[State::default().index()] = 0;
        for number in 0..labels {
            let mut next = [i64::MAX; STATES];
            for state in State::all().filter(|state| costs[state.index()] < i64::MAX) {
                for label in -3..=3 {
                    let to = &mut next[state.after(label).index()];
                    *to = (*to).min(costs[state.index()] + cost(number, state, label));
                }
            }
            costs = next;
        }
        costs.into_iter().min().unwrap()
    }

    /// With foresight, labels of several positions are what they would be if all were looked for at once; without it, they cost more.
    #[test]
    fn labels_of_several_positions_are_the_best_together() {
        let model = model();
        let tables = model.label_tables();
        let codewords = Codewords::new(&model.tables, model.spacing);
        let scales = tables.scales();
        let quantiser = Quantiser::new(&model.y, &codewords, 300, 0, scales, Kernels::SCALAR);
        let (rng, mut without) = (&mut Rng(5), 0);
        for round in 0..20 {
            // Q10: scales 1 to 4.
            let log_scales: Vec<i16> = (0..CHANNELS * PLACES)
                .map(|_| rng.range(128, 4 * 128) as i16)
                .collect();
            let latents: Vec<i16> = (0..CHANNELS * PLACES)
                .map(|_| rng.range(-140, 140) as i16)
                .collect();
            let expect = |position: usize, to: &mut Expected| {
                let log_scales = &log_scales[CHANNELS * position..][..CHANNELS];
                quantiser.expect(0, &[0; CHANNELS], log_scales, Adaptation::NONE, to);
                position
            };
            let bias = RateBias::rising(CHANNELS);
            let cost = |number: usize, state: State, label: i32| {
                let (position, channel) = (number / CHANNELS, number % CHANNELS);
                let mut expected = Expected::default();
                expect(position, &mut expected);
                let (codebook, scale) = (state.codebook(), expected.scales[channel].into());
                let missed = i32::from(latents[number]) - codewords.get(codebook, scale, label);
                let rate = i64::from(tables.get(codebook, scale).cost(label));
                let worth = i64::from(bias.of(channel / 2));
                i64::from(missed).pow(2) + ((rate * worth) >> 8)
            };
            let choose = |foreseen: usize| {
                let mut source = Recorder {
                    foresight: Foresight::new(&tables, &codewords),
                    bias: RateBias::rising(CHANNELS),
                    latents: Tensor {
                        rect: Rect::of_size(PLACES, 1),
                        channels: CHANNELS,
                        data: latents.clone(),
                    },
                    labels: Vec::new(),
                };
                let mut correction = Correction::new(&model.y, &tables, (PLACES, 1));
                let (mut predictor, mut state) = (Predictor::none(), State::default());
                let mut expected = Expected::default();
                for position in 0..PLACES {
                    expect(position, &mut expected);
                    let later = |n: usize, to: &mut Expected| {
                        let known = n <= foreseen && position + n < PLACES;
                        known.then(|| expect(position + n, to))
                    };
                    expected
                        .code(
                            &quantiser,
                            &mut predictor,
                            &mut correction,
                            Place::new(LatentKind::Hyper, position, &later),
                            &mut source,
                            &mut state,
                        )
                        .unwrap();
                }
                let (mut state, mut sum) = (State::default(), 0);
                for (number, &label) in source.labels.iter().enumerate() {
                    sum += cost(number, state, label);
                    state = state.after(label);
                }
                sum
            };
            let least = least(cost, CHANNELS * PLACES);
            assert_eq!(choose(PLACES), least, "round {round}");
            without += choose(0) - least;
        }
        assert!(without > 20 * 4096 / 10, "{without}");
    }
}
