//! What the suite expects: `manifest.json`.

use crate::Outcome;
use anyhow::{Context as _, Result};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// A suite.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    pub cases: Vec<Case>,
    /// Those by rendering files, for decoders that offer such.
    #[serde(default)]
    pub renderings: Vec<Case>,
}

/// A file and what a decoder must make of it.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// Name in the suite's folder.
    pub file: String,
    /// The model to use, likewise.
    pub model: String,
    /// The rendering file to use, likewise.
    #[serde(default)]
    pub rendering: Option<String>,
    /// Sections of SPEC.md.
    pub section: String,
    /// What is special about it.
    pub what: String,
    #[serde(flatten)]
    expected: Expected,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Expected {
    Picture(Picture),
    Refusal { error: Vec<String> },
}

/// A picture by its hashes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Picture {
    pub pixels: Pixels,
    /// Scale (2, 4, 8, 16) to pixel hash of the smaller renderings. Empty for a decoder that does not offer them.
    #[serde(default)]
    pub smaller: BTreeMap<String, String>,
    /// Chunk type to SHA-256, in hex, of the payload.
    pub metadata: BTreeMap<String, String>,
}

/// Samples and alpha.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pixels {
    pub width: u32,
    pub height: u32,
    /// 1 or 3.
    pub channels: u32,
    pub alpha: bool,
    /// The pixel hash of SPEC.md section 14.
    pub hash: String,
}

impl Manifest {
    /// The one of a folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("manifest.json");
        let name = || path.display().to_string();
        let text = std::fs::read_to_string(&path)
            .context("cannot be read; name a folder with a conformance suite")
            .with_context(name)?;
        serde_json::from_str(&text).with_context(name)
    }
}

impl Case {
    /// What is wrong with an outcome, if anything.
    pub fn complaint(&self, outcome: &Outcome) -> Option<String> {
        let got = match outcome {
            Outcome::Picture(picture) => describe(picture),
            Outcome::Refused(class) => format!("the error {class}"),
            Outcome::Broken(what) => what.clone(),
        };
        let expected = match (&self.expected, outcome) {
            (Expected::Picture(wanted), Outcome::Picture(found)) if wanted.is(found) => {
                return None
            }
            (Expected::Refusal { error }, Outcome::Refused(class)) if error.contains(class) => {
                return None
            }
            (Expected::Picture(wanted), _) => describe(wanted),
            (Expected::Refusal { error }, _) => format!("the error {}", error.join(" or ")),
        };
        Some(format!("expected {expected}\n      got      {got}"))
    }
}

impl Picture {
    /// Whether `found` is this picture, in all sizes that were tried.
    fn is(&self, found: &Self) -> bool {
        self.pixels == found.pixels
            && self.metadata == found.metadata
            && (found.smaller.is_empty() || self.smaller == found.smaller)
    }
}

fn describe(picture: &Picture) -> String {
    let Pixels {
        width,
        height,
        channels,
        alpha,
        hash,
    } = &picture.pixels;
    let colour = if *channels == 1 { "grey" } else { "RGB" };
    let alpha = if *alpha { " with alpha" } else { "" };
    let metadata: String = picture
        .metadata
        .iter()
        .map(|(kind, hash)| format!(", {kind} {hash}"))
        .collect();
    let smaller = picture.smaller.iter();
    let smaller: String = smaller.map(|(s, hash)| format!(", 1/{s} {hash}")).collect();
    format!("{width}×{height} {colour}{alpha}, pixels {hash}{smaller}{metadata}")
}

impl Pixels {
    /// Of samples row by row, interleaved; `alpha` is a plane.
    pub fn new(
        width: u32,
        height: u32,
        channels: u32,
        samples: &[u8],
        alpha: Option<&[u8]>,
    ) -> Self {
        let mut hash = Sha256::new();
        for number in [width, height, channels] {
            hash.update(number.to_le_bytes());
        }
        hash.update(samples);
        hash.update(alpha.unwrap_or_default());
        Self {
            width,
            height,
            channels,
            alpha: alpha.is_some(),
            hash: hex(&hash.finalize()),
        }
    }
}

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
