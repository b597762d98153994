//! What an encoder wants, and the labels that it chooses for it.
//!
//! | | file |
//! |---|---|
//! | position by position, with those ahead in view | `foresight` |
//! | the cheapest paths through the quantiser's states | `path`, `branches`, `said` |
//! | what they have come by | `trail` |

mod branches;
mod foresight;
mod path;
mod said;
mod trail;

use crate::codec::pair::{Ahead, LatentKind};
use crate::codec::search::{Effort, RateBias};
use crate::codec::session::Session;
use crate::nn::Tensor;
use foresight::Foresight;

/// An encoder's choice of labels.
pub(super) struct Chooser<'a> {
    /// z and y, unquantised.
    latents: [&'a Tensor; 2],
    /// Of the same two.
    biases: [RateBias; 2],
    search: Foresight<'a>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(session: &'a Session, z: &'a Tensor, y: &'a Tensor, effort: Effort) -> Self {
        let squares = session.uniform_steps;
        let biases = match (effort, squares) {
            (Effort::Nearest, _) => [z, y].map(|latents| RateBias::none(latents.channels)),
            (_, false) => [RateBias::flat(z.channels), RateBias::rising(y.channels)],
            // Nothing but the squared error counts.
            (_, true) => [RateBias::flat(z.channels), RateBias::of_squares(y.channels)],
        };
        Self {
            latents: [z, y],
            biases,
            search: Foresight::new(&session.model.tables, &session.model.codewords),
        }
    }

    /// Chooses the labels of a position.
    pub(super) fn choose(&mut self, ahead: &Ahead) {
        let kind = usize::from(ahead.place.kind == LatentKind::Latents);
        self.search
            .choose(ahead, &self.biases[kind], self.latents[kind]);
    }

    /// What the channels of a position should be, Q3.
    pub(super) fn latents(&self, kind: LatentKind, position: usize) -> &[i16] {
        at_position(
            self.latents[usize::from(kind == LatentKind::Latents)],
            position,
        )
    }

    /// Those chosen for a pair.
    pub(super) fn labels(&self, pair: usize) -> [i32; 2] {
        self.search.labels(pair)
    }

    /// How far the channels of a pair whose labels are coded are from what is expected: Q6, adapted quantiser steps.
    pub(super) fn residual(&self, pair: usize) -> [i64; 2] {
        self.search.residual(pair)
    }
}

/// All channels of a position.
fn at_position(tensor: &Tensor, position: usize) -> &[i16] {
    &tensor.data[position * tensor.channels..][..tensor.channels]
}
