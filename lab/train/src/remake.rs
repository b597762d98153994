//! A model file made of another one by what photos show.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use vqz::model::ModelData;
use vqz::Image;

use crate::data;
use crate::files::{read_model, write_model};

/// Which model file to make of which.
#[derive(Debug, Clone)]
pub struct Remake {
    /// A model file.
    pub model: PathBuf,
    /// Receives what is made of it.
    pub out: PathBuf,
    /// Training photos.
    pub data: PathBuf,
    /// At most this many of them.
    pub photos: usize,
}

/// Qualities spread over the dial, for photos number 0, 1, …
pub(crate) fn quality(photo: usize) -> f32 {
    (photo * 37 % 98 + 1) as f32
}

impl Remake {
    /// # Errors
    /// Unreadable inputs, an output that cannot be written, and those of `make`.
    pub(crate) fn run(
        &self,
        make: impl FnOnce(ModelData, &[Image]) -> Result<ModelData>,
    ) -> Result<()> {
        let name = self.model.display();
        let bytes = read_model(&self.model)?;
        let data = ModelData::from_bytes(&bytes).with_context(|| name.to_string())?;
        let photos = data::load_some(&self.data, self.photos)?;
        let images: Vec<Image> = photos.iter().map(|p| p.image()).collect::<Result<_>>()?;
        write_model(&self.out, &make(data, &images)?)
    }
}
