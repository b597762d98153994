//! Peak memory of the codecs that run in this program: what a process of it that does nothing else needs. Linux only.

use crate::codec::{Origin, Shelf, Work};
use anyhow::{ensure, Context as _, Result};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use vqz::{Color, Image, Limits};

/// The hidden command of the program that calls [`measure_memory`].
pub const COMMAND: &str = "measure-memory";

/// What that process is to do, as JSON on its command line.
#[derive(Serialize, Deserialize)]
struct Task {
    origin: Origin,
    effort: u8,
    max_pixels: u64,
    /// Samples, or a coded file.
    file: PathBuf,
    /// Decodes if there is none.
    encode: Option<Encode>,
}

#[derive(Serialize, Deserialize)]
struct Encode {
    setting: f64,
    width: u32,
    height: u32,
    grey: bool,
}

/// The peak of `work` in a process of its own.
pub fn in_a_process(
    origin: &Origin,
    work: Work<'_>,
    limits: &Limits,
    effort: u8,
) -> Result<Option<u64>> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let (bytes, encode) = match work {
        Work::Encode(picture, setting) => (
            picture.samples(),
            Some(Encode {
                setting,
                width: picture.width(),
                height: picture.height(),
                grey: picture.color() == Color::Gray,
            }),
        ),
        Work::Decode(file) => (file, None),
    };
    let task = Task {
        origin: origin.clone(),
        effort,
        max_pixels: limits.max_pixels,
        file: folder.path().join("input"),
        encode,
    };
    fs::write(&task.file, bytes)?;
    let program = std::env::current_exe().context("this program cannot be found")?;
    let done = Command::new(program)
        .args(["--threads", "1", COMMAND, &serde_json::to_string(&task)?])
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "measuring memory: {}", said.trim());
    Ok(String::from_utf8_lossy(&done.stdout).trim().parse().ok())
}

/// Does such a task, in the process that was made for it. Bytes that it took at its peak, above what the process had with the input in
/// memory; `None` if the system does not tell.
///
/// # Errors
/// If the task is none, or cannot be done.
pub fn measure_memory(task: &str) -> Result<Option<u64>> {
    let task: Task = serde_json::from_str(task).context("no task")?;
    let mut limits = Limits::default();
    limits.max_pixels = task.max_pixels;
    // These codecs need no Python.
    let shelf = Shelf::new(PathBuf::new(), limits, task.effort);
    let bytes = fs::read(&task.file)?;
    match task.encode {
        Some(encode) => {
            let color = if encode.grey { Color::Gray } else { Color::Rgb };
            let picture = Image::new(encode.width, encode.height, color, bytes)?;
            peak_of(|| task.origin.open(&shelf)?.encode(&picture, encode.setting))
        }
        None => peak_of(|| task.origin.open(&shelf)?.decode(&bytes)),
    }
}

/// Resident memory that `work` adds at its peak.
fn peak_of<T>(work: impl FnOnce() -> Result<T>) -> Result<Option<u64>> {
    // Sets the peak to what is resident now.
    let reset = fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = status("VmRSS:");
    work()?;
    let bytes = status("VmHWM:")
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
