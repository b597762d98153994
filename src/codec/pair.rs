//! A pair of channels at a position: what is expected of it, its labels, its latents (SPEC.md sections 8 and 9).

use super::adaptation::Adaptation;
use super::correction::Correction;
use super::quantiser::Quantiser;
use crate::entropy::{LabelDecoder, LabelEncoder, LabelTable, LabelTables, LABEL_MAX};
use crate::Result;

/// Where labels come from: a stream, an encoder's choice, what is left of a damaged file, or chance.
pub(super) trait LabelSource: Send {
    /// Whether pairs both of whose labels are certainly 0 can be passed over.
    const SKIPS_CERTAIN: bool = true;

    /// A coding step begins (number 0 comes after the hyper-latents).
    fn begin_step(&mut self, step: usize) -> Result<()>;
    /// Labels of the pair `at`; `None` if they are lost.
    fn next_pair(
        &mut self,
        quantiser: &Quantiser,
        at: PairIndex,
        p: &Prediction<'_>,
    ) -> Result<Option<[i32; 2]>>;
}

/// Which pair it is.
#[derive(Clone, Copy)]
pub(super) struct PairIndex {
    pub(super) kind: LatentKind,
    /// Counted row by row.
    pub(super) position: usize,
    /// Channels 2 · pair and 2 · pair + 1.
    pub(super) pair: usize,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum LatentKind {
    Hyper,
    Latents,
}

/// What the context model says of a pair's two channels.
pub(super) struct Prediction<'m> {
    /// μ, Q6 quantiser steps.
    means: [i64; 2],
    /// Which of `tables` are theirs. 0: the label is certainly 0.
    numbers: [usize; 2],
    tables: &'m LabelTables,
    adaptation: Adaptation,
}

impl<'m> Prediction<'m> {
    /// The prediction from μ (Q6 quantiser steps) and the numbers of the tables, before they are corrected, of both channels.
    #[inline]
    pub(super) fn new(
        correction: &Correction<'m>,
        pair: usize,
        adaptation: Adaptation,
        means: [i32; 2],
        expected: [u16; 2],
    ) -> Self {
        let number = |d: usize| correction.table(2 * pair + d, expected[d].into());
        Self {
            means: means.map(i64::from),
            numbers: [number(0), number(1)],
            tables: correction.tables(),
            adaptation,
        }
    }

    /// The pair's labels from a stream.
    #[inline]
    pub(super) fn read(&self, decoder: &mut LabelDecoder<'_>) -> Result<[i32; 2]> {
        self.labels(|table| decoder.decode(table))
    }

    /// The pair's labels, each as `next` gives it for its table.
    #[inline]
    pub(super) fn labels(
        &self,
        mut next: impl FnMut(&LabelTable) -> Result<i32>,
    ) -> Result<[i32; 2]> {
        let mut label = |number: usize| match number {
            0 => Ok(0),
            _ => next(&self.tables[number]),
        };
        Ok([label(self.numbers[0])?, label(self.numbers[1])?])
    }

    /// Appends the pair's labels to a stream.
    pub(super) fn write(&self, encoder: &mut LabelEncoder, labels: [i32; 2]) {
        for (label, table) in labels.into_iter().zip(self.tables()) {
            if let Some(table) = table {
                encoder.encode(table, label);
            }
        }
    }

    /// `None`: the label is certainly 0.
    pub(super) fn tables(&self) -> [Option<&'m LabelTable>; 2] {
        self.numbers
            .map(|number| (number > 0).then(|| &self.tables[number]))
    }

    /// How far `values` (Q6 quantiser steps) are from what is expected, in adapted steps; for encoders.
    pub(super) fn residual(&self, values: [i64; 2]) -> [i64; 2] {
        [0, 1].map(|d| self.adaptation.reduce(values[d] - self.means[d]))
    }

    /// By how many bits labels grow per unit of each latent (Q3), at residuals from [`Self::residual`]: between integers, the rate is taken to
    /// rise on a line.
    pub(super) fn slopes(
        &self,
        quantiser: &Quantiser,
        pair: usize,
        residual: [i64; 2],
    ) -> [f32; 2] {
        let tables = self.tables();
        [0, 1].map(|d| {
            let Some(table) = tables[d] else { return 0.0 };
            let limit = i64::from(LABEL_MAX) - 1;
            let label = (residual[d] >> 6).clamp(-limit, limit) as i32;
            let bits = (table.cost(label + 1) as f32 - table.cost(label) as f32) / 256.0;
            bits * quantiser.steps_per_unit(2 * pair + d) / self.adaptation.ratio()
        })
    }

    /// Learns from the pair's labels.
    #[inline]
    pub(super) fn learn(&self, correction: &mut Correction, pair: usize, labels: [i32; 2]) {
        for (d, label) in labels.into_iter().enumerate() {
            if self.numbers[d] > 0 {
                correction.learn(2 * pair + d, self.numbers[d], label);
            }
        }
    }

    /// What the pair's two channels are with this codeword: v̂, Q6 quantiser steps.
    #[inline]
    pub(super) fn values(&self, word: [i32; 2]) -> [i64; 2] {
        [0, 1].map(|d| self.means[d] + self.adaptation.expand(word[d].into()))
    }
}
