//! This codec, as `vqz encode` and `vqz decode` run it.

use super::{every, Codec, CodecName, Dial, Origin, Timed, Work};
use crate::clock::timed;
use crate::memory;
use crate::pixels::hex;
use crate::report::{About, ModelId};
use ::vqz::{Decoder, Encoder, Image, Limits, Model, Tune};
use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};
use std::sync::OnceLock;

pub struct Vqz {
    about: About,
    model: ModelId,
    origin: Origin,
    encoder: Encoder,
    decoder: Decoder,
    limits: Limits,
    effort: u8,
}

impl Vqz {
    pub fn new(origin: Origin, model: &Model, effort: u8, limits: Limits) -> Result<Self> {
        let digest = model.digest().to_string();
        let (encoder, _) = model
            .encoder()
            .with_context(|| format!("model {digest} has no encoder file"))?;
        // It names its model, so that its digest stands for both.
        let encoder = encoder.to_string();
        let (tune, tuned) = match &origin {
            Origin::Named(CodecName::VqzPsnr) => (Tune::Psnr, ", tuned for PSNR"),
            _ => (Tune::Eye, ""),
        };
        let about = About {
            id: match &origin {
                Origin::Named(name) => name.id().into(),
                Origin::Model(_) => format!("vqz-{}", &encoder[..8]),
            },
            name: match effort {
                Encoder::DEFAULT_EFFORT => format!("vqz {}{tuned}", &encoder[..8]),
                _ => format!("vqz {}{tuned}, effort {effort}", &encoder[..8]),
            },
            version: env!("CARGO_PKG_VERSION").into(),
            settings: format!(
                "model `{}`, digest {digest}, encoder {encoder}; quality is -q, 0 to 100; effort {effort}{tuned}; {} kernels",
                model.name(),
                ::vqz::simd_level().unwrap_or("unknown"),
            ),
        };
        Ok(Self {
            about,
            model: ModelId {
                name: model.name().into(),
                digest,
            },
            origin,
            encoder: Encoder::new(model).effort(effort)?.tune(tune),
            decoder: Decoder::new(model).limits(limits.clone()),
            limits,
            effort,
        })
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
    fn about(&self) -> &About {
        &self.about
    }

    /// This codec changes without a new version: another build of the program counts as another codec.
    fn identity(&self) -> String {
        format!("{}; build {}", self.about.settings, build())
    }

    fn model(&self) -> Option<ModelId> {
        Some(self.model.clone())
    }

    fn extension(&self) -> &'static str {
        "vqz"
    }

    fn media_type(&self) -> Option<&'static str> {
        None
    }

    fn dial(&self) -> Dial {
        Dial {
            min: 0.0,
            max: 100.0,
            step: 0.01,
        }
    }

    fn curve(&self) -> Vec<f64> {
        every(10, 0, 100)
    }

    fn encode(&self, picture: &Image, setting: f64) -> Result<Timed<Vec<u8>>> {
        let encoder = self.encoder.clone().quality(setting as f32)?;
        timed(|| Ok(encoder.encode(picture)?))
    }

    fn decode(&self, file: &[u8]) -> Result<Timed<Image>> {
        timed(|| Ok(self.decoder.decode(file)?))
    }

    /// The encoder's own search: fewer trials, at most 2 % below.
    fn setting_for(&self, picture: &Image, max_bytes: u64) -> Result<f64> {
        let max_bytes = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        let found = self.encoder.encode_to_size(picture, max_bytes)?;
        Ok(f64::from(found.quality))
    }

    fn peak(&self, work: Work<'_>) -> Result<Option<u64>> {
        memory::in_a_process(&self.origin, work, &self.limits, self.effort)
    }
}
