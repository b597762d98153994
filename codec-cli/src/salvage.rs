//! `vqz decode --salvage`: what was lost, for people and as JSON.

use crate::batch::Job;
use crate::console::Console;
use crate::failure::{explain, text};
use crate::files::{Source, Target};
use anyhow::{anyhow, Result};
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use vqz::{DamagedTile, Decoder, Image, SalvageReport};

/// A picture, and what of it was lost if something was.
pub struct Decoded {
    pub image: Image,
    pub losses: Option<Losses>,
}

impl From<Image> for Decoded {
    fn from(image: Image) -> Self {
        Self {
            image,
            losses: None,
        }
    }
}

/// What was lost of a file.
pub struct Losses(SalvageReport);

impl Losses {
    /// Notes on the console, and the error that the file counts as.
    pub fn tell(self, job: &Job, console: &Console) -> anyhow::Error {
        let Self(report) = self;
        for note in &report.notes {
            console.note(&job.source, note);
        }
        for tile in &report.tiles {
            console.note(&job.source, &describe(tile));
        }
        let whole = report.tile_count - report.tiles.len();
        anyhow!(
            "damaged: {whole} of {} tiles are whole; what is left was written to {}",
            report.tile_count,
            job.target
        )
    }
}

fn describe(tile: &DamagedTile) -> String {
    let DamagedTile {
        x,
        y,
        width,
        height,
        ..
    } = tile;
    let place = format!("tile of {width}×{height} pixels at ({x}, {y})");
    let part = if tile.next_layer_begun {
        " and a part of the next"
    } else {
        ""
    };
    match tile.is_lost() {
        true => format!("{place}: lost"),
        false => format!(
            "{place}: {} of {} layers{part}",
            tile.layers_whole, tile.layers
        ),
    }
}

/// The entries of `--salvage-report`.
#[derive(Default)]
pub struct Report(Mutex<Vec<Entry>>);

#[derive(Serialize)]
struct Entry {
    file: String,
    /// Nothing was lost.
    whole: bool,
    /// Why there is no picture, if there is none.
    error: Option<String>,
    notes: Vec<String>,
    tile_count: usize,
    damaged_tiles: Vec<Tile>,
}

/// As [`DamagedTile`].
#[derive(Serialize)]
struct Tile {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
    layers_whole: usize,
    next_layer_begun: bool,
    layers: usize,
}

impl Report {
    /// Salvages a picture and keeps an entry on it.
    pub fn salvage(&self, source: &Source, bytes: &[u8], decoder: &Decoder) -> Result<Decoded> {
        let outcome = decoder.salvage(bytes).map_err(explain);
        let report = match &outcome {
            Ok(saved) => saved.report.clone(),
            Err(_) => SalvageReport::default(),
        };
        let entries = self.0.lock();
        let mut entries = entries.unwrap_or_else(PoisonError::into_inner);
        entries.push(Entry {
            file: source.to_string(),
            whole: outcome.is_ok() && report.is_undamaged(),
            error: outcome.as_ref().err().map(text),
            tile_count: report.tile_count,
            damaged_tiles: report.tiles.iter().map(Tile::from).collect(),
            notes: report.notes,
        });
        outcome.map(|saved| Decoded {
            image: saved.image,
            losses: Some(saved.report)
                .filter(|report| !report.is_undamaged())
                .map(Losses),
        })
    }

    /// Writes the entries, in the order of the jobs.
    pub fn write(self, jobs: &[Job], target: &Target) -> Result<()> {
        let mut entries = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let names: Vec<String> = jobs.iter().map(|job| job.source.to_string()).collect();
        entries.sort_by_key(|entry| names.iter().position(|name| *name == entry.file));
        let mut text = serde_json::to_string_pretty(&entries)?;
        text.push('\n');
        target.write(text.as_bytes())
    }
}

impl From<&DamagedTile> for Tile {
    fn from(tile: &DamagedTile) -> Self {
        Self {
            x: tile.x,
            y: tile.y,
            width: tile.width,
            height: tile.height,
            layers_whole: tile.layers_whole,
            next_layer_begun: tile.next_layer_begun,
            layers: tile.layers,
        }
    }
}
