//! WebP, lossy, by libwebp.

use super::locked::version;
use super::{every, report, Codec, Scale};
use ::vqz::{Color, Image};
use anyhow::{anyhow, ensure, Context as _, Result};
use webp::{Decoder, Encoder};

/// WebP's own limit.
const MAX_SIDE: u32 = 16383;

pub struct WebP {
    about: report::Codec,
}

impl WebP {
    pub fn new() -> Self {
        Self {
            about: report::Codec {
                id: "webp".into(),
                name: "WebP".into(),
                version: format!("libwebp 1.3.1 (libwebp-sys {})", version("libwebp-sys")),
                settings: "libwebp's defaults: lossy, method 4, quality 0 to 100; decoded with smooth chroma upsampling".into(),
            },
        }
    }
}

impl Codec for WebP {
    fn about(&self) -> &report::Codec {
        &self.about
    }

    fn extension(&self) -> &'static str {
        "webp"
    }

    fn media_type(&self) -> Option<&'static str> {
        Some("image/webp")
    }

    fn scale(&self) -> Scale {
        Scale {
            min: 0.0,
            max: 100.0,
            step: 1.0,
        }
    }

    fn default_qualities(&self) -> Vec<f64> {
        every(5, 5, 95)
    }

    fn encode(&self, picture: &Image, quality: f64) -> Result<Vec<u8>> {
        let (width, height) = (picture.width(), picture.height());
        ensure!(
            width.max(height) <= MAX_SIDE,
            "a side is {} pixels, WebP's limit is {MAX_SIDE}",
            width.max(height)
        );
        let rgb = crate::compare::pixels::rgb(picture);
        let bytes = Encoder::from_rgb(rgb.samples(), width, height)
            .encode_simple(false, quality as f32)
            .map_err(|error| anyhow!("libwebp failed: {error:?}"))?;
        Ok(bytes.to_vec())
    }

    fn decode(&self, bytes: &[u8]) -> Result<Image> {
        let picture = Decoder::new(bytes)
            .decode()
            .context("libwebp cannot decode the file")?;
        ensure!(!picture.is_alpha(), "has alpha");
        Ok(Image::new(
            picture.width(),
            picture.height(),
            Color::Rgb,
            picture.to_vec(),
        )?)
    }
}
