//! `vqz compare` (feature `compare`): vqz beside other codecs on the same pixels.
//!
//! | what | file |
//! |---|---|
//! | command line | `args`, `setup` |
//! | the codecs | `codec` |
//! | a photo by a codec at a quality: file, time, memory, scores | `measure`, `clock`, `memory`, `score`, `pixels` |
//! | files of equal size, their pictures and worst regions | `matched`, `show`, `worst` |
//! | all photos, several points at a time, none twice | `run`, `workers`, `cache` |
//! | means and BD-rates | `curves` |
//! | what comes out | `report`, `output`, `table`, `csv`, `plot`, `html` |

mod args;
mod cache;
mod clock;
mod codec;
mod csv;
mod curves;
mod html;
mod matched;
mod measure;
mod memory;
mod output;
mod pixels;
mod plot;
mod report;
mod run;
mod score;
mod setup;
mod show;
mod table;
mod workers;
mod worst;

pub use args::CompareArgs;
pub use memory::{run as measure_memory, MemoryArgs};

use crate::batch;
use crate::console::Console;
use crate::failure::SomeFailed;
use crate::files::Target;
use crate::picture;
use anyhow::{Context as _, Result};
use cache::Cache;
use codec::Codec;
use matched::Search;
use run::Plan;
use show::Shop;
use std::collections::HashSet;
use vqz::Limits;
use workers::Workers;

/// Runs the command.
pub fn run(args: &CompareArgs, console: &mut Console) -> Result<()> {
    let mut limits = Limits::default();
    limits.max_pixels = args.max_pixels;
    let entries = setup::entries(args, &limits)?;
    let asked = setup::size(args, &limits)?;
    let curves = asked.is_none();
    if curves {
        setup::check_anchor(&args.anchor, &entries)?;
    }
    let mut files = batch::expand(&args.photos, picture::INPUT_EXTENSIONS)
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    let mut seen = HashSet::new();
    files.retain(|path| seen.insert(path.clone()));

    let scratch = tempfile::tempdir().context("no temporary folder")?;
    let kept = args
        .out
        .as_deref()
        .unwrap_or(scratch.path())
        .join("matched");
    std::fs::create_dir_all(&kept)
        .with_context(|| format!("{}: cannot be created", kept.display()))?;
    let cache = match &args.out {
        Some(folder) => Cache::open(folder)?,
        None => Cache::in_memory(),
    };
    let codecs: Vec<&dyn Codec> = entries.iter().map(|entry| &*entry.codec).collect();
    let unseen = codecs
        .iter()
        .filter(|codec| codec.media_type().is_none())
        .count();
    let shop = Shop::new(output::pixels(&files) * (unseen + 1) as f64);
    let workers = Workers::new(rayon::current_num_threads())?;
    let plan = Plan {
        entries: &entries,
        workers: &workers,
        cache: &cache,
        scratch: scratch.path(),
        limits: &limits,
        curves,
        memory: !args.no_memory,
        search: Search {
            codecs: &codecs,
            size: asked.unwrap_or_else(|| setup::default_size(&entries)),
            cache: &cache,
            scratch: scratch.path(),
            folder: &kept,
            shop: &shop,
        },
    };
    let outcome = plan.run(&files, console)?;
    let (failed, total) = (outcome.skipped.len(), files.len());
    if failed < total {
        let report = output::report(args, &plan, outcome, &shop);
        if let Some(folder) = &args.out {
            output::write(&report, folder)?;
        }
        Target::Stdout.write(table::text(&report).as_bytes())?;
    }
    match failed {
        0 => Ok(()),
        _ => Err(SomeFailed { failed, total }.into()),
    }
}
