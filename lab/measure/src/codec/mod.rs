//! The codecs: pixels to the bytes of a file and back, at a setting of each codec's own dial.
//!
//! All run in one thread, so that their times can be compared.

mod mozjpeg;
mod name;
mod pillow;
mod vqz;
mod worker;

pub use name::{CodecName, Origin, Shelf};

use crate::report::{About, ModelId};
use ::vqz::Image;
use anyhow::{bail, ensure, Result};

/// A codec that is ready to run. Pictures are grey or RGB, without alpha and metadata; a file has nothing else either.
pub trait Codec: Send + Sync {
    /// For the report. `id` is unique among the codecs of a comparison.
    fn about(&self) -> &About;

    /// Changes when files, pictures or times may: results of an earlier run are then made again.
    fn identity(&self) -> String {
        let about = self.about();
        format!("{}; {}", about.version, about.settings)
    }

    /// Which model makes the files, if one does.
    fn model(&self) -> Option<ModelId> {
        None
    }

    /// Of the files, without the dot.
    fn extension(&self) -> &'static str;

    /// If browsers show the files: their media type.
    fn media_type(&self) -> Option<&'static str>;

    /// The settings there are.
    fn dial(&self) -> Dial;

    /// Settings for a curve.
    fn curve(&self) -> Vec<f64>;

    /// The bytes of a file. `setting` is one of [`Codec::dial`].
    fn encode(&self, picture: &Image, setting: f64) -> Result<Timed<Vec<u8>>>;

    /// The picture in a file's bytes; grey may come back as RGB.
    fn decode(&self, file: &[u8]) -> Result<Timed<Image>>;

    /// Bytes that a process which does nothing else needs for this at its peak, above those with the input in memory; `None` if the
    /// system does not tell.
    fn peak(&self, work: Work<'_>) -> Result<Option<u64>>;

    /// The highest setting whose file has at most `max_bytes`: by bisection, for the size grows along the dial.
    fn setting_for(&self, picture: &Image, max_bytes: u64) -> Result<f64> {
        let dial = self.dial();
        let size =
            |index| Ok::<_, anyhow::Error>(self.encode(picture, dial.at(index))?.value.len());
        let smallest = size(0)?;
        if smallest as u64 > max_bytes {
            bail!(
                "the smallest file, of quality {}, takes {smallest} bytes",
                dial.min
            );
        }
        let (mut fits, mut too_large) = (0, dial.count());
        while too_large - fits > 1 {
            let middle = fits + (too_large - fits) / 2;
            if size(middle)? as u64 <= max_bytes {
                fits = middle;
            } else {
                too_large = middle;
            }
        }
        Ok(dial.at(fits))
    }
}

/// What a codec made, and the processor time that it took.
pub struct Timed<T> {
    pub value: T,
    pub seconds: f64,
}

/// What the memory is measured of.
pub enum Work<'a> {
    /// A picture at a setting.
    Encode(&'a Image, f64),
    /// The bytes of a file.
    Decode(&'a [u8]),
}

/// Settings from `min` to `max`, a `step` apart; higher is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dial {
    pub min: f64,
    pub max: f64,
    pub step: f64,
}

impl Dial {
    /// How many settings there are.
    pub fn count(self) -> u32 {
        ((self.max - self.min) / self.step).round() as u32 + 1
    }

    /// The `index`-th of them.
    pub fn at(self, index: u32) -> f64 {
        self.min + f64::from(index) * self.step
    }

    /// Whether this is one of them.
    pub fn check(self, setting: f64) -> Result<()> {
        let steps = (setting - self.min) / self.step;
        ensure!(
            (self.min..=self.max).contains(&setting) && (steps - steps.round()).abs() < 1e-6,
            "quality is {setting}, it must be {} to {} in steps of {}",
            self.min,
            self.max,
            self.step
        );
        Ok(())
    }
}

/// From `from` to `to`, `step` apart.
fn every(step: u8, from: u8, to: u8) -> Vec<f64> {
    (from..=to).step_by(step.into()).map(f64::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::vqz::Color;

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
        let shelf = Shelf::for_tests();
        for name in CodecName::ALL {
            let codec = name.open(&shelf).unwrap();
            for (color, width, height) in [(Color::Rgb, 67, 43), (Color::Gray, 33, 50)] {
                let picture = waves(color, width, height);
                let quality = *codec.curve().last().unwrap();
                let bytes = codec.encode(&picture, quality).unwrap().value;
                let back = codec.decode(&bytes).unwrap().value;
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
                assert!(codec.decode(&bytes[..bytes.len() / 2]).is_err() || name != CodecName::Vqz);
            }
        }
    }

    #[test]
    fn curves_are_on_the_dial_and_sizes_grow() {
        let picture = waves(Color::Rgb, 96, 96);
        let shelf = Shelf::for_tests();
        for name in CodecName::ALL {
            let codec = name.open(&shelf).unwrap();
            let qualities = codec.curve();
            assert!(qualities.is_sorted() && qualities.len() >= 8, "{name:?}");
            for &quality in &qualities {
                codec.dial().check(quality).unwrap();
            }
            let size = |quality: f64| codec.encode(&picture, quality).unwrap().value.len();
            assert!(
                size(qualities[0]) < size(qualities[qualities.len() - 1]),
                "{name:?}"
            );
        }
    }

    #[test]
    fn the_largest_file_that_fits() {
        let picture = waves(Color::Rgb, 80, 64);
        let shelf = Shelf::for_tests();
        for name in [CodecName::Jpeg, CodecName::Mozjpeg, CodecName::Webp] {
            let codec = name.open(&shelf).unwrap();
            let size = |quality| codec.encode(&picture, quality).unwrap().value.len() as u64;
            let middle = size(40.0);
            let quality = codec.setting_for(&picture, middle).unwrap();
            assert!(quality >= 40.0 && size(quality) <= middle, "{name:?}");
            assert!(
                size(quality + 1.0) > middle,
                "{name:?}: quality {quality} is not the last that fits"
            );
            let error = codec.setting_for(&picture, 10).unwrap_err().to_string();
            assert!(error.contains("the smallest file"), "{error}");
        }
    }

    #[test]
    fn settings_off_the_dial_are_refused() {
        let dial = Dial {
            min: 1.0,
            max: 100.0,
            step: 1.0,
        };
        assert_eq!((dial.count(), dial.at(99)), (100, 100.0));
        dial.check(37.0).unwrap();
        for quality in [0.0, 101.0, 50.5, f64::NAN] {
            assert!(dial.check(quality).is_err(), "{quality}");
        }
    }
}
