//! The context model at work on a tile: coding step after coding step, each predicted from the hyper-latents and the steps before.

use std::borrow::Cow;

use super::adaptation::Adaptation;
use super::correction::Correction;
use super::expected::Expected;
use super::pair::{LabelSource, LatentKind, Place};
use super::predictor::Predictor;
use super::session::Session;
use super::trellis::State;
use crate::model::networks::Step;
use crate::model::Parity;
use crate::nn::{Rect, Tensor};
use crate::Result;

/// Positions that a context network is run at together, while the labels of those before are read: enough for it to be worth
/// splitting over threads, few enough that a photo has many such parts. Does not change labels.
const POSITIONS: usize = 512;

/// What is known of a tile while its steps are coded.
pub(super) struct Context<'m> {
    session: &'m Session<'m>,
    /// [ψ | n̂] per position, with a border of one zero position all around.
    features: Tensor,
    /// Channels of ψ.
    first: usize,
    coded: Coded<'m>,
}

/// What the labels so far have given.
struct Coded<'m> {
    session: &'m Session<'m>,
    correction: Correction<'m>,
    /// Of the coding step.
    state: State,
    /// ŷ, the tile's window at the origin.
    latents: Tensor,
}

impl<'m> Context<'m> {
    pub(super) fn new(session: &'m Session<'m>, psi: &Tensor) -> Self {
        let (model, channels) = (session.model, session.y.channels());
        let Rect { width, height, .. } = psi.rect;
        let bordered = Rect {
            x: -1,
            y: -1,
            width: width + 2,
            height: height + 2,
        };
        let first = psi.channels;
        let mut features = Tensor::zeros(bordered, first + channels);
        for y in 0..height as i32 {
            for x in 0..width as i32 {
                let to = features.offset(x, y);
                features.data[to..to + first].copy_from_slice(psi.row(y, x, x + 1));
            }
        }
        Self {
            session,
            features,
            first,
            coded: Coded {
                session,
                latents: Tensor::zeros(psi.rect, channels),
                correction: Correction::new(&model.y, &model.tables, (width, height)),
                state: State::default(),
            },
        }
    }

    /// ŷ (Q3) of what has been coded, 0 elsewhere.
    pub(super) fn into_latents(self) -> Tensor {
        self.coded.latents
    }

    pub(super) fn code_step(&mut self, step: usize, labels: &mut impl LabelSource) -> Result<()> {
        let session = self.session;
        let (step, quality) = (&session.model.networks.steps[step], session.quality);
        let extent = self.coded.latents.rect;
        let mut predictor = Predictor::new(
            &step.prediction,
            (step.channels.clone(), step.parity),
            (extent.width, extent.height),
            &session.y,
            session.kernels(),
        );
        let covered = positions(extent, step.parity);
        let seen = step
            .network
            .before_neighbours(&self.features, quality, &session.scratch);
        let predict =
            |part: &[(i32, i32)]| step.network.run_at(&seen, part, quality, &session.scratch);
        self.coded.state = State::default();
        let mut parts = covered.chunks(POSITIONS);
        let mut predicted = parts.next().map(|part| (part, predict(part)));
        // Labels come one after the other; meanwhile other threads predict the next ones.
        while let Some((part, parameters)) = predicted {
            session.cancel.check()?;
            let (coded, next) = rayon::join(
                || {
                    let at = (part, &parameters.data[..]);
                    self.coded.code(step, &mut predictor, at, labels)
                },
                || parts.next().map(|part| (part, predict(part))),
            );
            session.scratch.keep(parameters);
            coded?;
            predicted = next;
        }
        if let Cow::Owned(seen) = seen {
            session.scratch.keep(seen);
        }
        // Only now: no position of a step sees another one of the same step.
        for (x, y) in covered {
            let to = self.features.offset(x, y) + self.first;
            let from = self.coded.latents.offset(x, y);
            let (start, count) = (step.channels.start, step.channels.len());
            let latents = &self.coded.latents.data[from + start..][..count];
            let features = &mut self.features.data[to + start..][..count];
            session.y.normalise(start, latents, features);
        }
        Ok(())
    }
}

impl Coded<'_> {
    /// Codes a step at some positions; `parameters` are the network's for each, [μ of the step's channels, log2 σ].
    fn code(
        &mut self,
        step: &Step,
        predictor: &mut Predictor,
        (positions, parameters): (&[(i32, i32)], &[i16]),
        labels: &mut impl LabelSource,
    ) -> Result<()> {
        let quantiser = &self.session.y;
        let (start, count) = (step.channels.start, step.channels.len());
        let by = match self.session.uniform_steps {
            true => 0,
            false => step.adaptation,
        };
        let width = self.latents.rect.width;
        let expect = |index: usize, to: &mut Expected| {
            let parameters = &parameters[2 * count * index..][..2 * count];
            let (means, log_scales) = parameters.split_at(count);
            let adaptation = Adaptation::new(log_scales, step.activity, by);
            quantiser.expect(start, means, log_scales, adaptation, to);
            let (x, y) = positions[index];
            y as usize * width + x as usize
        };
        let mut expected = Expected::default();
        for (index, &(x, y)) in positions.iter().enumerate() {
            let position = expect(index, &mut expected);
            let later = |n: usize, to: &mut Expected| {
                (index + n < positions.len()).then(|| expect(index + n, to))
            };
            let place = Place::new(LatentKind::Latents, position, &later);
            let (correction, state) = (&mut self.correction, &mut self.state);
            expected.code(quantiser, predictor, correction, place, labels, state)?;
            let to = self.latents.offset(x, y) + start;
            self.latents.data[to..][..count].copy_from_slice(&expected.latents);
        }
        Ok(())
    }
}

/// Makes the latents of a step 0; the tensor's window is that of the tile.
pub(super) fn clear_step(latents: &mut Tensor, step: &Step) {
    let Rect { width, height, .. } = latents.rect;
    for (x, y) in positions(Rect::of_size(width, height), step.parity) {
        let at = (y as usize * width + x as usize) * latents.channels;
        latents.data[at..][step.channels.clone()].fill(0);
    }
}

/// Positions of a tile that a step covers, row by row.
fn positions(tile: Rect, parity: Parity) -> Vec<(i32, i32)> {
    let all = (0..tile.height as i32).flat_map(|y| (0..tile.width as i32).map(move |x| (x, y)));
    all.filter(|(x, y)| match parity {
        Parity::All => true,
        Parity::Even => (x + y) % 2 == 0,
        Parity::Odd => (x + y) % 2 == 1,
    })
    .collect()
}
