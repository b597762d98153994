//! AVIF, by libavif with libaom.

use super::locked::version;
use super::{every, report, Codec, Scale};
use ::vqz::{Color, Image};
use anyhow::{anyhow, Result};
use libavif::{AvifImage, Encoder, RgbPixels, YuvFormat};

/// `avifenc`'s default.
const SPEED: u8 = 6;

pub struct Avif {
    about: report::Codec,
}

impl Avif {
    pub fn new() -> Self {
        Self {
            about: report::Codec {
                id: "avif".into(),
                name: "AVIF".into(),
                version: format!("libavif-sys {}, libaom-sys {}", version("libavif-sys"), version("libaom-sys")),
                settings: format!(
                    "libaom, speed {SPEED}, 4:4:4, 8 bits, as avifenc has it unless told otherwise; one thread; quality 0 to 100; \
                     decoded by libaom"
                ),
            },
        }
    }
}

/// A still picture at a quality of 0 to 100, for the report's own pictures as well.
pub fn encode(picture: &Image, quality: u8, speed: u8) -> Result<Vec<u8>> {
    let (width, height) = (picture.width(), picture.height());
    let yuv = match picture.color() {
        Color::Gray => AvifImage::from_luma8(width, height, picture.samples()),
        _ => RgbPixels::new(width, height, picture.samples())
            .map(|rgb| rgb.to_image(YuvFormat::Yuv444)),
    };
    let yuv = yuv.map_err(failed)?;
    let mut encoder = Encoder::new();
    encoder
        .set_quality(quality)
        .set_speed(speed)
        .set_max_threads(1);
    Ok(encoder.encode(&yuv).map_err(failed)?.to_vec())
}

/// As RGB.
pub fn decode(bytes: &[u8]) -> Result<Image> {
    let rgba = libavif::decode_rgb(bytes).map_err(failed)?;
    let pixels = rgba.as_slice().chunks_exact(4);
    let samples = pixels.flat_map(|pixel| &pixel[..3]).copied().collect();
    let (width, height) = (rgba.width(), rgba.height());
    Ok(Image::new(width, height, Color::Rgb, samples)?)
}

fn failed(error: libavif::Error) -> anyhow::Error {
    anyhow!("libavif failed: {error}")
}

impl Codec for Avif {
    fn about(&self) -> &report::Codec {
        &self.about
    }

    fn extension(&self) -> &'static str {
        "avif"
    }

    fn media_type(&self) -> Option<&'static str> {
        Some("image/avif")
    }

    fn scale(&self) -> Scale {
        // 100 is lossless.
        Scale {
            min: 0.0,
            max: 99.0,
            step: 1.0,
        }
    }

    fn default_qualities(&self) -> Vec<f64> {
        every(8, 10, 90)
    }

    fn encode(&self, picture: &Image, quality: f64) -> Result<Vec<u8>> {
        encode(picture, quality as u8, SPEED)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Image> {
        decode(bytes)
    }
}
