//! The checkpoint of a prior. It holds its small model too, so that samples need nothing else.

use std::path::Path;

use anyhow::{bail, Context as _, Result};
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::network::{Grid, Prior};
use crate::small::checkpoint::{read, write, SmallMeta, Tensors};
use crate::small::model::SmallModel;
use crate::small::recipe::PriorRecipe;

/// Before the names of the small model's tensors.
const SMALL: &str = "small/";
/// Before those of the prior.
const PRIOR: &str = "prior/";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PriorMeta {
    pub small: SmallMeta,
    pub recipe: PriorRecipe,
    pub grid: Grid,
    /// Steps done.
    pub step: u64,
    /// Seconds spent on them, over all sessions.
    pub seconds: f64,
}

/// Writes both models.
pub(super) fn save(path: &Path, small: &SmallModel, prior: &Prior, meta: &PriorMeta) -> Result<()> {
    let own = prior.params.state().into_iter();
    let own = own.map(|(name, tensor)| (format!("{PRIOR}{name}"), tensor));
    write(
        path,
        small.state(SMALL).into_iter().chain(own).collect(),
        meta,
    )
}

/// Reads both models.
pub(super) fn load(path: &Path, device: Device) -> Result<(SmallModel, Prior, PriorMeta)> {
    let (tensors, meta): (Tensors, PriorMeta) = read(path, "a prior (vqz train-prior)")?;
    let small = SmallModel::restore(&tensors, SMALL, &meta.small, device)?;
    meta.recipe.check()?;
    let expected = Grid::of(&small, meta.grid.classes.clamp(0, 256));
    if meta.grid != expected {
        bail!(
            "the prior is over {:?}, its small model gives {expected:?}",
            meta.grid
        );
    }
    let own: Tensors = tensors
        .iter()
        .filter_map(|(name, tensor)| {
            Some((
                name.strip_prefix(PRIOR)?.to_string(),
                Tensor::shallow_clone(tensor),
            ))
        })
        .collect();
    let mut prior = Prior::new(&meta.recipe, meta.grid, device);
    prior.params.load(&own).context("its prior")?;
    Ok((small, prior, meta))
}
