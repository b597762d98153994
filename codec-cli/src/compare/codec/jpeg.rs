//! JPEG twice, by mozjpeg: with its own defaults, and with those of libjpeg-turbo, from which it descends and whose files
//! it then makes bit by bit.

use super::locked::version;
use super::{every, report, Codec, Scale};
use ::vqz::{Color, Image};
use anyhow::{anyhow, Context as _, Result};
use mozjpeg::qtable::{AnnexK_Chroma, AnnexK_Luma};
use mozjpeg::{ColorSpace, Compress, Decompress};
use std::panic::{catch_unwind, AssertUnwindSafe};

pub struct Jpeg {
    about: report::Codec,
    turbo: bool,
}

impl Jpeg {
    /// As Pillow and the published curves have it.
    pub fn turbo() -> Self {
        Self::new(
            true,
            "jpeg",
            "JPEG (libjpeg-turbo)",
            "mozjpeg's libjpeg-turbo mode: baseline, 4:2:0, Annex K tables scaled by the quality (1 to 100), standard Huffman \
             tables, integer DCT; decoded with smooth chroma upsampling",
        )
    }

    /// As mozjpeg's `cjpeg` has it.
    pub fn moz() -> Self {
        Self::new(
            false,
            "mozjpeg",
            "JPEG (mozjpeg)",
            "mozjpeg's defaults: progressive with optimised scans and Huffman tables, trellis quantisation, quality 1 to 100; \
             chroma as in its cjpeg: 4:2:0 below quality 80, 4:2:2 below 90, then 4:4:4",
        )
    }

    fn new(turbo: bool, id: &str, name: &str, settings: &str) -> Self {
        Self {
            about: report::Codec {
                id: id.into(),
                name: name.into(),
                version: format!("mozjpeg-sys {}", version("mozjpeg-sys")),
                settings: settings.into(),
            },
            turbo,
        }
    }

    fn compress(&self, picture: &Image, quality: f64) -> Result<Vec<u8>> {
        let mut jpeg = Compress::new(match picture.color() {
            Color::Gray => ColorSpace::JCS_GRAYSCALE,
            Color::Rgb => ColorSpace::JCS_RGB,
        });
        if self.turbo {
            jpeg.set_fastest_defaults();
        }
        jpeg.set_size(picture.width() as usize, picture.height() as usize);
        if self.turbo {
            let quality = turbo_quality(quality as u32);
            jpeg.set_luma_qtable(&AnnexK_Luma.scaled(quality, quality));
            jpeg.set_chroma_qtable(&AnnexK_Chroma.scaled(quality, quality));
        } else {
            jpeg.set_quality(quality as f32);
        }
        if picture.color() == Color::Rgb {
            let chroma = match quality as u32 {
                _ if self.turbo => (2, 2),
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
}

/// libjpeg scales its tables by a whole percentage and caps them at 255 for baseline files. `QTable::scaled` does not round
/// the percentage: this is the quality whose percentage is the rounded one. The small excess makes halves round up.
fn turbo_quality(quality: u32) -> f32 {
    let percent = if quality < 50 {
        5000 / quality
    } else {
        200 - 2 * quality
    };
    let percent = percent as f32 + 0.001;
    if percent > 100.0 {
        5000.0 / percent
    } else {
        100.0 - percent / 2.0
    }
}

impl Codec for Jpeg {
    fn about(&self) -> &report::Codec {
        &self.about
    }

    fn extension(&self) -> &'static str {
        "jpg"
    }

    fn media_type(&self) -> Option<&'static str> {
        Some("image/jpeg")
    }

    fn scale(&self) -> Scale {
        Scale {
            min: 1.0,
            max: 100.0,
            step: 1.0,
        }
    }

    fn default_qualities(&self) -> Vec<f64> {
        every(5, 5, 95)
    }

    fn encode(&self, picture: &Image, quality: f64) -> Result<Vec<u8>> {
        caught(|| self.compress(picture, quality))
    }

    fn decode(&self, bytes: &[u8]) -> Result<Image> {
        caught(|| {
            let jpeg = Decompress::new_mem(bytes)?;
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
        })
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

    /// The table that libjpeg writes for a coefficient of 1..=121 at a quality, in its integer arithmetic (jcparam.c).
    fn libjpeg(coefficient: u32, quality: u32) -> u32 {
        let percent = if quality < 50 {
            5000 / quality
        } else {
            200 - 2 * quality
        };
        ((coefficient * percent + 50) / 100).clamp(1, 255)
    }

    /// Quantisation tables (8-bit) of a JPEG, in its zigzag order.
    fn tables(jpeg: &[u8]) -> Vec<&[u8]> {
        let (mut at, mut tables) = (2, Vec::new());
        // Segment by segment, up to the scan.
        while jpeg[at + 1] != 0xda {
            let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
            if jpeg[at + 1] == 0xdb {
                for table in jpeg[at + 4..at + 2 + length].chunks(65) {
                    assert!(table[0] < 2, "8-bit tables only");
                    tables.push(&table[1..]);
                }
            }
            at += 2 + length;
        }
        tables
    }

    #[test]
    fn turbo_files_are_baseline_with_the_tables_of_libjpeg() {
        let picture = Image::new(17, 9, Color::Rgb, vec![90; 17 * 9 * 3]).unwrap();
        // The first row of both, zigzag 0, 1, 5, 6, 14, 15, 27, 28.
        let zigzag = [0, 1, 5, 6, 14, 15, 27, 28];
        let rows = [
            [16, 11, 10, 16, 24, 40, 51, 61],
            [17, 18, 24, 47, 99, 99, 99, 99],
        ];
        for quality in 1..=100 {
            let jpeg = Jpeg::turbo().encode(&picture, f64::from(quality)).unwrap();
            assert!(
                jpeg.windows(2).any(|w| w == [0xff, 0xc0]),
                "no baseline frame"
            );
            let tables = tables(&jpeg);
            assert_eq!(tables.len(), 2);
            for (table, row) in tables.into_iter().zip(rows) {
                for (at, coefficient) in zigzag.into_iter().zip(row) {
                    let expected = libjpeg(coefficient, quality);
                    assert_eq!(
                        u32::from(table[at]),
                        expected,
                        "{coefficient} at quality {quality}"
                    );
                }
            }
        }
    }

    #[test]
    fn damaged_files_are_errors() {
        assert!(Jpeg::moz().decode(b"no JPEG at all").is_err());
    }
}
