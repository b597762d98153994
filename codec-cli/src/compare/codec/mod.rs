//! The codecs: pixels to the bytes of a file and back, at a quality on each codec's own scale.
//!
//! All run in the calling thread only, so that their times can be compared.

pub mod avif;
mod jpeg;
// libjxl has no safe binding with a fitting licence.
#[allow(unsafe_code)]
mod jxl;
pub mod locked;
mod vqz;
mod webp;

use super::report;
use ::vqz::{Image, Limits, Model};
use anyhow::{bail, ensure, Result};
use clap::ValueEnum;

/// A codec that is ready to run. Pictures are grey or RGB, without alpha and metadata; a file has nothing else either.
pub trait Codec: Send + Sync {
    /// For the report. `id` is unique among the codecs of a comparison.
    fn about(&self) -> &report::Codec;

    /// Changes when files, pictures or times may: results of an earlier run are then made again.
    fn identity(&self) -> String {
        let about = self.about();
        format!("{}; {}", about.version, about.settings)
    }

    /// Of the files, without the dot.
    fn extension(&self) -> &'static str;

    /// If browsers show the files: their media type.
    fn media_type(&self) -> Option<&'static str>;

    /// The qualities there are.
    fn scale(&self) -> Scale;

    /// Qualities for a curve.
    fn default_qualities(&self) -> Vec<f64>;

    /// The bytes of a file. `quality` is one of [`Codec::scale`].
    fn encode(&self, picture: &Image, quality: f64) -> Result<Vec<u8>>;

    /// The picture in a file's bytes; grey may come back as RGB.
    fn decode(&self, bytes: &[u8]) -> Result<Image>;

    /// The best quality whose file has at most `max_bytes`, and the file: by bisection, for the size grows with the quality.
    fn encode_to_size(&self, picture: &Image, max_bytes: u64) -> Result<(f64, Vec<u8>)> {
        let scale = self.scale();
        let smallest = self.encode(picture, scale.min)?;
        if smallest.len() as u64 > max_bytes {
            bail!(
                "the smallest file, of quality {}, takes {} bytes",
                scale.min,
                smallest.len()
            );
        }
        let (mut fits, mut best) = (0, smallest);
        let mut too_large = scale.count();
        while too_large - fits > 1 {
            let middle = fits + (too_large - fits) / 2;
            let bytes = self.encode(picture, scale.at(middle))?;
            if bytes.len() as u64 <= max_bytes {
                (fits, best) = (middle, bytes);
            } else {
                too_large = middle;
            }
        }
        Ok((scale.at(fits), best))
    }
}

/// Qualities from `min` to `max`, a `step` apart; higher is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    pub min: f64,
    pub max: f64,
    pub step: f64,
}

impl Scale {
    /// How many qualities there are.
    pub fn count(self) -> u32 {
        ((self.max - self.min) / self.step).round() as u32 + 1
    }

    /// The `index`-th of them.
    pub fn at(self, index: u32) -> f64 {
        self.min + f64::from(index) * self.step
    }

    /// Whether this is one of them.
    pub fn check(self, quality: f64) -> Result<()> {
        let steps = (quality - self.min) / self.step;
        ensure!(
            (self.min..=self.max).contains(&quality) && (steps - steps.round()).abs() < 1e-6,
            "quality is {quality}, it must be {} to {} in steps of {}",
            self.min,
            self.max,
            self.step
        );
        Ok(())
    }
}

/// `--codecs`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CodecName {
    /// This codec, with the model that is built in
    Vqz,
    /// libjpeg-turbo's defaults
    Jpeg,
    /// The best that JPEG decoders can read
    Mozjpeg,
    /// libwebp
    Webp,
    /// libaom by libavif
    Avif,
    /// JPEG XL by libjxl
    Jxl,
}

impl CodecName {
    /// Makes the codec ready.
    pub fn open(self, limits: &Limits) -> Result<Box<dyn Codec>> {
        Ok(match self {
            Self::Vqz => Box::new(vqz::Vqz::new("vqz".into(), Model::embedded()?, limits)),
            Self::Jpeg => Box::new(jpeg::Jpeg::turbo()),
            Self::Mozjpeg => Box::new(jpeg::Jpeg::moz()),
            Self::Webp => Box::new(webp::WebP::new()),
            Self::Avif => Box::new(avif::Avif::new()),
            Self::Jxl => Box::new(jxl::Jxl::new()),
        })
    }
}

/// vqz with another model. Its id is `vqz-` and the first half of the model's digest.
pub fn open_model(model: &'static Model, limits: &Limits) -> Box<dyn Codec> {
    let digest = model.digest().to_string();
    let id = format!("vqz-{}", &digest[..8]);
    Box::new(vqz::Vqz::new(id, model, limits))
}

/// From `from` to `to`, `step` apart.
fn every(step: u8, from: u8, to: u8) -> Vec<f64> {
    (from..=to).step_by(step.into()).map(f64::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::vqz::Color;

    const ALL: &[CodecName] = &[
        CodecName::Vqz,
        CodecName::Jpeg,
        CodecName::Mozjpeg,
        CodecName::Webp,
        CodecName::Avif,
        CodecName::Jxl,
    ];

    fn waves(color: Color, width: u32, height: u32) -> Image {
        let channels = color.channels() as u32;
        let samples = (0..width * height * channels)
            .map(|i| {
                let (x, y, c) = (i / channels % width, i / channels / width, i % channels);
                let v = (x * x * (c + 1) / 16 + y * 3 + x * y / 8) % 512;
                v.min(511 - v) as u8
            })
            .collect();
        Image::new(width, height, color, samples).unwrap()
    }

    #[test]
    fn pictures_survive_every_codec() {
        for name in ALL {
            let codec = name.open(&Limits::default()).unwrap();
            for (color, width, height) in [(Color::Rgb, 67, 43), (Color::Gray, 33, 50)] {
                let picture = waves(color, width, height);
                let quality = *codec.default_qualities().last().unwrap();
                let bytes = codec.encode(&picture, quality).unwrap();
                let back = codec.decode(&bytes).unwrap();
                assert_eq!((back.width(), back.height()), (width, height));
                let channels = back.color().channels();
                let error: f64 = (0..(width * height) as usize)
                    .map(|i| {
                        let a = f64::from(picture.samples()[i * color.channels()]);
                        (a - f64::from(back.samples()[i * channels])).abs()
                    })
                    .sum::<f64>()
                    / f64::from(width * height);
                assert!(error < 12.0, "{name:?} {color:?}: mean error {error}");
                assert!(
                    codec.decode(&bytes[..bytes.len() / 2]).is_err() || *name != CodecName::Vqz
                );
            }
        }
    }

    #[test]
    fn default_qualities_are_on_the_scale_and_sizes_grow() {
        let picture = waves(Color::Rgb, 96, 96);
        for name in ALL {
            let codec = name.open(&Limits::default()).unwrap();
            let qualities = codec.default_qualities();
            assert!(qualities.is_sorted() && qualities.len() >= 8, "{name:?}");
            for &quality in &qualities {
                codec.scale().check(quality).unwrap();
            }
            let size = |quality: f64| codec.encode(&picture, quality).unwrap().len();
            assert!(
                size(qualities[0]) < size(qualities[qualities.len() - 1]),
                "{name:?}"
            );
        }
    }

    #[test]
    fn the_largest_file_that_fits() {
        let picture = waves(Color::Rgb, 80, 64);
        for name in [CodecName::Jpeg, CodecName::Webp] {
            let codec = name.open(&Limits::default()).unwrap();
            let middle = codec.encode(&picture, 40.0).unwrap().len() as u64;
            let (quality, bytes) = codec.encode_to_size(&picture, middle).unwrap();
            assert!(quality >= 40.0 && bytes.len() as u64 <= middle, "{name:?}");
            let next = codec.encode(&picture, quality + 1.0).unwrap().len() as u64;
            assert!(
                next > middle,
                "{name:?}: quality {quality} is not the last that fits"
            );
            let error = codec.encode_to_size(&picture, 10).unwrap_err().to_string();
            assert!(error.contains("the smallest file"), "{error}");
        }
    }

    #[test]
    fn qualities_off_the_scale_are_refused() {
        let scale = Scale {
            min: 1.0,
            max: 100.0,
            step: 1.0,
        };
        assert_eq!((scale.count(), scale.at(99)), (100, 100.0));
        scale.check(37.0).unwrap();
        for quality in [0.0, 101.0, 50.5, f64::NAN] {
            assert!(scale.check(quality).is_err(), "{quality}");
        }
    }
}
