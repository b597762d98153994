//! Pixels → file.

use std::sync::Mutex;

use super::drawing::draw_whole;
use crate::codec::{
    analyse, encode_tile, iterations, locked, refine_tile, try_for_each, Effort, Fit, Geometry,
    Session, TILES_PER_WORKER,
};
use crate::container::{encode_alpha, write, Coding, Filter, Header};
use crate::limits::check_addressable;
use crate::meter::Meter;
use crate::model::{Model, QUALITY_MAX};
use crate::nn::Tensor;
use crate::work::{Cancel, Threads};
use crate::{Error, Image, Result, Tune};

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
pub struct Encoder {
    model: Model,
    quality: u16,
    progressive: bool,
    effort: Effort,
    tune: Tune,
    threads: Threads,
    cancel: Cancel,
    meter: Meter,
}

impl Encoder {
    /// The default [`Self::effort`].
    pub const DEFAULT_EFFORT: u8 = 1;
    /// The largest [`Self::effort`].
    pub const MAX_EFFORT: u8 = 2;

    /// An encoder with the default options: quality 50, one stream per tile, effort 1.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        Self {
            model: model.clone(),
            quality: QUALITY_MAX / 2,
            progressive: false,
            effort: Effort::Search,
            tune: Tune::default(),
            threads: Threads::default(),
            cancel: Cancel::default(),
            meter: Meter::default(),
        }
    }

    /// Sets the quality: a continuous dial from 0 (smallest file) to 100 (best picture), in steps of 100/1024.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is outside of that range.
    pub fn quality(mut self, quality: f32) -> Result<Self> {
        if !(0.0..=100.0).contains(&quality) {
            return Err(Error::Parameter(format!(
                "quality is {quality}, it must be 0 to 100"
            )));
        }
        self.quality = (quality * f32::from(QUALITY_MAX) / 100.0).round() as u16;
        Ok(self)
    }

    /// Sets whether the file holds one layer per coding step, coarse to fine, so that its beginning is already a picture. This
    /// costs some 16 bytes per layer and tile.
    #[must_use]
    pub fn progressive(mut self, progressive: bool) -> Self {
        self.progressive = progressive;
        self
    }

    /// Sets how hard to search for the codewords of least distortion and rate: 0 takes the nearest ones whatever they cost, 1 (the default) weighs
    /// their rate too, and fits a filter to what the decoder will have (SPEC.md section 11.4). 2 decodes what it has, finds out which way each latent should go, and encodes again, ten times (sixteen if tuned for PSNR): it takes twenty to thirty
    /// times as long, and 500 MB for each tile of 1024 × 1024 pixels in work, of which each thread has at most one. The notes in docs/notes/ tell what that is worth.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is above [`Self::MAX_EFFORT`].
    pub fn effort(mut self, effort: u8) -> Result<Self> {
        self.effort = match effort {
            0 => Effort::Nearest,
            1 => Effort::Search,
            2 => Effort::Refine(refine_tile),
            _ => {
                return Err(Error::Parameter(format!(
                    "effort is {effort}, it must be 0 to {}",
                    Self::MAX_EFFORT
                )))
            }
        };
        Ok(self)
    }

    /// Sets what pictures shall be good at: to be looked at (the default), or a high PSNR, which takes 2 to 4 % fewer bits then, and 4 to 7 % more at equal
    /// SSIMULACRA2. Quantiser steps do not grow with contrast then (SPEC.md section 8.6, uniform steps).
    #[must_use]
    pub fn tune(mut self, tune: Tune) -> Self {
        self.tune = tune;
        self
    }

    /// Sets how many threads work; see [`crate::Decoder::threads`].
    ///
    /// # Errors
    /// [`Error::Parameter`] if the system does not provide that many.
    pub fn threads(mut self, count: usize) -> Result<Self> {
        self.threads = Threads::new(count)?;
        Ok(self)
    }

    /// Whatever is encoded ends with [`Error::Cancelled`] soon after `cancel` has been set.
    #[must_use]
    pub fn cancel(mut self, cancel: &Cancel) -> Self {
        self.cancel = cancel.clone();
        self
    }

    /// `meter` tells how far the encoding of a picture has come.
    #[must_use]
    pub fn meter(mut self, meter: &Meter) -> Self {
        self.meter = meter.clone();
        self
    }

    /// Encodes a picture to the bytes of a `.vqz` file. They depend on the picture, the model and the options alone.
    ///
    /// Decoders refuse a large picture whose file has too few bytes ([`crate::Limits::max_expansion`]). Where the quality asks for fewer than
    /// that takes, the file has the best quality that fits into the bytes it must have, and padding for the rest.
    ///
    /// # Errors
    /// [`Error::Parameter`] if alpha is 2 GiB or more, or the file is to be progressive and the model has more than 255 coding steps;
    /// [`Error::Limit`] if the metadata is more than 16 MiB, or 32-bit addresses do not suffice for the picture; [`Error::OutOfMemory`]; [`Error::Cancelled`].
    pub fn encode(&self, image: &Image) -> Result<Vec<u8>> {
        let job = Job::new(self, image);
        let coded = job.encode(self.quality, false)?;
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

impl Encoder {
    /// How files of so many layers are coded.
    pub(super) fn coding(&self, layers: u8) -> Coding {
        Coding {
            model: self.model.digest().short(),
            quality: self.quality,
            uniform_steps: self.tune == Tune::Psnr,
            tile_steps: false,
            tile_log2: TILE_LOG2,
            layers,
        }
    }

    /// See [`crate::testing::encode_and_predict`].
    pub(crate) fn encode_and_predict(
        &self,
        image: &Image,
        quality: u16,
    ) -> Result<(Vec<u8>, Vec<u8>)> {
        let job = Job::new(self, image);
        let coded = job.encode(quality, true)?;
        let samples = job.decode(&coded)?;
        Ok((coded.bytes, samples))
    }
}

/// A picture to be encoded, maybe at several qualities.
pub(super) struct Job<'a> {
    encoder: &'a Encoder,
    image: &'a Image,
    /// Coded: it does not depend on the quality.
    alpha: Option<Vec<u8>>,
    /// Streams per tile.
    layers: usize,
}

/// A file, and what its decoder will know.
pub(super) struct Coded {
    pub(super) bytes: Vec<u8>,
    /// How many of them depend on the quality.
    pub(super) stream_bytes: usize,
    /// How many of them are padding.
    pub(super) padding: usize,
    header: Header,
    filter: Option<Filter>,
    /// ŷ (Q3) of each tile, where they were to be kept.
    pub(super) latents: Vec<Tensor>,
}

/// What a file holds of a tile: its streams, and how many coding steps they are.
type TileStreams = (Vec<Vec<u8>>, usize);

/// That, and its latents where they are kept.
type KeptTile = (TileStreams, Option<Tensor>);

impl<'a> Job<'a> {
    pub(super) fn new(encoder: &'a Encoder, image: &'a Image) -> Self {
        let steps = encoder.model.loaded().networks.steps.len();
        let alpha = image.alpha();
        Self {
            encoder,
            image,
            alpha: alpha.map(|plane| encode_alpha(plane, image.width(), image.height())),
            layers: if encoder.progressive { steps } else { 1 },
        }
    }

    /// Encodes at a quality of 0 to [`QUALITY_MAX`]; keeps what [`Self::decode`] needs if that is to follow.
    ///
    /// # Errors
    /// Those of [`Encoder::encode`].
    pub(super) fn encode(&self, quality: u16, keep: bool) -> Result<Coded> {
        let header = self.header(quality)?;
        let session = self.session(quality);
        let geometry = Geometry::new(&header);
        let numbered: Vec<_> = geometry.tiles().into_iter().enumerate().collect();
        let coded: Mutex<Vec<Option<KeptTile>>> = Mutex::new(vec![None; numbered.len()]);
        let (layers, effort) = (header.coding().layers, self.encoder.effort);
        let fit = Fit::default();
        let (columns, rows) = geometry.latents();
        // Analysed, coded, moved, and rendered for the filter.
        let passes = match effort {
            Effort::Nearest => 2,
            Effort::Search => 3,
            Effort::Refine(_) => 3 + iterations(self.encoder.tune),
        };
        session.meter.begin(passes * columns * rows);
        self.encoder.threads.run(|| {
            try_for_each(numbered, TILES_PER_WORKER, |(number, tile)| {
                let coded_tile = match effort {
                    Effort::Refine(refine) => {
                        refine(&session, &geometry, self.image, &tile, layers)?
                    }
                    _ => {
                        let y = analyse(&session, &geometry, self.image, tile.latents)?;
                        let coded = encode_tile(&session, &tile, &y, layers, effort, None)?;
                        session.meter.add(tile.latents.area());
                        coded
                    }
                };
                if !matches!(effort, Effort::Nearest) {
                    fit.add_tile(&session, &geometry, self.image, &tile, &coded_tile.latents)?;
                }
                let done = (coded_tile.streams, coded_tile.steps);
                let latents = keep.then_some(coded_tile.latents);
                locked(&coded, |coded| coded[number] = Some((done, latents)));
                Ok(())
            })
        })?;
        let coded = coded.into_inner().expect("encoding does not panic");
        let (tiles, latents): (Vec<_>, Vec<_>) = coded.into_iter().flatten().unzip();
        let all = self.encoder.model.loaded().networks.steps.len();
        let (header, streams) = match tiles.iter().any(|&(_, steps)| steps < all) {
            true => (
                header.with_tile_steps(),
                tiles.into_iter().map(with_steps).collect(),
            ),
            false => (header, layer_by_layer(tiles, self.layers)),
        };
        let stream_bytes = streams.iter().map(Vec::len).sum();
        let filter = fit.filter(stream_bytes, self.encoder.tune);
        let written = write(
            &header,
            &self.image.metadata,
            self.alpha.as_deref(),
            filter.as_ref(),
            &streams,
        )?;
        Ok(Coded {
            bytes: written.bytes,
            padding: written.padding,
            stream_bytes,
            header,
            filter,
            latents: latents.into_iter().flatten().collect(),
        })
    }

    /// The samples that the file decodes to.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], [`Error::Cancelled`].
    pub(super) fn decode(&self, coded: &Coded) -> Result<Vec<u8>> {
        let session = self.session(coded.header.coding().quality);
        let session = session.with_filter(coded.filter.as_ref());
        let latents = |number: usize, _: &crate::codec::Tile| Ok(coded.latents[number].clone());
        draw_whole(&session, &coded.header, &self.encoder.threads, &latents)
    }

    fn session(&self, quality: u16) -> Session<'a> {
        let Encoder { cancel, meter, .. } = self.encoder;
        Session::new(self.encoder.model.loaded(), quality, cancel, meter)
            .with_uniform_steps(self.encoder.tune == Tune::Psnr)
    }

    fn header(&self, quality: u16) -> Result<Header> {
        let (model, image) = (&self.encoder.model, self.image);
        check_addressable(image.width(), image.height(), model.loaded().y.channels)?;
        let layers = u8::try_from(self.layers).map_err(|_| {
            Error::Parameter(format!(
                "the model has {} coding steps, a progressive file at most 255",
                self.layers
            ))
        })?;
        let coding = Coding {
            quality,
            ..self.encoder.coding(layers)
        };
        let alpha = image.alpha().is_some();
        Header::new(image.width(), image.height(), image.color(), alpha, coding)
    }
}

/// The stream of a tile that says how many coding steps it holds.
fn with_steps((streams, steps): TileStreams) -> Vec<u8> {
    let mut stream = vec![steps as u8];
    streams.iter().for_each(|layer| stream.extend(layer));
    stream
}

/// The streams of all tiles, layer by layer.
fn layer_by_layer(tiles: Vec<TileStreams>, layers: usize) -> Vec<Vec<u8>> {
    let mut streams = Vec::with_capacity(layers * tiles.len());
    for layer in 0..layers {
        streams.extend(tiles.iter().map(|(tile, _)| tile[layer].clone()));
    }
    streams
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
        let model = crate::testing::tiny(1).to_bytes().unwrap();
        let model = Model::from_bytes(&model).unwrap();
        let image = Image::new(1, 1, Color::Gray, vec![9]).unwrap();
        let encoder = Encoder::new(&model).progressive(true);
        let mut job = Job::new(&encoder, &image);
        assert_eq!(job.layers, 3);
        job.layers = 258;
        let error = job.encode(512, false).map(|coded| coded.bytes).unwrap_err();
        assert!(
            matches!(&error, Error::Parameter(text) if text.contains("258 coding steps")),
            "{error}"
        );
    }
}
