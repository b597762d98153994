//! What `vqz eval` writes: one codec over its dial. As JSON it is an anchor for other evaluations.

use crate::curve::anchor::{self, Curve};
use crate::curve::bd_rate::BdRate;
use crate::curve::means::means;
use crate::dial::{out_of_order, OutOfOrder};
use crate::metric::{AXES, MS_SSIM, MS_SSIM_DB, PSNR_RGB};
use crate::report::{Means, ModelId, Point, Scores};
use crate::run::Outcome;
use crate::setup::Entry;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// All that an evaluation found. The names of fields are those of CompressAI's files where these have them.
#[derive(Debug, Serialize)]
pub struct Evaluation {
    /// The codec.
    pub name: String,
    /// What made the files and what the numbers are.
    pub description: String,
    /// The command line that made it.
    pub command: String,
    /// Of this program.
    pub version: &'static str,
    /// `None` of codecs that have none.
    pub model: Option<ModelId>,
    /// Means over the photos.
    pub results: Results,
    /// One per anchor.
    #[serde(rename = "bd-rate")]
    pub bd_rates: Vec<Comparison>,
    /// Of the settings measured, photo by photo.
    #[serde(rename = "out-of-order")]
    pub out_of_order: Vec<OutOfOrder>,
    /// All that was measured.
    pub photos: Vec<OfPhoto>,
}

/// Means over the photos, a value per setting in each list.
#[derive(Debug, PartialEq, Serialize)]
pub struct Results {
    pub quality: Vec<f64>,
    pub bpp: Vec<f64>,
    /// Only metrics that all photos have: a mean over fewer photos would not belong to these rates.
    #[serde(flatten)]
    pub scores: BTreeMap<String, Vec<f64>>,
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

/// A photo and its points.
#[derive(Debug, Serialize)]
pub struct OfPhoto {
    pub file: String,
    pub width: u32,
    pub height: u32,
    pub points: Vec<OnePoint>,
}

/// A photo at one setting.
#[derive(Debug, Serialize)]
pub struct OnePoint {
    pub quality: f64,
    pub bytes: u64,
    pub bpp: f64,
    #[serde(flatten)]
    pub scores: Scores,
}

/// What anchors call a metric.
fn published(id: &str) -> &str {
    match id {
        MS_SSIM => "ms-ssim-rgb",
        MS_SSIM_DB => "ms-ssim-db-rgb",
        id => id,
    }
}

impl Evaluation {
    /// Of an outcome with one photo at least, all of one codec.
    pub fn new(
        entry: &Entry,
        outcome: Outcome,
        anchors: &[(String, Curve)],
        command: String,
    ) -> Self {
        let about = entry.codec.about().clone();
        let points: Vec<&Point> = outcome.points.iter().collect();
        let means = means(&about.id, &points, &entry.settings);
        let model = entry.codec.model();
        let maker = match &model {
            Some(model) => format!("vqz {}, model {}", about.version, model.digest),
            None => format!("{}: {}; {}", about.name, about.version, about.settings),
        };
        Self {
            name: about.id.clone(),
            description: format!(
                "{maker}; means over {} photos; files written, read back and decoded; bpp of whole files, 8-bit RGB",
                outcome.photos.len()
            ),
            command,
            version: env!("CARGO_PKG_VERSION"),
            model,
            bd_rates: compare(&means, anchors),
            results: Results {
                quality: means.quality,
                bpp: means.bpp,
                scores: means
                    .scores
                    .into_iter()
                    .map(|(id, list)| (published(&id).into(), list))
                    .collect(),
            },
            out_of_order: out_of_order(&outcome.photos, &outcome.points),
            photos: outcome
                .photos
                .iter()
                .map(|photo| OfPhoto {
                    file: photo.name.clone(),
                    width: photo.width,
                    height: photo.height,
                    points: of_photo(&outcome.points, &photo.name),
                })
                .collect(),
        }
    }
}

fn of_photo(points: &[Point], photo: &str) -> Vec<OnePoint> {
    let own = points.iter().filter(|point| point.photo == photo);
    own.map(|point| OnePoint {
        quality: point.quality,
        bytes: point.bytes,
        bpp: point.bpp,
        scores: point
            .scores
            .iter()
            .filter_map(|(id, score)| Some((field(id)?.into(), *score)))
            .collect(),
    })
    .collect()
}

/// What a photo's points call a metric.
fn field(id: &str) -> Option<&str> {
    match id {
        PSNR_RGB => Some("psnr"),
        MS_SSIM => Some("ms_ssim"),
        MS_SSIM_DB => None,
        id => Some(id),
    }
}

/// Against each of the anchors.
fn compare(means: &Means, anchors: &[(String, Curve)]) -> Vec<Comparison> {
    let own = Curve {
        bpp: means.bpp.clone(),
        psnr: means.scores.get(PSNR_RGB).cloned(),
        ms_ssim: means.scores.get(MS_SSIM).cloned(),
        ms_ssim_db: None,
    };
    anchors
        .iter()
        .map(|(name, anchor)| Comparison {
            anchor: name.clone(),
            psnr: anchor::rate(&anchor.psnr_points(), &own.psnr_points()),
            ms_ssim: anchor::rate(&anchor.ms_ssim_points(), &own.ms_ssim_points()),
        })
        .collect()
}

impl Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.description)?;
        let results = &self.results;
        let lists: Vec<(&str, &Vec<f64>)> = AXES
            .iter()
            .map(|axis| axis.metric.id)
            .filter_map(|id| Some((id, results.scores.get(published(id))?)))
            .collect();
        write!(f, "quality       bpp")?;
        for (id, _) in &lists {
            write!(f, " {id:>17}")?;
        }
        writeln!(f)?;
        for (i, (quality, bpp)) in results.quality.iter().zip(&results.bpp).enumerate() {
            write!(f, "{quality:7} {bpp:9.4}")?;
            for (_, list) in &lists {
                write!(f, " {:17.4}", list[i])?;
            }
            writeln!(f)?;
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
        let steps = self.photos.len() * (results.quality.len() - 1);
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
