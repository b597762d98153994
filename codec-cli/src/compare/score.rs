//! The metrics, all of 8-bit pixels.

use super::codec::locked;
use super::pixels;
use super::report::{Better, Metric, Scores};
use crate::metrics::bd_rate::MIN_OVERLAP_DB;
use crate::metrics::ms_ssim::{decibels, ms_ssim};
use crate::metrics::psnr::psnr;
use anyhow::{anyhow, ensure, Result};
use butteraugli::{ButteraugliParams, ButteraugliReference};
use ssimulacra2::{compute_frame_ssimulacra2, ColorPrimaries, Rgb, TransferCharacteristic};
use vqz::Image;

pub const MS_SSIM: &str = "ms-ssim";
pub const MS_SSIM_DB: &str = "ms-ssim-db";
/// SSIMULACRA2 and Butteraugli have nothing to say about less.
const MIN_SIDE: u32 = 8;

/// A metric, and how far curves must overlap on its axis to be compared; `None`: they are not, another one says the same.
pub struct Axis {
    pub metric: Metric,
    pub min_overlap: Option<f64>,
}

/// All metrics, in the order of reports.
pub const AXES: [Axis; 7] = [
    axis(
        "psnr-rgb",
        "PSNR (RGB)",
        "dB",
        Better::Higher,
        Some(MIN_OVERLAP_DB),
    ),
    axis(
        "psnr-y",
        "PSNR (Y)",
        "dB",
        Better::Higher,
        Some(MIN_OVERLAP_DB),
    ),
    axis(MS_SSIM, "MS-SSIM", "", Better::Higher, None),
    axis(
        MS_SSIM_DB,
        "MS-SSIM in dB",
        "dB",
        Better::Higher,
        Some(MIN_OVERLAP_DB),
    ),
    axis("ssimulacra2", "SSIMULACRA2", "", Better::Higher, Some(2.0)),
    axis("butteraugli", "Butteraugli", "", Better::Lower, Some(0.2)),
    axis(
        "butteraugli-3norm",
        "Butteraugli (3-norm)",
        "",
        Better::Lower,
        Some(0.1),
    ),
];

const fn axis(
    id: &'static str,
    name: &'static str,
    unit: &'static str,
    better: Better,
    min_overlap: Option<f64>,
) -> Axis {
    Axis {
        metric: Metric {
            id,
            name,
            unit,
            better,
        },
        min_overlap,
    }
}

/// The crates that scores come from: points in the cache are made again when they change.
pub fn version() -> String {
    let [ssimulacra2, butteraugli] = ["ssimulacra2", "butteraugli"].map(locked::version);
    format!("ssimulacra2 {ssimulacra2}, butteraugli {butteraugli}")
}

/// What the scores are, for the report.
pub fn note() -> String {
    format!(
        "PSNR (RGB) is of all samples together, PSNR (Y) of the luma of BT.601. MS-SSIM is that of pytorch-msssim, the mean over \
         R, G and B. SSIMULACRA2 (100: equal) and Butteraugli (0: equal; 80 nits; the largest local difference, and libjxl's 3-norm) \
         are those of the crates {}.",
        version()
    )
}

/// A photo that others are compared with.
pub struct Original {
    rgb: Image,
    butteraugli: Option<ButteraugliReference>,
}

impl Original {
    /// Does once what all comparisons share.
    pub fn new(photo: &Image) -> Result<Self> {
        let rgb = pixels::rgb(photo).into_owned();
        let (width, height) = (rgb.width(), rgb.height());
        let large = width.min(height) >= MIN_SIDE;
        let butteraugli = large.then(|| {
            let params = ButteraugliParams::new();
            ButteraugliReference::new(rgb.samples(), width as usize, height as usize, params)
        });
        Ok(Self {
            butteraugli: butteraugli.transpose()?,
            rgb,
        })
    }

    /// By all metrics that the photo is large enough for.
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
        add("psnr-rgb", psnr(&self.rgb, &decoded));
        add("psnr-y", psnr_y(&self.rgb, &decoded));
        if let Some(similarity) = ms_ssim(&self.rgb, &decoded) {
            add(MS_SSIM, similarity);
            add(MS_SSIM_DB, decibels(similarity));
        }
        if let Some(reference) = &self.butteraugli {
            let outcome = reference.compare(decoded.samples())?;
            add("butteraugli", outcome.score);
            add("butteraugli-3norm", outcome.pnorm_3);
            let score = compute_frame_ssimulacra2(linear(&self.rgb)?, linear(&decoded)?)?;
            add("ssimulacra2", score);
        }
        Ok(scores)
    }
}

/// PSNR in dB of the luma 0.299 R + 0.587 G + 0.114 B (BT.601, full range, not rounded), peak 255. The error counts at least
/// as much as one sample of the blue channel that is wrong by one.
fn psnr_y(a: &Image, b: &Image) -> f64 {
    let pixels = a.samples().chunks_exact(3).zip(b.samples().chunks_exact(3));
    let squares: f64 = pixels
        .map(|(a, b)| {
            let difference = |c: usize| f64::from(a[c]) - f64::from(b[c]);
            let luma = 0.299 * difference(0) + 0.587 * difference(1) + 0.114 * difference(2);
            luma * luma
        })
        .sum();
    let count = (a.samples().len() / 3) as f64;
    10.0 * (255.0 * 255.0 * count / squares.max(0.114 * 0.114)).log10()
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
        let original = Original::new(&photo).unwrap();
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
        let scores = Original::new(&small).unwrap().scores(&small).unwrap();
        assert!(scores.contains_key("butteraugli") && !scores.contains_key(MS_SSIM));
        let tiny = picture(7, 30, 0);
        let scores = Original::new(&tiny).unwrap().scores(&tiny).unwrap();
        assert_eq!(scores.len(), 2, "{scores:?}");
    }

    #[test]
    fn luma_weighs_the_channels() {
        let a = Image::new(1, 1, Color::Rgb, vec![10, 20, 30]).unwrap();
        let b = Image::new(1, 1, Color::Rgb, vec![20, 20, 50]).unwrap();
        let expected = 20.0 * (255.0_f64 / (2.99 + 2.28)).log10();
        assert!((psnr_y(&a, &b) - expected).abs() < 1e-9);
    }

    #[test]
    fn another_size_is_an_error() {
        let original = Original::new(&picture(20, 20, 0)).unwrap();
        assert!(original.scores(&picture(20, 21, 0)).is_err());
    }
}
