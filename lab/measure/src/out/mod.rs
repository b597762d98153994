//! What comes out: the report as text, JSON, CSV, plots and a page, and the evaluation of one codec.

mod csv;
pub mod evaluation;
mod html;
mod plot;
mod table;

pub use table::text;

use crate::curve::means::means;
use crate::curve::pairs::{self, pairs};
use crate::curve::words::words;
use crate::metric::{Scale, AXES};
use crate::report::{About, Point, Report};
use crate::run::{Outcome, Plan};
use crate::Host;
use anyhow::Result;
use std::path::Path;

/// Puts together what was found on one photo at least. `command` is the one that made it.
pub fn report(plan: &Plan<'_>, outcome: Outcome, title: Option<String>, command: String) -> Report {
    let count = outcome.photos.len();
    let mut curves = Vec::new();
    for entry in plan.entries.iter().filter(|_| plan.curves) {
        let id = &entry.codec.about().id;
        let own = outcome.points.iter().filter(|point| point.codec == *id);
        let points: Vec<&Point> = own.collect();
        curves.push(means(id, &points, &entry.settings));
    }
    let names: Vec<String> = outcome
        .photos
        .iter()
        .map(|photo| photo.name.clone())
        .collect();
    let entries = plan.entries.iter();
    let codecs: Vec<About> = entries.map(|entry| entry.codec.about().clone()).collect();
    let rates = pairs(&curves, &outcome.points, &names);
    let asked = |id: &str| {
        outcome
            .points
            .iter()
            .any(|point| point.scores.contains_key(id))
    };
    Report {
        title: title.unwrap_or_else(|| match count {
            1 => format!("vqz and other codecs: {}", names[0]),
            _ => format!("vqz and other codecs: {count} photos"),
        }),
        command,
        version: env!("CARGO_PKG_VERSION").into(),
        notes: notes(plan),
        metrics: AXES
            .iter()
            .map(|axis| axis.metric)
            .filter(|metric| asked(metric.id))
            .collect(),
        words: words(&rates, &codecs),
        rates,
        codecs,
        photos: outcome.photos,
        skipped: outcome.skipped,
        points: outcome.points,
        means: curves,
        matched: outcome.matched,
    }
}

fn notes(plan: &Plan<'_>) -> Vec<String> {
    let mut notes = vec![
        "Sizes are of whole files, written and read back, without metadata. Scores are of 8-bit pixels after decoding; alpha and \
         ICC profiles are left out before encoding, for all codecs alike."
            .into(),
    ];
    notes.extend(plan.scales.iter().copied().map(Scale::note));
    notes.push(format!(
        "Times are processor time of the one thread that every codec runs in, each point once, {} at a time on this machine ({}).",
        plan.threads,
        processor().unwrap_or_else(|| "unknown processor".into()),
    ));
    if plan.curves {
        if plan.memory {
            notes.push(
                "Memory is what a process that does nothing else needs at its peak above the input, at the middle one of the \
                 qualities."
                    .into(),
            );
        }
        notes.push(pairs::NOTE.into());
    }
    if let Some(search) = &plan.search {
        notes.push(
            "Files of equal size: for each codec the best quality on its dial whose file is not larger (vqz: at most 2 % smaller). \
             Worst regions: blocks of 64×64 pixels of lowest PSNR."
                .into(),
        );
        notes.push(search.shop.note());
    }
    notes
}

/// The processor's name, from Linux.
fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().into())
}

/// Writes report.json, points.csv, the plots and report.html into the folder.
///
/// # Errors
/// If one of them cannot be written.
pub fn write(report: &Report, folder: &Path, host: &dyn Host) -> Result<()> {
    let mut files = plot::files(report)?;
    files.push((
        "report.json".into(),
        serde_json::to_string_pretty(report)? + "\n",
    ));
    files.push(("points.csv".into(), csv::text(report)));
    files.push(("report.html".into(), html::page(report)?));
    for (name, text) in files {
        host.write(&folder.join(name), text.as_bytes())?;
    }
    Ok(())
}
