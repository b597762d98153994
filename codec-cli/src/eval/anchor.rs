//! Published curves to compare with, from JSON files.

use crate::files::{Source, MAX_FILE_SIZE};
use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::PathBuf;

/// `NAME=FILE` on the command line.
#[derive(Debug, Clone)]
pub struct AnchorArg {
    pub name: String,
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

/// One curve as CompressAI and `vqz eval` write them, or several by name.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    One(Results),
    Several { anchors: HashMap<String, Results> },
}

#[derive(Deserialize)]
struct Results {
    results: Curve,
}

impl AnchorArg {
    /// Parses `NAME=FILE`.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok(Self {
                name: name.into(),
                file: file.into(),
            }),
            _ => Err("must be NAME=FILE.json".into()),
        }
    }

    /// Reads the curve; from a file with several the one of that name.
    pub fn load(&self) -> Result<Curve> {
        let source = Source::File(self.file.clone());
        let read = || {
            let text = String::from_utf8(source.read(MAX_FILE_SIZE)?).context("is not text")?;
            parse(&text, &self.name)
        };
        read().with_context(|| source.to_string())
    }
}

fn parse(text: &str, name: &str) -> Result<Curve> {
    let expected = r#"is no anchor: {"results": {"bpp": […], "psnr-rgb": […]}} is expected"#;
    let curve = match serde_json::from_str(text).context(expected)? {
        File::One(file) => file.results,
        File::Several { mut anchors } => match anchors.remove(name) {
            Some(file) => file.results,
            None => {
                let mut names: Vec<String> = anchors.into_keys().collect();
                names.sort();
                anyhow::bail!("has no anchor `{name}`, only {}", names.join(", "));
            }
        },
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

impl Curve {
    /// (bpp, PSNR) of all points; none if there is no PSNR.
    pub fn psnr_points(&self) -> Vec<(f64, f64)> {
        self.points(self.psnr.as_deref())
    }

    /// (bpp, MS-SSIM in dB) of all points; none if there is no MS-SSIM.
    pub fn ms_ssim_points(&self) -> Vec<(f64, f64)> {
        let converted = self.ms_ssim.as_ref().map(|list| {
            list.iter()
                .copied()
                .map(crate::metrics::ms_ssim::decibels)
                .collect()
        });
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
            assert!(AnchorArg::parse(text).is_err(), "accepted: {text}");
        }
    }
}
