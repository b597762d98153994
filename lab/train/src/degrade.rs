//! What is done to pictures before the encoder sees them (noise, blur, JPEG), for models that undo it: their distortion is measured against the
//! picture as it was.

use std::fmt;
use std::io::Cursor;
use std::str::FromStr;

use anyhow::{bail, Result};
use image::codecs::jpeg::JpegEncoder;
use image::{imageops, ExtendedColorType, ImageFormat, RgbImage};
use serde::{Deserialize, Serialize};

use crate::random::Random;

/// Largest standard deviation of noise: all of a sample's range.
const MOST_NOISE: f64 = 255.0;
/// Largest standard deviation of a blur; much of a patch's side already.
const MOST_BLUR: f64 = 20.0;

/// What is done to a picture. As text, in recipes and on the command line: `noise:25`, `blur:1.5`, `jpeg:10`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Degradation {
    /// Normal noise of this standard deviation (of samples from 0 to 255), independent in every sample; then samples are rounded and clipped.
    Noise(f64),
    /// A Gaussian blur of this standard deviation, in pixels.
    Blur(f64),
    /// Through a JPEG file of this quality, 1 to 100.
    Jpeg(u8),
}

impl FromStr for Degradation {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (kind, value) = text.split_once(':').unwrap_or((text, ""));
        let within = |most: f64| match value.parse::<f64>() {
            Ok(sigma) if sigma > 0.0 && sigma <= most => Ok(sigma),
            _ => bail!("{text}: the deviation must be above 0 and at most {most}"),
        };
        match kind {
            "noise" => Ok(Self::Noise(within(MOST_NOISE)?)),
            "blur" => Ok(Self::Blur(within(MOST_BLUR)?)),
            "jpeg" => match value.parse() {
                Ok(quality) if (1..=100).contains(&quality) => Ok(Self::Jpeg(quality)),
                _ => bail!("{text}: the quality must be a whole number from 1 to 100"),
            },
            _ => bail!("{text}: must be noise:SIGMA, blur:SIGMA or jpeg:QUALITY"),
        }
    }
}

impl fmt::Display for Degradation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Noise(sigma) => write!(f, "noise:{sigma}"),
            Self::Blur(sigma) => write!(f, "blur:{sigma}"),
            Self::Jpeg(quality) => write!(f, "jpeg:{quality}"),
        }
    }
}

impl TryFrom<String> for Degradation {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Degradation> for String {
    fn from(degradation: Degradation) -> Self {
        degradation.to_string()
    }
}

impl Degradation {
    /// The degraded picture: a function of `pixels` (interleaved RGB) and of what `random` draws.
    ///
    /// # Errors
    /// A picture with a side that no JPEG can have.
    pub(crate) fn apply(
        self,
        pixels: &[u8],
        (width, height): (u32, u32),
        random: &mut Random,
    ) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Noise(sigma) => noisy(pixels, sigma, random),
            Self::Blur(sigma) => {
                let picture = RgbImage::from_raw(width, height, pixels.to_vec());
                imageops::blur(&picture.expect("all samples"), sigma as f32).into_raw()
            }
            Self::Jpeg(quality) => {
                let mut file = Vec::new();
                JpegEncoder::new_with_quality(&mut file, quality).encode(
                    pixels,
                    width,
                    height,
                    ExtendedColorType::Rgb8,
                )?;
                image::load(Cursor::new(file), ImageFormat::Jpeg)?
                    .into_rgb8()
                    .into_raw()
            }
        })
    }
}

fn noisy(samples: &[u8], sigma: f64, random: &mut Random) -> Vec<u8> {
    let mut noisy = samples.to_vec();
    for pair in noisy.chunks_mut(2) {
        for (sample, noise) in pair.iter_mut().zip(random.normal()) {
            // Clips, and rounds halves away from 0.
            *sample = (f64::from(*sample) + sigma * noise).round() as u8;
        }
    }
    noisy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Recipe;

    const SIZE: (u32, u32) = (97, 80);

    /// Levels from 64 to 192, which noise of 10 does not clip, with an edge in the middle.
    fn clean() -> Vec<u8> {
        let picture = RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
            let edge = if x > SIZE.0 / 2 { 60 } else { 0 };
            image::Rgb([70 + edge, 80 + edge + (y % 8) as u8, 120 + edge])
        });
        picture.into_raw()
    }

    fn degraded(text: &str, step: u64) -> Vec<u8> {
        let degradation: Degradation = text.parse().unwrap();
        let random = &mut Random::new(7, step);
        let degraded = degradation.apply(&clean(), SIZE, random).unwrap();
        assert_eq!(degraded.len(), clean().len());
        degraded
    }

    /// Mean and standard deviation of `a` − `b`.
    fn difference(a: &[u8], b: &[u8]) -> (f64, f64) {
        let differences = a.iter().zip(b).map(|(&a, &b)| f64::from(a) - f64::from(b));
        let (sum, squares) = differences.fold((0.0, 0.0), |(s, q), d| (s + d, q + d * d));
        let mean = sum / a.len() as f64;
        (mean, (squares / a.len() as f64 - mean * mean).sqrt())
    }

    #[test]
    fn noise_has_the_deviation_asked_for() {
        for sigma in [2.0, 10.0] {
            let noisy = degraded(&format!("noise:{sigma}"), 0);
            let (mean, deviation) = difference(&noisy, &clean());
            // 23,280 samples: three standard errors, and a twelfth for the rounding.
            assert!(mean.abs() < 0.02 * sigma, "{mean}");
            let expected = (sigma * sigma + 1.0 / 12.0).sqrt();
            assert!((deviation / expected - 1.0).abs() < 0.015, "{deviation}");
        }
    }

    #[test]
    fn noise_is_the_same_for_a_seed_and_another_for_the_next() {
        assert_eq!(degraded("noise:25", 3), degraded("noise:25", 3));
        assert_ne!(degraded("noise:25", 3), degraded("noise:25", 4));
    }

    #[test]
    fn a_blur_keeps_the_mean_and_softens_edges() {
        let (clean, blurred) = (clean(), degraded("blur:2", 0));
        let (mean, _) = difference(&blurred, &clean);
        assert!(mean.abs() < 0.3, "{mean}");
        let steepest = |pixels: &[u8]| {
            let row = &pixels[40 * 97 * 3..41 * 97 * 3];
            let steps = (3..row.len()).map(|i| row[i].abs_diff(row[i - 3]));
            steps.max().unwrap()
        };
        assert_eq!(steepest(&clean), 60);
        assert!(
            (8..20).contains(&steepest(&blurred)),
            "{}",
            steepest(&blurred)
        );
    }

    #[test]
    fn a_jpeg_of_a_lower_quality_is_further_away() {
        let error = |text| difference(&degraded(text, 0), &clean()).1;
        let (good, bad) = (error("jpeg:95"), error("jpeg:5"));
        assert!(0.0 < good && good < 3.0 && bad > 2.0 * good, "{good} {bad}");
    }

    #[test]
    fn the_text_is_read_as_it_is_written() {
        for text in ["noise:25", "noise:0.5", "blur:1.5", "jpeg:10"] {
            assert_eq!(text.parse::<Degradation>().unwrap().to_string(), text);
        }
        for (text, told) in [
            ("noise:256", "at most 255"),
            ("noise:0", "above 0"),
            ("noise:nan", "above 0"),
            ("blur:", "at most 20"),
            ("jpeg:0", "1 to 100"),
            ("jpeg:1.5", "whole number"),
            ("rain:3", "noise:SIGMA, blur:SIGMA or jpeg:QUALITY"),
        ] {
            let error = text.parse::<Degradation>().unwrap_err().to_string();
            assert!(error.starts_with(text) && error.contains(told), "{error}");
        }
    }

    #[test]
    fn recipes_have_it_as_text_and_old_ones_lack_it() {
        let recipe = Recipe {
            degrade: Some(Degradation::Noise(25.0)),
            ..Recipe::default()
        };
        let mut json = serde_json::to_value(&recipe).unwrap();
        assert_eq!(json["degrade"], "noise:25");
        assert_eq!(Recipe::deserialize(&json).unwrap(), recipe);
        json.as_object_mut().unwrap().remove("degrade");
        assert_eq!(Recipe::deserialize(&json).unwrap(), Recipe::default());
    }
}
