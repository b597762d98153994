//! Pictures for the page, where browsers cannot show the file itself.

use crate::metric::psnr::psnr;
use crate::pixels;
use crate::report::Picture;
use anyhow::Result;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use std::sync::{Mutex, PoisonError};
use vqz::{Color, Image};

/// What all pictures of a report together should take at most, bytes.
const BUDGET: f64 = 12e6;
/// Rough bytes per pixel of photos as PNG, and as JPEG of [`FINE`].
const PNG_COST: f64 = 1.7;
const FINE_COST: f64 = 0.42;
const FINE: u8 = 90;
const COARSE: u8 = 80;

/// How pictures are kept: as PNG if there is room for all of them, else as JPEG (4:4:4).
pub struct Shop {
    /// `None`: lossless.
    quality: Option<u8>,
    /// Of the farthest from what it shows, dB.
    lowest: Mutex<f64>,
}

impl Shop {
    /// For about so many pixels in all.
    pub fn new(pixels: f64) -> Self {
        let quality = match BUDGET / pixels.max(1.0) {
            room if room >= PNG_COST => None,
            room if room >= FINE_COST => Some(FINE),
            _ => Some(COARSE),
        };
        Self {
            quality,
            lowest: Mutex::new(f64::INFINITY),
        }
    }

    /// A file that shows the picture.
    pub fn picture(&self, picture: &Image) -> Result<Picture> {
        let mut bytes = Vec::new();
        let Some(quality) = self.quality else {
            write(picture, PngEncoder::new(&mut bytes))?;
            return Ok(Picture {
                bytes,
                media_type: "image/png",
            });
        };
        write(picture, JpegEncoder::new_with_quality(&mut bytes, quality))?;
        let shown = image::load_from_memory(&bytes)?.into_rgb8();
        let (width, height) = shown.dimensions();
        let shown = Image::new(width, height, Color::Rgb, shown.into_raw())?;
        let mut lowest = self.lowest.lock().unwrap_or_else(PoisonError::into_inner);
        *lowest = lowest.min(psnr(&pixels::rgb(picture), &shown));
        Ok(Picture {
            bytes,
            media_type: "image/jpeg",
        })
    }

    /// A sentence for the report.
    pub fn note(&self) -> String {
        let subject = "Pictures that browsers cannot show as they are (vqz, JPEG XL, originals) are in the HTML report";
        match self.quality {
            None => format!("{subject} as PNG, lossless."),
            Some(quality) => {
                let lowest = self.lowest.lock().unwrap_or_else(PoisonError::into_inner);
                format!(
                    "{subject} as JPEG of quality {quality}, 4:4:4, at least {:.1} dB (PSNR) from the pixels that were scored.",
                    *lowest
                )
            }
        }
    }
}

fn write(picture: &Image, encoder: impl ImageEncoder) -> Result<()> {
    let color = match picture.color() {
        Color::Gray => ExtendedColorType::L8,
        Color::Rgb => ExtendedColorType::Rgb8,
    };
    let (width, height) = (picture.width(), picture.height());
    Ok(encoder.write_image(picture.samples(), width, height, color)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_pictures_are_lossless_and_many_are_close() {
        let samples = (0..64 * 48 * 3)
            .map(|i| (i / 3 % 64 * 3 + i / 192) as u8)
            .collect();
        let image = Image::new(64, 48, Color::Rgb, samples).unwrap();
        let few = Shop::new(1e6);
        let picture = few.picture(&image).unwrap();
        assert_eq!(picture.media_type, "image/png");
        let back = image::load_from_memory(&picture.bytes).unwrap().into_rgb8();
        assert_eq!(back.as_raw(), image.samples());
        assert!(few.note().contains("lossless"));

        let many = Shop::new(28e6);
        assert_eq!(many.picture(&image).unwrap().media_type, "image/jpeg");
        let lowest = *many.lowest.lock().unwrap();
        assert!((35.0..70.0).contains(&lowest), "{lowest}");
        assert!(
            many.note().contains(&format!("{lowest:.1} dB")),
            "{}",
            many.note()
        );
    }
}
