//! An encoder that writes nothing: what it chooses, and what becomes of it, is looked at by whoever makes a model.

use super::analysis::{analyse, analyse_hyper};
use super::choice::Chooser;
use super::expected::Expected;
use super::geometry::{Geometry, Tile};
use super::pair::{Ahead, LabelSource, LatentKind, PairIndex, Prediction};
use super::quantiser::Quantiser;
use super::search::Effort;
use super::session::Session;
use super::tile::code_tile;
use crate::nn::Tensor;
use crate::{Image, Result};

/// Looks on while a tile is encoded.
pub(super) trait Watch: Send {
    /// A coding step begins.
    fn begin_step(&mut self, _step: usize) {}
    /// The labels of a pair, and how far its channels are from what is expected: Q6, adapted quantiser steps.
    fn pair(&mut self, _: PairIndex, _: &Prediction, _labels: [i32; 2], _residual: [i64; 2]) {}
    /// A position of the latents ends: `done` has what its channels have become, `wanted` (Q3) is what all channels there should have been.
    fn end_position(&mut self, _: &Quantiser, _done: &Expected, _wanted: &[i16], _position: usize) {
    }
    /// A position of the hyper-latents ends.
    fn end_hyper(&mut self, _: &Quantiser, _done: &Expected) {}
}

/// The latents of a tile (Q3): as they were, and as decoders have them.
pub(super) struct Rehearsed {
    pub(super) wanted: Tensor,
    pub(super) coded: Tensor,
}

/// Encodes a tile of `image` for `watch`.
///
/// # Errors
/// [`crate::Error::Cancelled`].
pub(super) fn rehearse(
    session: &Session,
    geometry: &Geometry,
    image: &Image,
    tile: &Tile,
    watch: &mut impl Watch,
) -> Result<Rehearsed> {
    let wanted = analyse(session, geometry, image, tile.latents)?;
    let z = analyse_hyper(session, tile, &wanted)?;
    let chooser = Chooser::new(session, &z, &wanted, Effort::Search);
    let steps = session.model.networks.steps.len();
    let coded = code_tile(session, tile, steps, &mut Watched { chooser, watch })?;
    Ok(Rehearsed { wanted, coded })
}

struct Watched<'a, W> {
    chooser: Chooser<'a>,
    watch: &'a mut W,
}

impl<W: Watch> LabelSource for Watched<'_, W> {
    fn begin_step(&mut self, step: usize) -> Result<()> {
        self.watch.begin_step(step);
        Ok(())
    }

    fn begin_position(&mut self, ahead: &Ahead) {
        self.chooser.choose(ahead);
    }

    fn end_position(&mut self, q: &Quantiser, done: &Expected, kind: LatentKind, position: usize) {
        match kind {
            LatentKind::Hyper => self.watch.end_hyper(q, done),
            LatentKind::Latents => {
                let wanted = self.chooser.latents(kind, position);
                self.watch.end_position(q, done, wanted, position);
            }
        }
    }

    fn next_pair(
        &mut self,
        _: &Quantiser,
        at: PairIndex,
        p: &Prediction,
    ) -> Result<Option<[i32; 2]>> {
        let labels = self.chooser.labels(at.pair);
        let residual = self.chooser.residual(at.pair);
        self.watch.pair(at, p, labels, residual);
        Ok(Some(labels))
    }
}
