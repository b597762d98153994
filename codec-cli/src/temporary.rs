//! Temporary files that do not outlive the process, also where a signal ends it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

/// Those that are there.
static THERE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn there() -> MutexGuard<'static, Vec<PathBuf>> {
    THERE.lock().unwrap_or_else(|e| e.into_inner())
}

/// As long as this lives, a signal that ends the process takes the file along.
pub struct Temporary(PathBuf);

impl Temporary {
    pub fn new(path: &Path) -> Self {
        there().push(path.into());
        Self(path.into())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        there().retain(|path| *path != self.0);
    }
}

/// From now on SIGINT and SIGTERM take temporary files along; then they do what they always do. Ignored signals (SIGINT in the background
/// of a script) stay ignored, where the system tells which ones are.
#[cfg(unix)]
pub fn watch_signals() -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    let ignored = ignored_signals();
    let watched = [SIGINT, SIGTERM].into_iter();
    let mut signals = Signals::new(watched.filter(|signal| ignored >> (signal - 1) & 1 == 0))?;
    let watch = move || {
        for signal in signals.forever() {
            // Locked until the end: no other thread begins a file now.
            let there = there();
            for path in there.iter() {
                let _ = std::fs::remove_file(path);
            }
            let _ = emulate_default_handler(signal);
        }
    };
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(watch)?;
    Ok(())
}

/// Bit n is signal n + 1, as Linux has it; none where that is not to be had.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}
