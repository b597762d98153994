//! Pixels → file.

use rayon::prelude::*;

use crate::codec::{analyse, encode_tile, synthesise, Effort, Geometry};
use crate::container::{encode_alpha, write, Coding, Header};
use crate::limits::check_addressable;
use crate::model::{Model, QUALITY_MAX};
use crate::nn::{Rect, Tensor};
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
    effort: Effort,
}

impl<'m> Encoder<'m> {
    /// Of [`Self::effort`].
    pub const DEFAULT_EFFORT: u8 = 1;
    /// The largest [`Self::effort`].
    pub const MAX_EFFORT: u8 = 1;

    /// At quality 50, one stream per tile, effort 1.
    #[must_use]
    pub fn new(model: &'m Model) -> Self {
        Self {
            model,
            quality: QUALITY_MAX / 2,
            progressive: false,
            effort: Effort::Search,
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

    /// How hard to search for the codewords of least distortion and rate: 0 takes the nearest labels, 1 (the default) weighs their neighbours
    /// against them. docs/notes/generation-1.md tells what that is worth, and what more effort was not.
    ///
    /// # Errors
    /// [`Error::Parameter`] above [`Self::MAX_EFFORT`].
    pub fn effort(mut self, effort: u8) -> Result<Self> {
        self.effort = match effort {
            0 => Effort::Nearest,
            1 => Effort::Search,
            _ => {
                return Err(Error::Parameter(format!(
                    "effort is {effort}, it must be 0 to {}",
                    Self::MAX_EFFORT
                )))
            }
        };
        Ok(self)
    }

    /// The bytes of a `.vqz` file. They depend on the picture, the model and the options alone.
    ///
    /// Decoders want a large picture to have some bytes ([`crate::Limits::max_expansion`]). Where the quality asks for fewer, the file has the best quality
    /// that fits into them, and padding for the rest.
    ///
    /// # Errors
    /// [`Error::Parameter`] if alpha is 2 GiB or more, or the file is to be progressive and the model has more than 255 coding steps;
    /// [`Error::Limit`] if the metadata is more than 16 MiB, or 32-bit addresses do not suffice for the picture.
    pub fn encode(&self, image: &Image) -> Result<Vec<u8>> {
        let job = Job::new(self, image);
        let coded = job.encode(self.quality)?;
        if coded.padding == 0 || self.quality == QUALITY_MAX {
            return Ok(coded.bytes);
        }
        // Bytes that have to be there may as well hold something.
        let better = self.encode_to_size(image, coded.bytes.len())?;
        let asked = f32::from(self.quality) * 100.0 / f32::from(QUALITY_MAX);
        Ok(if better.quality > asked {
            better.bytes
        } else {
            coded.bytes
        })
    }
}

/// A picture to be encoded, maybe at several qualities.
pub(crate) struct Job<'a> {
    model: &'a Model,
    image: &'a Image,
    /// Coded: it does not depend on the quality.
    alpha: Option<Vec<u8>>,
    /// Streams per tile.
    layers: usize,
    effort: Effort,
}

/// A file, and what its decoder will know.
pub(crate) struct Coded {
    pub(crate) bytes: Vec<u8>,
    /// How many of them depend on the quality.
    pub(crate) stream_bytes: usize,
    /// How many of them are padding.
    pub(crate) padding: usize,
    header: Header,
    /// ŷ (Q3) of each tile.
    latents: Vec<Tensor>,
}

impl<'a> Job<'a> {
    pub(crate) fn new(encoder: &Encoder<'a>, image: &'a Image) -> Self {
        Self {
            model: encoder.model,
            image,
            alpha: image
                .alpha()
                .map(|plane| encode_alpha(plane, image.width(), image.height())),
            layers: if encoder.progressive {
                encoder.model.networks.steps.len()
            } else {
                1
            },
            effort: encoder.effort,
        }
    }

    /// Encodes at a quality of 0 to [`QUALITY_MAX`].
    ///
    /// # Errors
    /// Those of [`Encoder::encode`].
    pub(crate) fn encode(&self, quality: u16) -> Result<Coded> {
        let (model, image) = (self.model, self.image);
        check_addressable(image.width(), image.height(), model.y.channels)?;
        let layers = u8::try_from(self.layers).map_err(|_| {
            Error::Parameter(format!(
                "the model has {} coding steps, a progressive file at most 255",
                self.layers
            ))
        })?;
        let coding = Coding {
            model: model.digest().short(),
            quality,
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
        let latents = analyse(model, quality, &geometry, image);
        let (tiles, latents): (Vec<Vec<Vec<u8>>>, Vec<Tensor>) = geometry
            .tiles()
            .par_iter()
            .map(|tile| {
                encode_tile(
                    model,
                    quality,
                    tile,
                    &latents.crop(tile.latents),
                    layers,
                    self.effort,
                )
            })
            .unzip();
        let streams: Vec<Vec<u8>> = (0..self.layers)
            .flat_map(|layer| tiles.iter().map(move |tile| tile[layer].clone()))
            .collect();
        let written = write(&header, &image.metadata, self.alpha.as_deref(), &streams)?;
        Ok(Coded {
            bytes: written.bytes,
            padding: written.padding,
            stream_bytes: streams.iter().map(Vec::len).sum(),
            header,
            latents,
        })
    }

    /// The samples that the file decodes to.
    pub(crate) fn decode(&self, coded: &Coded) -> Vec<u8> {
        let geometry = Geometry::new(&coded.header);
        let (columns, rows) = geometry.latents();
        let channels = usize::from(self.model.y.channels);
        let mut whole = Tensor::zeros(Rect::of_size(columns, rows), channels);
        for tile in &coded.latents {
            whole.paste(tile);
        }
        let quality = coded.header.coding().quality;
        synthesise(self.model, quality, &geometry, &whole, coded.header.color())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Color;

    /// The header has one byte for the number of layers; it used to be cut off, and layers with it.
    #[test]
    fn too_many_layers_for_the_header_are_refused() {
        let model = crate::model::testing::tiny(1).to_bytes().unwrap();
        let model = Model::from_bytes(&model).unwrap();
        let image = Image::new(1, 1, Color::Gray, vec![9]).unwrap();
        let mut job = Job::new(&Encoder::new(&model).progressive(true), &image);
        assert_eq!(job.layers, 3);
        job.layers = 258;
        let error = job.encode(512).map(|coded| coded.bytes).unwrap_err();
        assert!(
            matches!(&error, Error::Parameter(text) if text.contains("258 coding steps")),
            "{error}"
        );
    }
}
