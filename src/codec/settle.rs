//! What an encoder makes of a picture's latents, whole tensors of it: what decoders are trained on.

use super::expected::Expected;
use super::geometry::{Geometry, Tile};
use super::pair::{LatentKind, PairIndex, Prediction};
use super::quantiser::Quantiser;
use super::rehearsal::{rehearse, Watch};
use super::session::Session;
use crate::{Image, Result};

/// The latents of a tile before and after they are coded, `[position][channel]`, row by row.
#[derive(Debug, Clone)]
pub struct SettledTile {
    /// The latents as the analysis transform gives them: Q3, absolute units.
    pub wanted: Vec<i16>,
    /// The same as decoders have them.
    pub coded: Vec<i16>,
    /// What labels of other channels at the position say of them: Q6 quantiser steps, as far as that fits.
    pub said: Vec<i16>,
    /// 1 where the label is 0, so that latents are what the context model and these others say; 0 where it is not, or there is feedback, too.
    pub expected: Vec<u8>,
    /// The hyper-latents as decoders have them, at a position for each 4 × 4 of the latents: Q8, normalised units.
    pub hyper: Vec<i16>,
}

/// Codes a tile of `image` as files have it.
///
/// # Errors
/// [`crate::Error::Cancelled`].
pub(crate) fn settle_tile(
    session: &Session,
    geometry: &Geometry,
    image: &Image,
    tile: &Tile,
) -> Result<SettledTile> {
    let count = tile.latents.area() * session.channels();
    let mut settling = Settling {
        session,
        feedback: false,
        labels: vec![0; session.channels()],
        said: vec![0; count],
        expected: vec![0; count],
        hyper: Vec::new(),
    };
    let latents = rehearse(session, geometry, image, tile, &mut settling)?;
    Ok(SettledTile {
        wanted: latents.wanted.data,
        coded: latents.coded.data,
        said: settling.said,
        expected: settling.expected,
        hyper: settling.hyper,
    })
}

struct Settling<'a> {
    session: &'a Session<'a>,
    /// Whether the coding step has any.
    feedback: bool,
    /// What the labels of the position stand for: Q6, adapted quantiser steps.
    labels: Vec<i32>,
    said: Vec<i16>,
    expected: Vec<u8>,
    hyper: Vec<i16>,
}

impl Watch for Settling<'_> {
    fn begin_step(&mut self, step: usize) {
        let step = &self.session.model.networks.steps[step];
        self.feedback = !step.prediction.feedback.is_empty();
    }

    fn pair(&mut self, at: PairIndex, p: &Prediction, labels: [i32; 2], _: [i64; 2]) {
        if at.kind == LatentKind::Latents {
            p.coded(labels, |coded| {
                let quantiser = &self.session.y;
                self.labels[2 * at.pair + coded.channel] =
                    quantiser.codeword(coded.codebook, coded.scale, coded.label);
            });
        }
    }

    fn end_position(&mut self, _: &Quantiser, done: &Expected, _: &[i16], position: usize) {
        let first = position * self.labels.len() + done.first;
        for (index, (&mean, &value)) in done.means.iter().zip(&done.values).enumerate() {
            let label = std::mem::take(&mut self.labels[done.first + index]);
            let said = value - mean - done.adaptation.expand(label.into()) as i32;
            let limit = i32::from(i16::MAX);
            self.said[first + index] = said.clamp(-limit, limit) as i16;
            self.expected[first + index] = (label == 0 && !self.feedback).into();
        }
    }

    fn end_hyper(&mut self, quantiser: &Quantiser, done: &Expected) {
        let first = self.hyper.len();
        self.hyper.resize(first + done.latents.len(), 0);
        quantiser.normalise(0, &done.latents, &mut self.hyper[first..]);
    }
}
