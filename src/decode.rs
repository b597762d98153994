//! File → pixels.

use rayon::prelude::*;

use crate::codec::{decode_tile, synthesise, Geometry};
use crate::container::{decode_alpha, parse, Parsed};
use crate::limits::check_addressable;
use crate::model::Model;
use crate::nn::{Rect, Tensor};
use crate::{Error, Image, Limits, Metadata, Result};

/// Decodes files made with one model. The pixels are the same on every machine.
#[derive(Debug, Clone)]
pub struct Decoder<'m> {
    model: &'m Model,
    limits: Limits,
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
    /// Every kind but [`Error::Model`] and [`Error::Parameter`]; nothing is ever decoded from a file that is damaged or made with another model.
    pub fn decode(&self, bytes: &[u8]) -> Result<Image> {
        let parsed = parse(bytes, &self.limits)?;
        let header = &parsed.header;
        self.check_model(&parsed)?;
        check_addressable(header.width(), header.height(), self.model.y.channels)?;
        let alpha = parsed
            .alpha
            .map(|payload| decode_alpha(payload, header.width(), header.height()))
            .transpose()?;
        let geometry = Geometry::new(header);
        let latents = self.decode_latents(&parsed, &geometry)?;
        let samples = synthesise(
            self.model,
            header.coding().quality,
            &geometry,
            &latents,
            header.color(),
        );
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

    fn check_model(&self, parsed: &Parsed) -> Result<()> {
        let coding = parsed.header.coding();
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

    fn decode_latents(&self, parsed: &Parsed, geometry: &Geometry) -> Result<Tensor> {
        let coding = parsed.header.coding();
        let tiles = geometry.tiles();
        let decoded: Vec<Tensor> = tiles
            .par_iter()
            .enumerate()
            .map(|(index, tile)| {
                let streams: Vec<&[u8]> = parsed
                    .tiles
                    .iter()
                    .skip(index)
                    .step_by(tiles.len())
                    .copied()
                    .collect();
                decode_tile(self.model, coding.quality, tile, &streams)
            })
            .collect::<Result<_>>()?;
        let (columns, rows) = geometry.latents();
        let mut whole = Tensor::zeros(
            Rect::of_size(columns, rows),
            usize::from(self.model.y.channels),
        );
        for part in decoded {
            whole.paste(&part);
        }
        Ok(whole)
    }
}

/// Decodes with the embedded model and the default [`Limits`].
///
/// # Errors
/// Those of [`Decoder::decode`].
pub fn decode(bytes: &[u8]) -> Result<Image> {
    Decoder::new(Model::embedded()?).decode(bytes)
}
