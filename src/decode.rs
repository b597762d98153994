//! File → pixels.

use std::sync::Mutex;

use crate::codec::{decode_tile, locked, synthesise, try_for_each, Geometry, Tile};
use crate::container::{decode_alpha, parse, Header};
use crate::limits::check_addressable;
use crate::model::Model;
use crate::nn::{Rect, Tensor};
use crate::{Error, Image, Limits, Metadata, Result};

/// See [`try_for_each`].
const TILES_PER_WORKER: usize = 2;

/// Decodes files made with one model. The pixels are the same on every machine.
#[derive(Debug, Clone)]
pub struct Decoder<'m> {
    pub(crate) model: &'m Model,
    pub(crate) limits: Limits,
}

impl<'m> Decoder<'m> {
    /// With the default [`Limits`].
    #[must_use]
    pub fn new(model: &'m Model) -> Self {
        Self {
            model,
            limits: Limits::default(),
        }
    }

    /// Refuses files beyond `limits`, before anything is allocated for them.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The picture in `bytes`, a whole `.vqz` file.
    ///
    /// # Errors
    /// Every kind but [`Error::Model`], [`Error::Parameter`] and [`Error::Unreachable`]; nothing is ever decoded from a file that is damaged or made with another model.
    pub fn decode(&self, bytes: &[u8]) -> Result<Image> {
        let parsed = parse(bytes, &self.limits)?;
        let header = &parsed.header;
        self.check_model(header)?;
        check_addressable(header.width(), header.height(), self.model.y.channels)?;
        let alpha = parsed
            .alpha
            .map(|payload| decode_alpha(payload, header.width(), header.height()))
            .transpose()?;
        let quality = header.coding().quality;
        let tiles = header.tile_count();
        let samples = self.samples(header, |index, tile| {
            let streams = parsed.tiles.iter().skip(index).step_by(tiles);
            let streams: Vec<&[u8]> = streams.copied().collect();
            decode_tile(self.model, quality, tile, &streams)
        })?;
        let mut image = Image::new(header.width(), header.height(), header.color(), samples)?;
        if let Some(alpha) = alpha {
            image = image.with_alpha(alpha)?;
        }
        image.metadata = Metadata {
            icc: parsed.icc.map(<[u8]>::to_vec),
            exif: parsed.exif.map(<[u8]>::to_vec),
            xmp: parsed.xmp.map(<[u8]>::to_vec),
        };
        Ok(image)
    }

    /// Whether the picture was made with this decoder's model, in one layer or as many as that has coding steps.
    pub(crate) fn check_model(&self, header: &Header) -> Result<()> {
        let coding = header.coding();
        if coding.model != self.model.digest().short() {
            return Err(Error::WrongModel {
                needed: coding.model.iter().map(|b| format!("{b:02x}")).collect(),
                given: self.model.digest().to_string(),
            });
        }
        let steps = self.model.networks.steps.len();
        if coding.layers != 1 && usize::from(coding.layers) != steps {
            return Err(Error::Format(format!(
                "file has {} layers, its model allows 1 or {steps}",
                coding.layers
            )));
        }
        Ok(())
    }

    /// Samples of the picture whose tiles have the latents (Q3) that `decode` gives for (number, tile).
    pub(crate) fn samples(
        &self,
        header: &Header,
        decode: impl Fn(usize, &Tile) -> Result<Tensor> + Sync,
    ) -> Result<Vec<u8>> {
        let geometry = Geometry::new(header);
        let tiles = geometry.tiles();
        let latents = if let [tile] = &tiles[..] {
            decode(0, tile)?
        } else {
            let (columns, rows) = geometry.latents();
            let channels = usize::from(self.model.y.channels);
            let whole = Mutex::new(Tensor::zeros(Rect::of_size(columns, rows), channels));
            let numbered = tiles.iter().enumerate().collect();
            try_for_each(numbered, TILES_PER_WORKER, |(index, tile)| {
                let part = decode(index, tile)?;
                locked(&whole, |whole| whole.paste(&part));
                Ok(())
            })?;
            whole.into_inner().expect("decoding does not panic")
        };
        let quality = header.coding().quality;
        let color = header.color();
        Ok(synthesise(self.model, quality, &geometry, &latents, color))
    }
}

/// Decodes with the embedded model and the default [`Limits`].
///
/// # Errors
/// Those of [`Decoder::decode`].
pub fn decode(bytes: &[u8]) -> Result<Image> {
    Decoder::new(Model::embedded()?).decode(bytes)
}
