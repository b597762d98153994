//! Published curves to compare with, from JSON files.

use super::bd_rate::{bd_rate, BdRate};
use crate::metric::ms_ssim::decibels;
use crate::metric::{MS_SSIM, PSNR_RGB};
use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Rates that count, in bits per pixel: the published comparisons end here too.
const RATES: RangeInclusive<f64> = 0.03..=2.6;
/// Curves that share less are not compared.
const MIN_OVERLAP_DB: f64 = 0.5;

/// A curve by name, in a file.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// In reports, and in a file with several curves.
    pub name: String,
    /// JSON.
    pub file: PathBuf,
}

/// Means over a set of photos, a value per point in each list.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
pub struct Curve {
    /// Bits per pixel.
    pub bpp: Vec<f64>,
    /// dB over RGB.
    #[serde(rename = "psnr-rgb", default)]
    pub psnr: Option<Vec<f64>>,
    /// 0 to 1.
    #[serde(rename = "ms-ssim-rgb", default)]
    pub ms_ssim: Option<Vec<f64>>,
    /// The same in dB; some files have only this.
    #[serde(rename = "ms-ssim-db-rgb", default)]
    pub ms_ssim_db: Option<Vec<f64>>,
}

/// One curve as CompressAI and `vqz eval` write them, several by name, or the report of `vqz compare`.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    One(Results),
    Several { anchors: HashMap<String, Results> },
    Report { means: Vec<OfCodec> },
}

#[derive(Deserialize)]
struct Results {
    results: Curve,
}

/// [`Means`](crate::report::Means), as far as they are needed.
#[derive(Deserialize)]
struct OfCodec {
    codec: String,
    bpp: Vec<f64>,
    scores: HashMap<String, Vec<f64>>,
}

impl std::str::FromStr for Anchor {
    type Err = String;

    /// From `NAME=FILE`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok(Self {
                name: name.into(),
                file: file.into(),
            }),
            _ => Err("must be NAME=FILE.json".into()),
        }
    }
}

impl Anchor {
    /// Reads the curve; from a file with several the one of that name.
    ///
    /// # Errors
    /// If there is none.
    pub fn load(&self) -> Result<Curve> {
        load(&self.file, &self.name).with_context(|| self.file.display().to_string())
    }
}

fn load(file: &Path, name: &str) -> Result<Curve> {
    parse(&std::fs::read_to_string(file)?, name)
}

fn parse(text: &str, name: &str) -> Result<Curve> {
    let expected = r#"is not an anchor: {"results": {"bpp": […], "psnr-rgb": […]}} is expected"#;
    let curve = match serde_json::from_str(text).context(expected)? {
        File::One(file) => file.results,
        File::Several { anchors } => named(
            name,
            anchors.into_iter().map(|(name, file)| (name, file.results)),
        )?,
        File::Report { means } => named(
            name,
            means.into_iter().map(|mut of| {
                let curve = Curve {
                    bpp: of.bpp,
                    psnr: of.scores.remove(PSNR_RGB),
                    ms_ssim: of.scores.remove(MS_SSIM),
                    ms_ssim_db: None,
                };
                (of.codec, curve)
            }),
        )?,
    };
    for (what, list) in [
        ("psnr-rgb", &curve.psnr),
        ("ms-ssim-rgb", &curve.ms_ssim),
        ("ms-ssim-db-rgb", &curve.ms_ssim_db),
    ] {
        let (found, needed) = (
            list.as_ref().map_or(curve.bpp.len(), Vec::len),
            curve.bpp.len(),
        );
        anyhow::ensure!(
            found == needed,
            "has {needed} values of bpp, but {found} of {what}"
        );
    }
    Ok(curve)
}

fn named(name: &str, curves: impl Iterator<Item = (String, Curve)>) -> Result<Curve> {
    let mut curves: HashMap<String, Curve> = curves.collect();
    curves.remove(name).with_context(|| {
        let mut names: Vec<String> = curves.into_keys().collect();
        names.sort();
        format!("has no anchor `{name}`, only {}", names.join(", "))
    })
}

/// Bits that `test` needs against `anchor`, two curves in dB, where they overlap.
pub fn rate(anchor: &[(f64, f64)], test: &[(f64, f64)]) -> Option<BdRate> {
    let usable = |curve: &[(f64, f64)]| -> Vec<(f64, f64)> {
        let points = curve.iter().copied();
        points.filter(|(bpp, _)| RATES.contains(bpp)).collect()
    };
    let anywhere = (f64::NEG_INFINITY, f64::INFINITY);
    bd_rate(&usable(anchor), &usable(test), anywhere, MIN_OVERLAP_DB)
}

impl Curve {
    /// (bpp, PSNR) of all points; none if there is no PSNR.
    pub fn psnr_points(&self) -> Vec<(f64, f64)> {
        self.points(self.psnr.as_deref())
    }

    /// (bpp, MS-SSIM in dB) of all points; none if there is no MS-SSIM.
    pub fn ms_ssim_points(&self) -> Vec<(f64, f64)> {
        let converted = self
            .ms_ssim
            .as_ref()
            .map(|list| list.iter().copied().map(decibels).collect());
        let list: Option<Vec<f64>> = converted.or_else(|| self.ms_ssim_db.clone());
        self.points(list.as_deref())
    }

    fn points(&self, quality: Option<&[f64]>) -> Vec<(f64, f64)> {
        let quality = quality.unwrap_or_default().iter();
        self.bpp.iter().copied().zip(quality.copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_with_one_curve_and_with_several() {
        let one = r#"{"name": "x", "results": {"bpp": [0.5, 1], "psnr-rgb": [30, 33.5], "ms-ssim-rgb": [0.9, 0.99], "t": [1]}}"#;
        let curve = parse(one, "any").unwrap();
        assert_eq!(curve.psnr_points(), [(0.5, 30.0), (1.0, 33.5)]);
        let ms_ssim = curve.ms_ssim_points();
        assert!((ms_ssim[0].1 - 10.0).abs() < 1e-9 && (ms_ssim[1].1 - 20.0).abs() < 1e-9);

        let several = format!(r#"{{"source": "y", "anchors": {{"a": {one}, "b": {one}}}}}"#);
        assert_eq!(parse(&several, "b").unwrap(), curve);
        let error = parse(&several, "c").unwrap_err().to_string();
        assert!(error.contains("no anchor `c`, only a, b"), "{error}");
    }

    #[test]
    fn a_report_is_several_curves() {
        let report = r#"{"title": "z", "means": [
            {"codec": "a", "quality": [1, 2], "bpp": [0.5, 1], "scores": {"psnr-rgb": [30, 33.5], "ssimulacra2": [1, 2]}},
            {"codec": "b", "quality": [1], "bpp": [2], "scores": {"ms-ssim": [0.9]}}]}"#;
        let curve = parse(report, "a").unwrap();
        assert_eq!(curve.psnr_points(), [(0.5, 30.0), (1.0, 33.5)]);
        assert_eq!(curve.ms_ssim_points(), []);
        assert_eq!(parse(report, "b").unwrap().ms_ssim_points().len(), 1);
        assert!(parse(report, "c").is_err());
    }

    #[test]
    fn rates_beyond_the_published_ones_do_not_count() {
        let curve = [(0.5, 30.0), (1.0, 33.0), (2.0, 36.0)];
        let more = [&[(0.01, 29.0)], &curve[..], &[(3.0, 45.0)]].concat();
        let found = rate(&curve, &more).unwrap();
        assert_eq!((found.percent, found.from, found.to), (0.0, 30.0, 36.0));
    }

    #[test]
    fn curves_with_decibels_only() {
        let curve = parse(r#"{"results": {"bpp": [1], "ms-ssim-db-rgb": [15]}}"#, "x").unwrap();
        assert_eq!(curve.ms_ssim_points(), [(1.0, 15.0)]);
        assert_eq!(curve.psnr_points(), []);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "[]", "{}", r#"{"results": {"psnr-rgb": [1]}}"#] {
            assert!(parse(text, "x").is_err(), "accepted: {text}");
        }
        let uneven = r#"{"results": {"bpp": [1, 2], "psnr-rgb": [30]}}"#;
        let error = parse(uneven, "x").unwrap_err().to_string();
        assert!(
            error.contains("2 values of bpp, but 1 of psnr-rgb"),
            "{error}"
        );
        for text in ["jpeg", "=x.json", "jpeg="] {
            assert!(text.parse::<Anchor>().is_err(), "accepted: {text}");
        }
    }
}
