//! Means over the photos, comparisons with the anchors; as JSON and as a table.

use super::anchor::Curve;
use super::dial::OutOfOrder;
use super::measure::Photo;
use crate::metrics::bd_rate::{bd_rate, BdRate, MIN_OVERLAP_DB};
use crate::metrics::ms_ssim::decibels;
use serde::Serialize;
use std::fmt::{self, Display};

/// All that an evaluation found. As JSON it is an anchor for other evaluations.
#[derive(Debug, Serialize)]
pub struct Report {
    pub name: &'static str,
    /// What made the files and what the numbers are.
    pub description: String,
    pub command: String,
    /// Of this program.
    pub version: &'static str,
    pub model: Option<ModelId>,
    /// Means over the photos.
    pub results: Means,
    #[serde(rename = "bd-rate")]
    pub bd_rates: Vec<Comparison>,
    /// Of the qualities measured, photo by photo.
    #[serde(rename = "out-of-order")]
    pub out_of_order: Vec<OutOfOrder>,
    pub photos: Vec<Photo>,
}

/// Which model made the files.
#[derive(Debug, Serialize)]
pub struct ModelId {
    /// 16 hex digits.
    pub digest: String,
    pub name: String,
}

/// Means over the photos, a value per quality in each list.
#[derive(Debug, PartialEq, Serialize)]
pub struct Means {
    pub quality: Vec<f32>,
    pub bpp: Vec<f64>,
    #[serde(rename = "psnr-rgb")]
    pub psnr: Vec<f64>,
    /// `None` if a photo is too small for it: a mean over fewer photos would not belong to these rates.
    #[serde(rename = "ms-ssim-rgb", skip_serializing_if = "Option::is_none")]
    pub ms_ssim: Option<Vec<f64>>,
    /// The mean in dB, not the mean of dB.
    #[serde(rename = "ms-ssim-db-rgb", skip_serializing_if = "Option::is_none")]
    pub ms_ssim_db: Option<Vec<f64>>,
}

/// BD-rates against one anchor; `None` where the curves do not overlap.
#[derive(Debug, Serialize)]
pub struct Comparison {
    pub anchor: String,
    #[serde(rename = "psnr-rgb")]
    pub psnr: Option<BdRate>,
    #[serde(rename = "ms-ssim-db-rgb")]
    pub ms_ssim: Option<BdRate>,
}

impl Means {
    /// Of at least one photo; all have the same qualities.
    pub fn of(photos: &[Photo]) -> Self {
        let count = photos.len() as f64;
        let points = photos[0].points.len();
        let mean = |value: &dyn Fn(&Photo, usize) -> f64| -> Vec<f64> {
            (0..points)
                .map(|i| photos.iter().map(|photo| value(photo, i)).sum::<f64>() / count)
                .collect()
        };
        let complete = photos
            .iter()
            .all(|photo| photo.points.iter().all(|point| point.ms_ssim.is_some()));
        let ms_ssim =
            complete.then(|| mean(&|photo, i| photo.points[i].ms_ssim.unwrap_or_default()));
        Self {
            quality: photos[0].points.iter().map(|point| point.quality).collect(),
            bpp: mean(&|photo, i| photo.points[i].bpp),
            psnr: mean(&|photo, i| photo.points[i].psnr),
            ms_ssim_db: ms_ssim
                .as_ref()
                .map(|list| list.iter().copied().map(decibels).collect()),
            ms_ssim,
        }
    }

    /// Against each of the anchors.
    pub fn compare(&self, anchors: &[(String, Curve)]) -> Vec<Comparison> {
        let own = Curve {
            bpp: self.bpp.clone(),
            psnr: Some(self.psnr.clone()),
            ms_ssim: self.ms_ssim.clone(),
            ms_ssim_db: None,
        };
        anchors
            .iter()
            .map(|(name, anchor)| Comparison {
                anchor: name.clone(),
                psnr: bd_rate(&anchor.psnr_points(), &own.psnr_points(), MIN_OVERLAP_DB),
                ms_ssim: bd_rate(
                    &anchor.ms_ssim_points(),
                    &own.ms_ssim_points(),
                    MIN_OVERLAP_DB,
                ),
            })
            .collect()
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.description)?;
        writeln!(f, "quality       bpp   PSNR dB   MS-SSIM      dB")?;
        let means = &self.results;
        for i in 0..means.quality.len() {
            write!(
                f,
                "{:7} {:9.4} {:9.3}",
                means.quality[i], means.bpp[i], means.psnr[i]
            )?;
            match (&means.ms_ssim, &means.ms_ssim_db) {
                (Some(ms_ssim), Some(db)) => writeln!(f, " {:9.5} {:7.3}", ms_ssim[i], db[i])?,
                _ => writeln!(f, " {:>9} {:>7}", "-", "-")?,
            }
        }
        if !self.bd_rates.is_empty() {
            writeln!(
                f,
                "BD-rate vs                              PSNR                  MS-SSIM"
            )?;
        }
        for comparison in &self.bd_rates {
            write!(f, "{:20}", comparison.anchor)?;
            for bd_rate in [comparison.psnr, comparison.ms_ssim] {
                let text = bd_rate.map_or("-".into(), |bd| {
                    format!("{:+.1} % ({:.1}–{:.1} dB)", bd.percent, bd.from, bd.to)
                });
                write!(f, " {text:>24}")?;
            }
            writeln!(f)?;
        }
        let steps = self.photos.len() * (means.quality.len() - 1);
        writeln!(
            f,
            "steps of the dial out of order: {} of {steps}",
            self.out_of_order.len()
        )?;
        for step in &self.out_of_order {
            writeln!(
                f,
                "  {}: quality {} to {}: {:+} bytes, {:+.4} dB",
                step.file, step.from, step.to, step.bytes, step.psnr
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure::Point;
    use super::*;

    fn photo(points: [(f64, f64, Option<f64>); 2]) -> Photo {
        let point = |(i, (bpp, psnr, ms_ssim))| Point {
            quality: 50.0 * i as f32,
            bytes: 0,
            bpp,
            psnr,
            ms_ssim,
        };
        Photo {
            file: "x".into(),
            width: 1,
            height: 1,
            points: points.into_iter().enumerate().map(point).collect(),
        }
    }

    #[test]
    fn means_are_over_photos() {
        let a = photo([(0.25, 30.0, Some(0.5)), (1.0, 40.0, Some(0.875))]);
        let b = photo([(0.75, 20.0, Some(0.75)), (2.0, 30.0, Some(1.0))]);
        let means = Means::of(&[a.clone(), b]);
        assert_eq!(means.quality, [0.0, 50.0]);
        assert_eq!(means.bpp, [0.5, 1.5]);
        assert_eq!(means.psnr, [25.0, 35.0]);
        assert_eq!(means.ms_ssim, Some(vec![0.625, 0.9375]));
        assert_eq!(
            means.ms_ssim_db,
            Some(vec![decibels(0.625), decibels(0.9375)])
        );
        let small = photo([(0.5, 25.0, None), (1.0, 35.0, None)]);
        assert_eq!(Means::of(&[a, small]).ms_ssim, None);
    }
}
