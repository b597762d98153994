//! This codec, as `vqz encode` and `vqz decode` run it.

use super::{every, report, Codec, Scale};
use crate::compare::pixels::hex;
use crate::failure::explain;
use ::vqz::{Decoder, Encoder, Image, Limits, Model};
use anyhow::Result;
use sha2::{Digest as _, Sha256};
use std::sync::OnceLock;

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
                "model `{}`, digest {digest}; quality is -q, 0 to 100; default effort; {} kernels",
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

/// 16 hex digits that stand for this program's file; its version if the file cannot be read.
fn build() -> &'static str {
    static BUILD: OnceLock<String> = OnceLock::new();
    BUILD.get_or_init(|| {
        let program = std::env::current_exe().and_then(std::fs::read);
        program.map_or_else(
            |_| env!("CARGO_PKG_VERSION").into(),
            |bytes| hex(&Sha256::digest(bytes)[..8]),
        )
    })
}

impl Codec for Vqz {
    fn about(&self) -> &report::Codec {
        &self.about
    }

    /// This codec changes without a new version: another build of the program counts as another codec.
    fn identity(&self) -> String {
        format!("{}; build {}", self.about.settings, build())
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
