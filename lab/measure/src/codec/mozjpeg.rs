//! JPEG by mozjpeg, the best that decoders of JPEG can read.

use super::{every, Codec, Dial, Origin, Timed, Work};
use crate::clock::timed;
use crate::memory;
use crate::pinned::MOZJPEG_SYS;
use crate::report::About;
use ::vqz::{Color, Encoder, Image, Limits};
use anyhow::{anyhow, Context as _, Result};
use mozjpeg::{ColorSpace, Compress, Decompress};
use std::panic::{catch_unwind, AssertUnwindSafe};

pub struct MozJpeg {
    about: About,
}

impl MozJpeg {
    pub fn new() -> Self {
        Self {
            about: About {
                id: "mozjpeg".into(),
                name: "JPEG (mozjpeg)".into(),
                version: format!("mozjpeg-sys {MOZJPEG_SYS}"),
                settings: "progressive with optimised scans and Huffman tables, trellis quantisation, quality 1 to 100; chroma as in \
                    cjpeg: 4:2:0 below quality 80, 4:2:2 below 90, then 4:4:4; one thread"
                    .into(),
            },
        }
    }
}

fn compress(picture: &Image, quality: f64) -> Result<Vec<u8>> {
    let mut jpeg = Compress::new(match picture.color() {
        Color::Gray => ColorSpace::JCS_GRAYSCALE,
        Color::Rgb => ColorSpace::JCS_RGB,
    });
    jpeg.set_size(picture.width() as usize, picture.height() as usize);
    jpeg.set_quality(quality as f32);
    if picture.color() == Color::Rgb {
        let chroma = match quality as u32 {
            0..80 => (2, 2),
            80..90 => (2, 1),
            _ => (1, 1),
        };
        jpeg.set_chroma_sampling_pixel_sizes(chroma, chroma);
    }
    let mut started = jpeg.start_compress(Vec::new())?;
    started.write_scanlines(picture.samples())?;
    Ok(started.finish()?)
}

fn decompress(file: &[u8]) -> Result<Image> {
    let jpeg = Decompress::new_mem(file)?;
    let color = match jpeg.color_space() {
        ColorSpace::JCS_GRAYSCALE => Color::Gray,
        _ => Color::Rgb,
    };
    let mut started = match color {
        Color::Gray => jpeg.grayscale()?,
        _ => jpeg.rgb()?,
    };
    let (width, height) = (started.width() as u32, started.height() as u32);
    let samples = started.read_scanlines::<u8>()?;
    started.finish()?;
    Ok(Image::new(width, height, color, samples)?)
}

impl Codec for MozJpeg {
    fn about(&self) -> &About {
        &self.about
    }

    fn extension(&self) -> &'static str {
        "jpg"
    }

    fn media_type(&self) -> Option<&'static str> {
        Some("image/jpeg")
    }

    fn dial(&self) -> Dial {
        Dial {
            min: 1.0,
            max: 100.0,
            step: 1.0,
        }
    }

    fn curve(&self) -> Vec<f64> {
        every(10, 5, 95)
    }

    fn encode(&self, picture: &Image, setting: f64) -> Result<Timed<Vec<u8>>> {
        timed(|| caught(|| compress(picture, setting)))
    }

    fn decode(&self, file: &[u8]) -> Result<Timed<Image>> {
        timed(|| caught(|| decompress(file)))
    }

    fn peak(&self, work: Work<'_>) -> Result<Option<u64>> {
        let origin = Origin::Named(super::CodecName::Mozjpeg);
        memory::in_a_process(&origin, work, &Limits::default(), Encoder::DEFAULT_EFFORT)
    }
}

/// The library reports errors by panics.
fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|panic| {
            let message = panic.downcast_ref::<String>().cloned();
            anyhow!(message.unwrap_or_else(|| "unknown error".into()))
        })
        .and_then(|result| result)
        .context("mozjpeg failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_files_are_errors() {
        assert!(MozJpeg::new().decode(b"no JPEG at all").is_err());
    }
}
