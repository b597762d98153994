//! The scores of pictures against the photo that they were made from.

use super::ms_ssim::{decibels, ms_ssim};
use super::psnr::{psnr, psnr_y};
use super::{
    Scale, BUTTERAUGLI, BUTTERAUGLI_3NORM, MS_SSIM, MS_SSIM_DB, PSNR_RGB, PSNR_Y, SSIMULACRA2,
};
use crate::pixels;
use crate::report::Scores;
use anyhow::{anyhow, ensure, Result};
use butteraugli::{ButteraugliParams, ButteraugliReference};
use ssimulacra2::{compute_frame_ssimulacra2, ColorPrimaries, Rgb, TransferCharacteristic};
use vqz::Image;

/// SSIMULACRA2 and Butteraugli have nothing to say about less.
const MIN_SIDE: u32 = 8;

/// A photo that others are compared with.
pub struct Original {
    rgb: Image,
    scales: Vec<Scale>,
    butteraugli: Option<ButteraugliReference>,
}

impl Original {
    /// Does once what all comparisons share.
    pub fn new(photo: &Image, scales: &[Scale]) -> Result<Self> {
        let rgb = pixels::rgb(photo).into_owned();
        let (width, height) = (rgb.width(), rgb.height());
        let mut scales = scales.to_vec();
        if width.min(height) < MIN_SIDE {
            scales.retain(|scale| !matches!(scale, Scale::Ssimulacra2 | Scale::Butteraugli));
        }
        let butteraugli = scales.contains(&Scale::Butteraugli).then(|| {
            let params = ButteraugliParams::new();
            ButteraugliReference::new(rgb.samples(), width as usize, height as usize, params)
        });
        Ok(Self {
            butteraugli: butteraugli.transpose()?,
            rgb,
            scales,
        })
    }

    /// By all metrics that were asked for and that the photo is large enough for.
    ///
    /// # Errors
    /// If the pictures differ in size.
    pub fn scores(&self, decoded: &Image) -> Result<Scores> {
        let size = |image: &Image| (image.width(), image.height());
        ensure!(
            size(decoded) == size(&self.rgb),
            "{:?} pixels came back as {:?}",
            size(&self.rgb),
            size(decoded)
        );
        let decoded = pixels::rgb(decoded);
        let mut scores = Scores::new();
        let mut add = |id: &str, value: f64| scores.insert(id.into(), value);
        if self.scales.contains(&Scale::Psnr) {
            add(PSNR_RGB, psnr(&self.rgb, &decoded));
            add(PSNR_Y, psnr_y(&self.rgb, &decoded));
        }
        if self.scales.contains(&Scale::MsSsim) {
            if let Some(similarity) = ms_ssim(&self.rgb, &decoded) {
                add(MS_SSIM, similarity);
                add(MS_SSIM_DB, decibels(similarity));
            }
        }
        if self.scales.contains(&Scale::Ssimulacra2) {
            let score = compute_frame_ssimulacra2(linear(&self.rgb)?, linear(&decoded)?)?;
            add(SSIMULACRA2, score);
        }
        if let Some(reference) = &self.butteraugli {
            let outcome = reference.compare(decoded.samples())?;
            add(BUTTERAUGLI, outcome.score);
            add(BUTTERAUGLI_3NORM, outcome.pnorm_3);
        }
        Ok(scores)
    }
}

/// sRGB, as the crate wants it.
fn linear(rgb: &Image) -> Result<Rgb> {
    let samples = rgb
        .samples()
        .chunks_exact(3)
        .map(|pixel| [pixel[0], pixel[1], pixel[2]].map(|sample| f32::from(sample) / 255.0))
        .collect();
    Rgb::new(
        samples,
        rgb.width() as usize,
        rgb.height() as usize,
        TransferCharacteristic::SRGB,
        ColorPrimaries::BT709,
    )
    .map_err(|error| anyhow!("SSIMULACRA2: {error:?}"))
}

#[cfg(test)]
mod tests {
    use super::super::{Better, AXES};
    use super::*;
    use vqz::Color;

    fn picture(width: u32, height: u32, noise: u32) -> Image {
        let samples = (0..width * height * 3)
            .map(|i| {
                (i / 3 % width + i / 3 / width + i % 3 * 40 + i * 7919 % (noise + 1)) as u8 / 2
            })
            .collect();
        Image::new(width, height, Color::Rgb, samples).unwrap()
    }

    #[test]
    fn noise_lowers_every_score_and_small_pictures_have_fewer() {
        let photo = picture(180, 170, 0);
        let original = Original::new(&photo, &Scale::ALL).unwrap();
        let same = original.scores(&photo).unwrap();
        let (few, much) = (
            original.scores(&picture(180, 170, 8)).unwrap(),
            original.scores(&picture(180, 170, 60)).unwrap(),
        );
        for axis in &AXES {
            let id = axis.metric.id;
            let mut order = [same[id], few[id], much[id]];
            if axis.metric.better == Better::Higher {
                order.reverse();
            }
            assert!(
                order[0] < order[1] && order[1] < order[2],
                "{id}: {order:?}"
            );
        }
        assert!((same["ssimulacra2"] - 100.0).abs() < 1e-6 && same["butteraugli"] < 1e-6);

        let small = picture(20, 9, 0);
        let scores = Original::new(&small, &Scale::ALL)
            .unwrap()
            .scores(&small)
            .unwrap();
        assert!(scores.contains_key("butteraugli") && !scores.contains_key(MS_SSIM));
        let tiny = picture(7, 30, 0);
        let scores = Original::new(&tiny, &Scale::ALL)
            .unwrap()
            .scores(&tiny)
            .unwrap();
        assert_eq!(scores.len(), 2, "{scores:?}");
    }

    #[test]
    fn another_size_is_an_error() {
        let original = Original::new(&picture(20, 20, 0), &Scale::ALL).unwrap();
        assert!(original.scores(&picture(20, 21, 0)).is_err());
    }
}
