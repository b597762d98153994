//! A pair of channels at a position: what is expected of it, its labels, its latents (SPEC.md sections 8 and 9).

use super::adaptation::Adaptation;
use super::correction::Correction;
use super::expected::Expected;
use super::predictor::Predictor;
use super::quantiser::Quantiser;
use super::trellis::State;
use crate::entropy::{LabelDecoder, LabelEncoder, LabelTable, LabelTables};
use crate::Result;

/// Where labels come from: a stream, an encoder's choice, what is left of a damaged file, or chance.
pub(super) trait LabelSource: Send {
    /// A coding step begins (number 0 comes after the hyper-latents).
    fn begin_step(&mut self, step: usize) -> Result<()>;
    /// A position begins. For those that choose labels, which have to look ahead: they know all that is expected there.
    fn begin_position(&mut self, _ahead: &Ahead) {}
    /// A position ends: `done` has what its channels have become. For those that weigh what they have chosen.
    fn end_position(&mut self, _: &Quantiser, _done: &Expected, _: LatentKind, _position: usize) {}
    /// Labels of the pair `at`; `None` if they are lost.
    fn next_pair(
        &mut self,
        quantiser: &Quantiser,
        at: PairIndex,
        p: &Prediction<'_>,
    ) -> Result<Option<[i32; 2]>>;
}

/// Where labels are coded.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) kind: LatentKind,
    /// Counted row by row.
    pub(super) position: usize,
    /// What comes after it.
    pub(super) later: &'a Later<'a>,
}

/// Makes what the context model expects at the n-th position after the one that is being coded (0: at that one), and gives that position; `None` if
/// it isn't known yet.
pub(super) type Later<'a> = dyn Fn(usize, &mut Expected) -> Option<usize> + 'a;

impl<'a> Place<'a> {
    pub(super) fn new(kind: LatentKind, position: usize, later: &'a Later<'a>) -> Self {
        Self {
            kind,
            position,
            later,
        }
    }
}

/// What is known when a position begins.
pub(super) struct Ahead<'a> {
    pub(super) quantiser: &'a Quantiser<'a>,
    pub(super) predictor: &'a Predictor<'a>,
    pub(super) correction: &'a Correction<'a>,
    pub(super) expected: &'a Expected,
    pub(super) place: Place<'a>,
    pub(super) state: State,
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

/// What the context model says of the labels of a pair's two channels.
pub(super) struct Prediction<'m> {
    /// At which scales the labels are coded. 0: the label is certainly 0.
    scales: [usize; 2],
    tables: &'m LabelTables,
    adaptation: Adaptation,
    /// Before the first label.
    state: State,
}

/// A label of a pair that is coded, and how.
pub(super) struct CodedLabel {
    /// 0 or 1: which of the pair's channels.
    pub(super) channel: usize,
    pub(super) codebook: usize,
    pub(super) scale: usize,
    pub(super) label: i32,
}

impl<'m> Prediction<'m> {
    /// The prediction from the scales of both channels, before they are corrected.
    #[inline]
    pub(super) fn new(
        correction: &Correction<'m>,
        pair: usize,
        adaptation: Adaptation,
        expected: [u16; 2],
        state: State,
    ) -> Self {
        let scale = |d: usize| correction.scale(2 * pair + d, expected[d]);
        Self {
            scales: [scale(0), scale(1)],
            tables: correction.tables(),
            adaptation,
            state,
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
        let mut state = self.state;
        let mut label = |scale: usize| {
            if scale == 0 {
                return Ok(0);
            }
            let label = next(self.tables.get(state.codebook(), scale))?;
            state = state.after(label);
            Ok(label)
        };
        Ok([label(self.scales[0])?, label(self.scales[1])?])
    }

    /// Appends the pair's labels to a stream.
    pub(super) fn write(&self, encoder: &mut LabelEncoder, labels: [i32; 2]) {
        self.coded(labels, |coded| {
            encoder.encode(self.tables.get(coded.codebook, coded.scale), coded.label);
        });
    }

    /// Calls `each` with those labels that are coded, and gives the state after them.
    #[inline]
    pub(super) fn coded(&self, labels: [i32; 2], mut each: impl FnMut(CodedLabel)) -> State {
        let mut state = self.state;
        for (channel, (label, scale)) in labels.into_iter().zip(self.scales).enumerate() {
            if scale > 0 {
                each(CodedLabel {
                    channel,
                    codebook: state.codebook(),
                    scale,
                    label,
                });
                state = state.after(label);
            }
        }
        state
    }

    /// By how many bits labels grow per unit of each latent (Q3), at residuals in adapted steps (Q6): the mean over both codebooks, since any
    /// change of labels before may choose the other one. Between the points of a codebook, the rate is taken to rise on a line.
    pub(super) fn slopes(
        &self,
        quantiser: &Quantiser,
        pair: usize,
        residual: [i64; 2],
    ) -> [f32; 2] {
        [0, 1].map(|d| {
            if self.scales[d] == 0 {
                return 0.0;
            }
            let distance = residual[d].abs();
            let rises = [0, 1].map(|codebook| {
                let table = self.tables.get(codebook, self.scales[d]);
                let below = quantiser.magnitude_below(codebook, distance);
                let [low, high] = [below, below + 1].map(|m| quantiser.point(codebook, m));
                let bits = table.cost(below + 1) as f32 - table.cost(below) as f32;
                // Q8 bits per Q6 steps.
                bits / (4 * (high - low)) as f32
            });
            let per_step = (rises[0] + rises[1]) / 2.0 * residual[d].signum() as f32;
            per_step * quantiser.steps_per_unit(2 * pair + d) / self.adaptation.ratio()
        })
    }

    /// Learns from the pair's labels, and gives their codewords and the state after them.
    #[inline]
    pub(super) fn take(
        &self,
        quantiser: &Quantiser,
        correction: &mut Correction,
        pair: usize,
        labels: [i32; 2],
    ) -> ([i32; 2], State) {
        let mut codewords = [0; 2];
        let state = self.coded(labels, |coded| {
            let CodedLabel {
                channel,
                codebook,
                scale,
                label,
            } = coded;
            correction.learn(2 * pair + channel, codebook, scale, label);
            if label != 0 {
                codewords[channel] = quantiser.codeword(codebook, scale, label);
            }
        });
        (codewords, state)
    }
}
