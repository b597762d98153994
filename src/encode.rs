//! Pixels → file.

use rayon::prelude::*;

use crate::codec::{analyse, encode_tile, Geometry};
use crate::container::{encode_alpha, write, Coding, Header};
use crate::model::{Model, QUALITY_MAX};
use crate::{Error, Image, Result};

/// Side of an entropy tile, log2 of pixels.
const TILE_LOG2: u8 = 10;

/// Encodes pictures with one model.
///
/// ```
/// # fn main() -> vqz::Result<()> {
/// let picture = vqz::Image::new(2, 1, vqz::Color::Rgb, vec![255, 0, 0, 0, 0, 255])?;
/// let file = vqz::Encoder::new(vqz::Model::embedded()?).quality(80.0)?.encode(&picture)?;
/// let back = vqz::decode(&file)?;
/// assert_eq!((back.width(), back.height()), (2, 1));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Encoder<'m> {
    model: &'m Model,
    quality: u16,
    progressive: bool,
}

impl<'m> Encoder<'m> {
    /// At quality 50, one stream per tile.
    #[must_use]
    pub fn new(model: &'m Model) -> Self {
        Self {
            model,
            quality: QUALITY_MAX / 2,
            progressive: false,
        }
    }

    /// The continuous dial, 0 (smallest file) to 100 (best picture), in steps of 100/1024.
    ///
    /// # Errors
    /// [`Error::Parameter`] outside of that range.
    pub fn quality(mut self, quality: f32) -> Result<Self> {
        if !(0.0..=100.0).contains(&quality) {
            return Err(Error::Parameter(format!(
                "quality is {quality}, it must be 0 to 100"
            )));
        }
        self.quality = (quality * f32::from(QUALITY_MAX) / 100.0).round() as u16;
        Ok(self)
    }

    /// Whether the file holds one layer per coding step, coarse to fine, so that its beginning is already a picture. Costs
    /// some 16 bytes per layer and tile.
    #[must_use]
    pub fn progressive(mut self, progressive: bool) -> Self {
        self.progressive = progressive;
        self
    }

    /// The bytes of a `.vqz` file. They depend on the picture, the model and the options alone.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the metadata or alpha are 2 GiB or more.
    pub fn encode(&self, image: &Image) -> Result<Vec<u8>> {
        let layers = if self.progressive {
            self.model.networks.steps.len() as u8
        } else {
            1
        };
        let coding = Coding {
            model: self.model.digest().short(),
            quality: self.quality,
            tile_log2: TILE_LOG2,
            layers,
        };
        let header = Header::new(
            image.width(),
            image.height(),
            image.color(),
            image.alpha().is_some(),
            coding,
        )?;
        let geometry = Geometry::new(&header);
        let latents = analyse(self.model, self.quality, &geometry, image);
        let tiles: Vec<Vec<Vec<u8>>> = geometry
            .tiles()
            .par_iter()
            .map(|tile| {
                encode_tile(
                    self.model,
                    self.quality,
                    tile,
                    &latents.crop(tile.latents),
                    layers,
                )
            })
            .collect();
        let streams: Vec<Vec<u8>> = (0..usize::from(layers))
            .flat_map(|layer| tiles.iter().map(move |tile| tile[layer].clone()))
            .collect();
        let alpha = image
            .alpha()
            .map(|plane| encode_alpha(plane, image.width(), image.height()));
        write(&header, &image.metadata, alpha.as_deref(), &streams)
    }
}

/// Encodes with the embedded model at `quality` (0 to 100).
///
/// # Errors
/// Those of [`Encoder::quality`] and [`Encoder::encode`].
pub fn encode(image: &Image, quality: f32) -> Result<Vec<u8>> {
    Encoder::new(Model::embedded()?)
        .quality(quality)?
        .encode(image)
}
