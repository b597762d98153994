//! The report, and the files it becomes.

use super::args::CompareArgs;
use super::report::{Point, Report};
use super::run::{Outcome, Plan};
use super::score::{self, AXES};
use super::show::Shop;
use super::{csv, curves, html, plot};
use crate::files::Target;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Pixels of all photos together, as far as their headers tell.
pub fn pixels(files: &[PathBuf]) -> f64 {
    let sizes = files
        .iter()
        .filter_map(|path| image::image_dimensions(path).ok());
    sizes
        .map(|(width, height)| f64::from(width) * f64::from(height))
        .sum()
}

/// Puts together what was found.
pub fn report(args: &CompareArgs, plan: &Plan<'_>, outcome: Outcome, shop: &Shop) -> Report {
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let count = outcome.photos.len();
    let mut means = Vec::new();
    for entry in plan.entries.iter().filter(|_| plan.curves) {
        let id = &entry.codec.about().id;
        let points: Vec<&Point> = outcome
            .points
            .iter()
            .filter(|point| point.codec == *id)
            .collect();
        means.push(curves::means(id, &points, &entry.qualities));
    }
    let names: Vec<String> = outcome
        .photos
        .iter()
        .map(|photo| photo.name.clone())
        .collect();
    Report {
        title: args.title.clone().unwrap_or_else(|| match count {
            1 => format!("vqz and other codecs: {}", names[0]),
            _ => format!("vqz and other codecs: {count} photos"),
        }),
        command: format!("vqz {}", words.join(" ")),
        version: env!("CARGO_PKG_VERSION").into(),
        notes: notes(plan, shop),
        codecs: plan
            .entries
            .iter()
            .map(|entry| entry.codec.about().clone())
            .collect(),
        metrics: AXES.iter().map(|axis| axis.metric).collect(),
        bd_rate: curves::compare(&means, &outcome.points, &names, &args.anchor),
        photos: outcome.photos,
        skipped: outcome.skipped,
        points: outcome.points,
        means,
        matched: outcome.matched,
    }
}

fn notes(plan: &Plan<'_>, shop: &Shop) -> Vec<String> {
    let mut notes = vec![
        "Sizes are of whole files, written and read back, without metadata. Scores are of 8-bit pixels after decoding; alpha and \
         ICC profiles are left out before encoding, for all codecs alike."
            .into(),
        score::note(),
        format!(
            "Times are processor time of the one thread that every codec runs in, each point once, {} at a time on this machine ({}).",
            plan.workers.count(),
            processor().unwrap_or_else(|| "unknown processor".into()),
        ),
    ];
    if plan.curves {
        if plan.memory {
            notes.push(
                "Memory is what a process that does nothing else needs at its peak above the input, at the middle one of the \
                 qualities."
                    .into(),
            );
        }
        notes.push(curves::NOTE.into());
    }
    notes.push(
        "Files of equal size: for each codec the best quality on its scale whose file is not larger (vqz: at most 2 % smaller). \
         Worst regions: blocks of 64×64 pixels of lowest PSNR."
            .into(),
    );
    notes.push(shop.note());
    notes
}

/// The processor's name, from Linux.
fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().into())
}

/// Writes report.json, points.csv, the plots and report.html into the folder.
pub fn write(report: &Report, folder: &Path) -> Result<()> {
    let json = serde_json::to_string_pretty(report)? + "\n";
    let mut files = plot::files(report)?;
    files.push(("report.json".into(), json));
    files.push(("points.csv".into(), csv::text(report)));
    for (name, text) in files {
        Target::File(folder.join(name)).write(text.as_bytes())?;
    }
    html::write(report, &folder.join("report.html"))
}
