//! Both renderings of whole photos, measured.

use std::fmt;

use anyhow::{ensure, Result};
use serde::Serialize;
use tch::{Kind, Tensor};

use super::base::Base;
use super::generator::Generator;
use super::losses::texture_distance;
use crate::data::Photo;
use crate::validate::whole;

/// Qualities that are looked at.
const QUALITIES: [f64; 4] = [0.0, 12.0, 25.0, 50.0];

/// Means over the validation photos at one quality; of each pair the first is the faithful rendering's.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Point {
    pub quality: f64,
    /// dB, 8-bit samples.
    pub psnr: [f64; 2],
    /// See [`texture_distance`].
    pub textures: [f64; 2],
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            quality,
            psnr,
            textures,
        } = self;
        write!(
            f,
            "quality {quality} PSNR {:.2} → {:.2}, textures {:.3} → {:.3}",
            psnr[0], psnr[1], textures[0], textures[1]
        )
    }
}

/// # Errors
/// No photo of 64 × 64 pixels.
pub(super) fn validate(base: &Base, generator: &Generator, photos: &[Photo]) -> Result<Vec<Point>> {
    let device = base.device();
    let point = |&quality: &f64| {
        let t = Tensor::from_slice(&[quality as f32 / 100.0]).to_device(device);
        let (mut psnr, mut textures, mut count) = ([0.0; 2], [0.0; 2], 0.0);
        for (number, photo) in photos.iter().enumerate() {
            let Some(x) = whole(photo) else { continue };
            let x = x.to_device(device);
            let decoded = base.decode(&x, &t);
            let noise = generator.specified_noise(&decoded);
            let perceptual = generator.render(&decoded, &t, &noise, None);
            for (index, picture) in [&decoded.faithful, &perceptual].into_iter().enumerate() {
                let picture = picture.round().clamp(-128.0, 127.0);
                let mse = (&picture - &x).square().mean(Kind::Double);
                psnr[index] += 10.0 * (255.0f64.powi(2) / mse.double_value(&[]).max(1e-6)).log10();
                // The same kernels for both, and each time.
                tch::manual_seed(number as i64);
                textures[index] += texture_distance(&picture, &x).double_value(&[]);
            }
            count += 1.0;
        }
        ensure!(
            count > 0.0,
            "no validation photo has at least 64 × 64 pixels"
        );
        Ok(Point {
            quality,
            psnr: psnr.map(|sum| sum / count),
            textures: textures.map(|sum| sum / count),
        })
    };
    tch::no_grad(|| QUALITIES.iter().map(point).collect())
}
