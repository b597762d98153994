//! Peak memory of a codec: what a process that does nothing else needs for it. Linux only.

use super::cache::Cache;
use super::codec::{open_model, Codec, CodecName};
use super::measure::Photo;
use crate::encode::read_model;
use crate::files::{Source, Target, MAX_FILE_SIZE};
use crate::picture::{self, Damaged, Format};
use anyhow::{ensure, Context as _, Result};
use clap::{Args, ValueEnum as _};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use vqz::{Limits, Model};

/// Where a codec comes from, for this process or another one.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    Named(CodecName),
    /// A .vqzm file.
    Model(PathBuf),
}

impl Origin {
    /// Makes the codec ready.
    pub fn open(&self, limits: &Limits) -> Result<Box<dyn Codec>> {
        match self {
            Self::Named(name) => name.open(limits),
            Self::Model(path) => {
                let model: &'static Model = Box::leak(Box::new(read_model(path, MAX_FILE_SIZE)?));
                Ok(open_model(model, limits))
            }
        }
    }
}

/// Bytes; `None` where they cannot be measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub encode: Option<u64>,
    pub decode: Option<u64>,
}

/// The hidden command that [`measure`] runs.
#[derive(Debug, Args)]
pub struct MemoryArgs {
    #[arg(long, value_enum, required_unless_present = "model")]
    codec: Option<CodecName>,
    #[arg(long)]
    model: Option<PathBuf>,
    /// Decodes FILE if left out
    #[arg(long)]
    quality: Option<f64>,
    #[arg(long)]
    max_pixels: u64,
    file: PathBuf,
}

/// Measures both directions at a quality, or takes them from the cache.
pub fn measure(
    (origin, codec): (&Origin, &dyn Codec),
    photo: &Photo,
    quality: f64,
    limits: &Limits,
    cache: &Cache,
    scratch: &Path,
) -> Result<Memory> {
    let key = photo.key(codec, &format!("memory at quality {quality}"));
    if let Some(known) = cache.get(&key) {
        return Ok(known);
    }
    let id = &codec.about().id;
    let raw = scratch.join(format!("{}-{id}.pnm", photo.digest));
    let coded = raw.with_extension("coded");
    Target::File(raw.clone()).write(&picture::write(&photo.picture, Format::Pnm)?.0)?;
    Target::File(coded.clone()).write(&codec.encode(&photo.picture, quality)?)?;
    let memory = Memory {
        encode: in_a_process(origin, Some(quality), limits, &raw)?,
        decode: in_a_process(origin, None, limits, &coded)?,
    };
    fs::remove_file(raw)?;
    fs::remove_file(coded)?;
    cache.put(&key, &memory)?;
    Ok(memory)
}

fn in_a_process(
    origin: &Origin,
    quality: Option<f64>,
    limits: &Limits,
    file: &Path,
) -> Result<Option<u64>> {
    let program = std::env::current_exe().context("this program cannot be found")?;
    let mut command = Command::new(program);
    command.args(["measure-memory", "--threads", "1"]);
    command.args(["--max-pixels", &limits.max_pixels.to_string()]);
    match origin {
        Origin::Named(name) => {
            let value = name.to_possible_value().context("the codec has no name")?;
            command.args(["--codec", value.get_name()]);
        }
        Origin::Model(path) => {
            command.arg("--model").arg(path);
        }
    }
    if let Some(quality) = quality {
        command.args(["--quality", &quality.to_string()]);
    }
    let done = command.arg(file).stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "measuring memory: {}", said.trim());
    Ok(String::from_utf8_lossy(&done.stdout).trim().parse().ok())
}

/// Prints how much memory the work took at its peak, above what the process had with the input in memory; nothing if the
/// system does not tell.
pub fn run(args: &MemoryArgs) -> Result<()> {
    let mut limits = Limits::default();
    limits.max_pixels = args.max_pixels;
    let origin = match (&args.codec, &args.model) {
        (_, Some(path)) => Origin::Model(path.clone()),
        (Some(name), _) => Origin::Named(*name),
        _ => anyhow::bail!("no codec"),
    };
    let bytes = Source::File(args.file.clone()).read(MAX_FILE_SIZE)?;
    let peak = match args.quality {
        Some(quality) => {
            let (image, _) = picture::read(&bytes, &limits, Damaged::Refuse)?;
            drop(bytes);
            peak_of(|| origin.open(&limits)?.encode(&image, quality))?
        }
        None => peak_of(|| origin.open(&limits)?.decode(&bytes))?,
    };
    if let Some(peak) = peak {
        println!("{peak}");
    }
    Ok(())
}

/// Resident memory that `work` adds at its peak.
fn peak_of<T>(work: impl FnOnce() -> Result<T>) -> Result<Option<u64>> {
    // Sets the peak to what is resident now.
    let reset = fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = status("VmRSS:");
    let made = work()?;
    let peak = status("VmHWM:");
    drop(made);
    let bytes = peak
        .zip(before)
        .map(|(peak, before)| peak.saturating_sub(before));
    Ok(bytes.filter(|_| reset))
}

/// A line of /proc/self/status, which is in kB, in bytes.
fn status(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
