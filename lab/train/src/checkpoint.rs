//! Checkpoints: one safetensors file with parameters, Adam state, averages, codebook usage, and the recipe and step as JSON.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{bail, Context, Result};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::config::Recipe;
use crate::model::FloatModel;

#[derive(Serialize, Deserialize)]
pub(crate) struct Meta {
    pub recipe: Recipe,
    /// Steps done.
    pub step: u64,
    /// Seconds spent on them, over all sessions.
    pub seconds: f64,
}

/// Writes `path` by way of a temporary file beside it, so that there is always a whole checkpoint.
pub(crate) fn save(path: &Path, model: &FloatModel, meta: &Meta) -> Result<()> {
    let mut tensors = model.params.state();
    tensors.push((
        "usage/y".into(),
        model.y.codebook.usage.to_device(Device::Cpu),
    ));
    tensors.push((
        "usage/z".into(),
        model.z.codebook.usage.to_device(Device::Cpu),
    ));
    tensors.push((
        "meta".into(),
        Tensor::from_slice(&serde_json::to_vec(meta)?),
    ));
    let temporary = path.with_extension("part");
    Tensor::write_safetensors(&tensors, &temporary)
        .with_context(|| format!("{}: cannot write the checkpoint", temporary.display()))?;
    std::fs::rename(&temporary, path)?;
    Ok(())
}

/// A model as it was saved.
pub(crate) fn load(path: &Path, device: Device) -> Result<(FloatModel, Meta)> {
    let tensors: HashMap<String, Tensor> = Tensor::read_safetensors(path)
        .with_context(|| format!("{}: cannot read the checkpoint", path.display()))?
        .into_iter()
        .collect();
    let Some(meta) = tensors.get("meta") else {
        bail!("{}: not a vqz checkpoint (no meta)", path.display());
    };
    let meta: Meta = serde_json::from_slice(&Vec::<u8>::try_from(meta)?)?;
    let architecture = meta.recipe.architecture.clone();
    let options = (Kind::Float, Device::Cpu);
    let components = Tensor::zeros([architecture.latents, 768], options);
    let std = Tensor::ones([architecture.latents], options);
    let mut model = FloatModel::new(
        &architecture,
        &components,
        &std,
        |t| meta.recipe.lambda(t),
        device,
    );
    model.set_quantiser_error(meta.recipe.quantiser_error);
    model.params.load(&tensors)?;
    for (name, codebook) in [
        ("usage/y", &mut model.y.codebook),
        ("usage/z", &mut model.z.codebook),
    ] {
        let Some(usage) = tensors.get(name) else {
            bail!("checkpoint lacks {name}");
        };
        codebook.usage = usage.to_device(device);
    }
    Ok((model, meta))
}
