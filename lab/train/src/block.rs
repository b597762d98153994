//! The quantiser of one latent tensor: codebook and gains along the quality axis.

use tch::Tensor;
use vqz::lab::RateBias;

use crate::config::KNOTS;
use crate::network::Pass;
use crate::params::{Group, Id, Params};
use crate::quantiser::Codebook;

/// Quantiser side of one latent tensor.
pub(crate) struct Block {
    pub codebook: Codebook,
    /// `[KNOTS, C]` log2 of quantiser steps per absolute unit.
    pub log_gain: Id,
    /// `[KNOTS, C]` log2 of absolute units per quantiser step.
    pub log_step: Id,
    /// `[C]` absolute units per normalised unit; not trained.
    pub std: Id,
}

/// A block's gains at the qualities of a batch, `[N, C]` each.
pub(crate) struct Levels {
    pub log_gain: Tensor,
    pub log_step: Tensor,
    pub log_std: Tensor,
}

impl Block {
    /// `log_gain` is `[KNOTS, 1]`.
    pub fn new(
        params: &mut Params,
        name: &str,
        channels: i64,
        std: &Tensor,
        log_gain: &Tensor,
        biases: &RateBias,
    ) -> Self {
        let table = log_gain.expand([KNOTS, channels], false).contiguous();
        Self {
            codebook: Codebook::new(params, name, channels, biases),
            log_gain: params.add(format!("{name}.log_gain"), Group::Table, &table),
            log_step: params.add(format!("{name}.log_step"), Group::Table, &(table * -1.0)),
            std: params.add(format!("{name}.std"), Group::Table, std),
        }
    }

    /// The same one, see [`crate::model::FloatModel::share`].
    pub fn share(&self) -> Self {
        Self {
            codebook: self.codebook.share(),
            ..*self
        }
    }

    pub fn levels(&self, pass: &Pass, positions: i64) -> Levels {
        let spread = |id: Id| {
            let table = pass.knots.matmul(pass.params.get(id));
            let (b, c) = table.size2().expect("2 dimensions");
            table
                .unsqueeze(1)
                .expand([b, positions, c], false)
                .reshape([-1, c])
        };
        Levels {
            log_gain: spread(self.log_gain),
            log_step: spread(self.log_step),
            log_std: pass.params.get(self.std).detach().log2().unsqueeze(0),
        }
    }
}
