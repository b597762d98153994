//! Checkpoints of a rendering: generator and discriminator with all that is needed to go on, the recipes and the base model's digest.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::discriminator::Discriminator;
use super::generator::Generator;
use super::recipe::RenderingRecipe;
use crate::config::Recipe;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Meta {
    pub recipe: RenderingRecipe,
    /// Digest of the base model, hexadecimal.
    pub base: String,
    /// What the base model was trained with.
    pub base_recipe: Recipe,
    /// Steps done.
    pub step: u64,
    /// Seconds spent on them, over all sessions.
    pub seconds: f64,
}

/// Writes `path` by way of a temporary file beside it, so that there is always a whole checkpoint.
pub(super) fn save(
    path: &Path,
    generator: &Generator,
    discriminator: &Discriminator,
    meta: &Meta,
) -> Result<()> {
    let mut tensors = generator.params.state();
    tensors.extend(discriminator.params.state());
    let meta = serde_json::to_vec(meta)?;
    tensors.push(("rendering".into(), Tensor::from_slice(&meta)));
    let temporary = path.with_extension("part");
    Tensor::write_safetensors(&tensors, &temporary)
        .with_context(|| format!("{}: cannot write the checkpoint", temporary.display()))?;
    std::fs::rename(&temporary, path)?;
    Ok(())
}

/// Everything as it was saved.
pub(super) fn load(path: &Path, device: Device) -> Result<(Generator, Discriminator, Meta)> {
    let tensors: HashMap<String, Tensor> = Tensor::read_safetensors(path)
        .with_context(|| format!("{}: cannot read the checkpoint", path.display()))?
        .into_iter()
        .collect();
    let meta = tensors.get("rendering").with_context(|| {
        format!(
            "{}: not the checkpoint of a rendering (it has no such entry)",
            path.display()
        )
    })?;
    let meta: Meta = serde_json::from_slice(&Vec::<u8>::try_from(meta)?)?;
    let latents = meta.base_recipe.architecture.latents;
    let mut generator = Generator::new(&meta.recipe, latents, device);
    let mut discriminator = Discriminator::new(&meta.recipe, device);
    generator.params.load(&tensors)?;
    discriminator.params.load(&tensors)?;
    Ok((generator, discriminator, meta))
}
