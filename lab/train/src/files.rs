//! Model files with the encoder files beside them.

use std::path::Path;

use anyhow::{Context, Result};
use vqz::lab::read_with_encoder;
use vqz::model::ModelData;

/// The bytes of a model file, and of its encoder file, which is behind it or beside it.
pub(crate) fn read_model(path: &Path) -> Result<Vec<u8>> {
    read_with_encoder(path).with_context(|| format!("{}: cannot read", path.display()))
}

/// Writes the model file, and the encoder file beside it.
pub(crate) fn write_model(path: &Path, data: &ModelData) -> Result<()> {
    let (model, encoder) = data.to_files()?;
    if let Some(encoder) = encoder {
        write(&path.with_extension("vqze"), &encoder)?;
    }
    write(path, &model)
}

/// Writes `path` by way of a temporary file beside it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_extension("part");
    std::fs::write(&temporary, bytes)
        .with_context(|| format!("{}: cannot write", temporary.display()))?;
    Ok(std::fs::rename(temporary, path)?)
}
