//! All that a comparison found. As JSON it is `report.json`; the pictures are for the HTML report only.

pub use crate::metric::{Better, Metric};
use serde::Serialize;
use std::collections::BTreeMap;

/// Scores by [`Metric::id`]. A metric that a photo is too small for is missing.
pub type Scores = BTreeMap<String, f64>;

/// What was compared, how, and with what outcome.
#[derive(Debug, Serialize)]
pub struct Report {
    pub title: String,
    /// The command line that made it.
    pub command: String,
    /// Of this program.
    pub version: String,
    /// How the numbers were made, a sentence or two each.
    pub notes: Vec<String>,
    pub codecs: Vec<About>,
    pub metrics: Vec<Metric>,
    pub photos: Vec<Photo>,
    pub skipped: Vec<Skipped>,
    pub points: Vec<Point>,
    /// One per codec.
    pub means: Vec<Means>,
    /// Every two codecs by every metric, where the curves reach into the metric's interval.
    pub rates: Vec<Pair>,
    /// The most important of these, in words.
    pub words: Vec<Sentence>,
    /// One per photo.
    pub matched: Vec<Matched>,
}

/// What made the files.
#[derive(Debug, Clone, Serialize)]
pub struct About {
    pub id: String,
    pub name: String,
    pub version: String,
    /// The exact parameters, in words.
    pub settings: String,
}

/// Which model made the files.
#[derive(Debug, Clone, Serialize)]
pub struct ModelId {
    /// 16 hex digits.
    pub digest: String,
    pub name: String,
}

/// A photo that was compared.
#[derive(Debug, Clone, Serialize)]
pub struct Photo {
    /// Unique in the report: the file's name, or its path where names are equal.
    pub name: String,
    pub width: u32,
    pub height: u32,
}

impl Photo {
    /// Bits per pixel of so many bytes.
    pub fn bpp(&self, bytes: u64) -> f64 {
        bytes as f64 * 8.0 / (f64::from(self.width) * f64::from(self.height))
    }
}

/// A file that could not be compared.
#[derive(Debug, Clone, Serialize)]
pub struct Skipped {
    pub path: String,
    pub reason: String,
}

/// A photo by a codec at one quality.
#[derive(Debug, Clone, Serialize)]
pub struct Point {
    /// [`About::id`]
    pub codec: String,
    /// [`Photo::name`]
    pub photo: String,
    /// On the codec's own scale.
    pub quality: f64,
    /// Size of the file.
    pub bytes: u64,
    /// 8 · bytes per pixel.
    pub bpp: f64,
    pub encode_seconds: f64,
    pub decode_seconds: f64,
    /// Peak, bytes; `None` where it was not measured.
    pub encode_memory: Option<u64>,
    pub decode_memory: Option<u64>,
    pub scores: Scores,
}

/// Means over the photos, a value per quality in each list.
#[derive(Debug, Clone, Serialize)]
pub struct Means {
    /// [`About::id`]
    pub codec: String,
    pub quality: Vec<f64>,
    pub bpp: Vec<f64>,
    /// By [`Metric::id`]; only metrics that all photos have.
    pub scores: BTreeMap<String, Vec<f64>>,
}

/// Bits that a codec needs against another one for the same score.
#[derive(Debug, Clone, Serialize)]
pub struct Pair {
    /// [`About::id`]
    pub codec: String,
    /// [`About::id`]
    pub against: String,
    /// [`Metric::id`]
    pub metric: String,
    /// Of the mean curves; negative: fewer bits.
    pub percent: f64,
    /// Where they were compared, in the metric's unit.
    pub from: f64,
    pub to: f64,
    /// Of `photos`; `None` if there are none.
    pub spread: Option<Spread>,
    /// The same of each photo's own curves, where they can be compared.
    pub photos: Vec<PhotoRate>,
}

/// A [`Pair`] on one photo.
#[derive(Debug, Clone, Serialize)]
pub struct PhotoRate {
    /// [`Photo::name`]
    pub photo: String,
    pub percent: f64,
}

/// What was found about two codecs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sentence {
    /// [`About::id`]
    pub codec: String,
    /// [`About::id`]
    pub against: String,
    pub text: String,
}

/// How photos differ, in percent.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Spread {
    pub median: f64,
    /// The first quartile.
    pub lower: f64,
    /// The third one.
    pub upper: f64,
    /// Photos on which the codec needs fewer bits.
    pub wins: usize,
}

/// One photo by all codecs at the same size of the file.
#[derive(Debug, Serialize)]
pub struct Matched {
    /// [`Photo::name`]
    pub photo: String,
    /// No file is larger.
    pub target_bytes: u64,
    pub target_bpp: f64,
    /// [`About::id`] of the codec whose file gave the target, if one did.
    pub reference: Option<String>,
    #[serde(skip)]
    pub original: Picture,
    pub items: Vec<MatchedItem>,
}

/// The largest file of a codec that is not above the target.
#[derive(Debug, Serialize)]
pub struct MatchedItem {
    /// [`About::id`]
    pub codec: String,
    pub quality: f64,
    pub bytes: u64,
    pub bpp: f64,
    pub scores: Scores,
    #[serde(skip)]
    pub picture: Picture,
    /// Where the picture is farthest from the original, worst first.
    pub worst: Vec<Region>,
}

/// A rectangle of pixels and the PSNR within.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Region {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
    /// dB over RGB.
    pub psnr: f64,
}

/// A picture file that browsers can show.
#[derive(Debug, Clone)]
pub struct Picture {
    pub bytes: Vec<u8>,
    /// `image/webp`, `image/png` …
    pub media_type: &'static str,
}
