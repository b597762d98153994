//! The two commands: one codec over its dial, and codecs side by side.

use crate::cache::Cache;
use crate::codec::{Origin, Shelf};
use crate::curve::anchor::Curve;
use crate::matched::{Search, Size};
use crate::metric::Scale;
use crate::out::{self, evaluation::Evaluation};
use crate::run::Plan;
use crate::setup::{default_size, entries, Asked, Entry};
use crate::show::Shop;
use crate::Host;
use anyhow::{Context as _, Result};
use std::path::PathBuf;

/// What `vqz compare` is asked for.
pub struct Compare {
    /// In the order of the report.
    pub codecs: Codecs,
    /// What is scored.
    pub scales: Vec<Scale>,
    /// The photos in files of this size, and no curves.
    pub size: Option<Size>,
    /// Whether memory is measured.
    pub memory: bool,
    /// A folder for the report; what is found there from an earlier run is not measured again.
    pub out: Option<PathBuf>,
    /// Headline of the report.
    pub title: Option<String>,
    /// How many points are measured at a time.
    pub threads: usize,
    /// The command line.
    pub command: String,
}

/// What `vqz eval` is asked for.
pub struct Evaluate {
    /// The one to evaluate.
    pub codecs: Codecs,
    /// What is scored.
    pub scales: Vec<Scale>,
    /// Curves to compare with, by name.
    pub anchors: Vec<(String, Curve)>,
    /// How many points are measured at a time.
    pub threads: usize,
    /// The command line.
    pub command: String,
}

/// Codecs that are ready to run, with their settings.
pub struct Codecs(Vec<Entry>);

impl Codecs {
    /// `asked` are settings instead of a codec's own.
    ///
    /// # Errors
    /// If a codec is named twice, cannot be had, or has not got a setting.
    pub fn new(origins: &[Origin], asked: &[Asked], shelf: &Shelf) -> Result<Self> {
        entries(origins, asked, shelf).map(Self)
    }
}

/// How many photos failed, and what came of the others.
pub struct Done<T> {
    /// Photos.
    pub failed: usize,
    /// `None` if all failed.
    pub found: Option<T>,
}

/// Compares codecs, writes the report, and gives it as text for a terminal.
///
/// # Errors
/// If nothing can be written or run; photos that fail are told to the host and counted.
pub fn compare(asked: &Compare, photos: &[PathBuf], host: &dyn Host) -> Result<Done<String>> {
    let scratch = tempfile::tempdir().context("no temporary folder")?;
    let Codecs(entries) = &asked.codecs;
    let folder = asked
        .out
        .as_deref()
        .unwrap_or(scratch.path())
        .join("matched");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let cache = asked
        .out
        .as_deref()
        .map_or_else(|| Ok(Cache::in_memory()), Cache::open)?;
    let copies = entries
        .iter()
        .filter(|entry| entry.codec.media_type().is_none())
        .count()
        + 1;
    let pixels: u64 = photos.iter().map(|photo| host.pixels(photo)).sum();
    let plan = Plan {
        entries,
        scales: &asked.scales,
        curves: asked.size.is_none(),
        memory: asked.memory,
        search: Some(Search {
            entries,
            size: asked.size.unwrap_or_else(|| default_size(entries)),
            cache: &cache,
            folder,
            shop: Shop::new(pixels as f64 * copies as f64),
        }),
        cache: &cache,
        scratch: scratch.path(),
        threads: asked.threads,
    };
    let outcome = plan.run(photos, host)?;
    let failed = outcome.skipped.len();
    if outcome.photos.is_empty() {
        return Ok(Done {
            failed,
            found: None,
        });
    }
    let report = out::report(&plan, outcome, asked.title.clone(), asked.command.clone());
    if let Some(folder) = &asked.out {
        out::write(&report, folder, host)?;
    }
    Ok(Done {
        failed,
        found: Some(out::text(&report)),
    })
}

/// Evaluates the first of the codecs.
///
/// # Errors
/// If nothing can be run; photos that fail are told to the host and counted.
pub fn evaluate(asked: &Evaluate, photos: &[PathBuf], host: &dyn Host) -> Result<Done<Evaluation>> {
    let scratch = tempfile::tempdir().context("no temporary folder")?;
    let Codecs(entries) = &asked.codecs;
    let plan = Plan {
        entries: &entries[..1],
        scales: &asked.scales,
        curves: true,
        memory: false,
        search: None,
        cache: &Cache::in_memory(),
        scratch: scratch.path(),
        threads: asked.threads,
    };
    let outcome = plan.run(photos, host)?;
    let failed = outcome.skipped.len();
    let some = !outcome.photos.is_empty();
    let found =
        some.then(|| Evaluation::new(&entries[0], outcome, &asked.anchors, asked.command.clone()));
    Ok(Done { failed, found })
}
