//! Checkpoints of small models and of priors: safetensors files, with what else is to be known as JSON.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{bail, Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::model::{Shape, SmallModel};
use super::recipe::SmallRecipe;

/// Named tensors.
pub(crate) type Tensors = HashMap<String, Tensor>;

/// What a small model's checkpoint says besides.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SmallMeta {
    pub recipe: SmallRecipe,
    pub shape: Shape,
    /// Steps done.
    pub step: u64,
    /// Seconds spent on them, over all sessions.
    pub seconds: f64,
}

/// Writes `path` by way of a temporary file beside it, so that there is always a whole checkpoint.
pub(crate) fn write(
    path: &Path,
    mut tensors: Vec<(String, Tensor)>,
    meta: &impl Serialize,
) -> Result<()> {
    let meta = Tensor::from_slice(&serde_json::to_vec(meta)?);
    tensors.push(("meta".into(), meta));
    let temporary = path.with_extension("part");
    Tensor::write_safetensors(&tensors, &temporary)
        .with_context(|| format!("{}: cannot write the checkpoint", temporary.display()))?;
    std::fs::rename(&temporary, path)?;
    Ok(())
}

/// What `write` wrote; `what` names the kind that is expected.
///
/// # Errors
/// No safetensors file, or the checkpoint of something else.
pub(crate) fn read<M: DeserializeOwned>(path: &Path, what: &str) -> Result<(Tensors, M)> {
    let named = || format!("{}: not the checkpoint of {what}", path.display());
    let tensors: Tensors = Tensor::read_safetensors(path)
        .with_context(|| format!("{}: cannot read the checkpoint", path.display()))?
        .into_iter()
        .collect();
    let meta = tensors.get("meta").with_context(named)?;
    let meta = Vec::<u8>::try_from(meta).with_context(named)?;
    let meta = serde_json::from_slice(&meta).with_context(named)?;
    Ok((tensors, meta))
}

impl SmallModel {
    /// Everything that [`Self::restore`] needs; names begin with `prefix`.
    pub fn state(&self, prefix: &str) -> Vec<(String, Tensor)> {
        let mut state = self.params.state();
        for (name, tensor) in [
            ("uses", &self.codebooks.uses),
            ("sums", &self.codebooks.sums),
        ] {
            state.push((name.into(), tensor.to_device(Device::Cpu).contiguous()));
        }
        let named = |(name, tensor)| (format!("{prefix}{name}"), tensor);
        state.into_iter().map(named).collect()
    }

    /// The model of a checkpoint.
    ///
    /// # Errors
    /// Tensors that are missing or of another shape.
    pub fn restore(
        tensors: &Tensors,
        prefix: &str,
        meta: &SmallMeta,
        device: Device,
    ) -> Result<Self> {
        meta.recipe.check(meta.shape.width, meta.shape.height)?;
        if ![1, 3].contains(&meta.shape.channels) {
            bail!(
                "pictures have {} channels, it must be 1 or 3",
                meta.shape.channels
            );
        }
        let own: Tensors = tensors
            .iter()
            .filter_map(|(name, tensor)| {
                Some((name.strip_prefix(prefix)?.into(), tensor.shallow_clone()))
            })
            .collect();
        let mut model = Self::new(&meta.recipe, meta.shape, device);
        model.params.load(&own)?;
        let codebooks = &mut model.codebooks;
        for (name, tensor) in [("uses", &mut codebooks.uses), ("sums", &mut codebooks.sums)] {
            match own.get(name) {
                Some(saved) if saved.size() == tensor.size() => *tensor = saved.to_device(device),
                _ => bail!("the checkpoint lacks {name}"),
            }
        }
        Ok(model)
    }
}

/// Reads the checkpoint of a small model.
pub(crate) fn load_small(path: &Path, device: Device) -> Result<(SmallModel, SmallMeta)> {
    let (tensors, meta): (_, SmallMeta) = read(path, "a small model (vqz train --preset small)")?;
    let model = SmallModel::restore(&tensors, "", &meta, device)
        .with_context(|| path.display().to_string())?;
    Ok((model, meta))
}
