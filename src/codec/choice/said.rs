//! What labels have said of later channels while a path through them is looked for.
//!
//! Paths to different states have had different labels, but hardly ever different ones further back: the last ones are kept for each state, and those
//! before are taken to be what the cheapest path had. So a search may misjudge what was said a little; what is coded is not touched by it.

use crate::codec::across::{said, Across, Said};
use crate::codec::trellis::{State, STATES};

/// So many labels are kept for each state.
const KEPT: usize = 16;

/// See the module.
#[derive(Default)]
pub(super) struct SaidSoFar {
    /// What labels that are not kept any more say of each channel, [`Across::add`].
    sums: Vec<i32>,
    /// Labels so far.
    count: usize,
    /// The channels of the labels that are kept; number n is at n modulo [`KEPT`].
    channels: [usize; KEPT],
    /// Where their weights are, [`Across::place`].
    weights: [usize; KEPT],
    /// What they had beyond their means, by the best path to each state.
    kept: [[i16; KEPT]; STATES],
}

impl SaidSoFar {
    /// A position begins, with so many channels.
    pub(super) fn begin(&mut self, channels: usize) {
        self.sums.clear();
        self.sums.resize(channels, 0);
        self.count = 0;
        self.kept = Default::default();
    }

    /// What has been said of a channel, Q6 quantiser steps, on the path to each state.
    #[inline(always)]
    pub(super) fn of(&self, across: &Across, channel: usize) -> [i32; STATES] {
        let mut weights = [0; KEPT];
        for (weight, &place) in weights.iter_mut().zip(&self.weights).take(self.count) {
            *weight = across.weight(place, channel);
        }
        let before = self.sums[channel];
        let mut all = [0; STATES];
        for (of_state, kept) in all.iter_mut().zip(&self.kept) {
            let products = kept.iter().zip(&weights);
            let sum: i32 = products.map(|(&b, &w)| i32::from(b) * i32::from(w)).sum();
            *of_state = said(before + sum);
        }
        all
    }

    /// Paths go on: to each state from the one `before` it, by a label of `channel` that had so much `beyond` its mean. `best` is the state that the
    /// cheapest path has led to.
    #[inline(always)]
    pub(super) fn extend(
        &mut self,
        across: &Across,
        channel: usize,
        best: State,
        before: &[State; STATES],
        beyond: &[i16; STATES],
    ) {
        let place = self.count % KEPT;
        let said = Said {
            channel: self.channels[place],
            beyond: self.kept[best.index()][place],
        };
        if self.count >= KEPT && said.beyond != 0 {
            across.add(said, &mut self.sums);
        }
        self.channels[place] = channel;
        self.weights[place] = across.place(channel);
        let known = self.kept;
        for (kept, (before, &beyond)) in self.kept.iter_mut().zip(before.iter().zip(beyond)) {
            *kept = known[before.index()];
            kept[place] = beyond;
        }
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::quantiser::Quantiser;
    use crate::model::Codewords;
    use crate::nn::Kernels;
    use crate::testing::{tiny, Rng};

    /// Along one path, whatever is kept and whatever is not, as a decoder adds it up.
    #[test]
    fn a_search_expects_what_decoders_add() {
        const CHANNELS: usize = 40;
        let rng = &mut Rng(5);
        let mut block = tiny(1).y;
        block.step = (0..CHANNELS).map(|_| rng.range(1, 65_535) as u16).collect();
        block.channels = CHANNELS as u16;
        for table in [&mut block.gain, &mut block.mean_gain, &mut block.norm] {
            *table = vec![1; CHANNELS];
        }
        block.log_scale = vec![0; CHANNELS];
        let codewords = Codewords::new(&[Vec::new(), Vec::new()], 36);
        let weights = (0..CHANNELS * (CHANNELS - 1) / 2).map(|_| rng.range(-16_384, 16_384) as i16);
        let weights: Vec<i16> = weights.collect();
        for kernels in Kernels::available() {
            let quantiser = Quantiser::new(&block, &codewords, 0, 0, 9, kernels);
            let across = Across::new(&weights, 0..CHANNELS, &quantiser, kernels).unwrap();
            let mut so_far = SaidSoFar::default();
            so_far.begin(CHANNELS);
            let (mut labels, mut sums) = (Vec::new(), Vec::new());
            let rng = &mut Rng(6);
            for channel in 0..CHANNELS {
                across.add_up(&labels, &mut sums);
                let expected = said(sums[channel]);
                assert_eq!(so_far.of(&across, channel), [expected; STATES], "{channel}");
                let beyond = rng.range(-9_000, 9_000) as i32;
                let label = Said::new(channel, beyond);
                labels.push(label);
                let before = [State::default(); STATES];
                let best = State::default();
                so_far.extend(&across, channel, best, &before, &[label.beyond; STATES]);
            }
            assert!(sums.iter().any(|sum| sum.abs() > 1 << 20));
        }
    }
}
