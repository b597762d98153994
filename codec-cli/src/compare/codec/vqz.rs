//! This codec, as `vqz encode` and `vqz decode` run it.

use super::{every, report, Codec, Scale};
use crate::failure::explain;
use ::vqz::{Decoder, Encoder, Image, Limits, Model};
use anyhow::Result;

pub struct Vqz {
    about: report::Codec,
    model: &'static Model,
    limits: Limits,
}

impl Vqz {
    pub fn new(id: String, model: &'static Model, limits: &Limits) -> Self {
        let digest = model.digest().to_string();
        let about = report::Codec {
            id,
            name: format!("vqz {}", &digest[..8]),
            version: env!("CARGO_PKG_VERSION").into(),
            settings: format!(
                "model `{}`, digest {digest}; quality is -q, 0 to 100; {} kernels",
                model.name(),
                ::vqz::simd_level().unwrap_or("unknown"),
            ),
        };
        Self {
            about,
            model,
            limits: limits.clone(),
        }
    }
}

impl Codec for Vqz {
    fn about(&self) -> &report::Codec {
        &self.about
    }

    fn extension(&self) -> &'static str {
        "vqz"
    }

    fn media_type(&self) -> Option<&'static str> {
        None
    }

    fn scale(&self) -> Scale {
        Scale {
            min: 0.0,
            max: 100.0,
            step: 0.01,
        }
    }

    fn default_qualities(&self) -> Vec<f64> {
        every(10, 0, 100)
    }

    fn encode(&self, picture: &Image, quality: f64) -> Result<Vec<u8>> {
        Encoder::new(self.model)
            .quality(quality as f32)?
            .encode(picture)
            .map_err(explain)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Image> {
        Decoder::new(self.model)
            .limits(self.limits.clone())
            .decode(bytes)
            .map_err(explain)
    }

    /// The encoder's own search: fewer trials, at most 2 % below.
    fn encode_to_size(&self, picture: &Image, max_bytes: u64) -> Result<(f64, Vec<u8>)> {
        let max_bytes = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        let found = Encoder::new(self.model)
            .encode_to_size(picture, max_bytes)
            .map_err(explain)?;
        Ok((f64::from(found.quality), found.bytes))
    }
}
