//! What runs of all kinds have in common: how far a session goes, its progress bar, its log, when it saves.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

/// How a session of a run goes on, whatever it trains.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Seconds between checkpoints.
    pub checkpoint_every: u64,
    /// Stop, with a checkpoint, after this many steps of this session.
    pub stop_after: Option<u64>,
    /// No progress bar.
    pub quiet: bool,
}

/// One session of a run.
pub(crate) struct Course {
    bar: ProgressBar,
    log: File,
    /// The step that it ends before.
    last: u64,
    /// Seconds of the sessions before.
    before: f64,
    started: Instant,
    saved: Instant,
    save_every: Duration,
}

impl Course {
    /// From the `step` that a run of so many `steps` has reached in so many `seconds`; `out` has its log.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn begin(out: &Path, pace: &Pace, steps: u64, step: u64, seconds: f64) -> Result<Self> {
        let path = out.join("log.jsonl");
        let log = OpenOptions::new().create(true).append(true).open(&path);
        let log = log.with_context(|| format!("{}: cannot write", path.display()))?;
        let bar = match pace.quiet {
            true => ProgressBar::hidden(),
            false => ProgressBar::new(steps),
        };
        bar.set_style(ProgressStyle::with_template(
            "{bar:24} {pos}/{len} {elapsed}<{eta} {msg}",
        )?);
        bar.set_position(step);
        bar.reset_eta();
        let last = pace
            .stop_after
            .map_or(steps, |count| steps.min(step.saturating_add(count)));
        Ok(Self {
            bar,
            log,
            last,
            before: seconds,
            started: Instant::now(),
            saved: Instant::now(),
            save_every: Duration::from_secs(pace.checkpoint_every),
        })
    }

    /// Whether this session has `step` to do.
    pub fn goes_on(&self, step: u64) -> bool {
        step < self.last
    }

    /// A step is done; the seconds of all sessions.
    pub fn advance(&self) -> f64 {
        self.bar.inc(1);
        self.before + self.started.elapsed().as_secs_f64()
    }

    /// Shows how it goes beside the bar, and writes a line of the log.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn report(&mut self, message: String, line: &Value) -> Result<()> {
        self.bar.set_message(message);
        self.note(line)
    }

    /// Writes a line of the log.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note(&mut self, line: &Value) -> Result<()> {
        Ok(writeln!(self.log, "{line}")?)
    }

    /// Prints a line above the bar.
    pub fn tell(&self, line: &str) {
        self.bar.println(line);
    }

    /// Whether a checkpoint is due: once, when the time has come.
    pub fn save_is_due(&mut self) -> bool {
        let due = self.saved.elapsed() > self.save_every;
        if due {
            self.saved = Instant::now();
        }
        due
    }
}

impl Drop for Course {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_session_ends_where_it_shall_or_where_the_run_does() {
        let folder = tempfile::tempdir().unwrap();
        let course = |stop_after| {
            let pace = Pace {
                checkpoint_every: 0,
                stop_after,
                quiet: true,
            };
            Course::begin(folder.path(), &pace, 10, 6, 50.0).unwrap()
        };
        let steps = |course: &Course| (0..20).filter(|&step| course.goes_on(step)).count();
        assert_eq!(steps(&course(None)), 10);
        assert_eq!(steps(&course(Some(3))), 9);
        assert_eq!(steps(&course(Some(u64::MAX))), 10);
        let mut some = course(Some(1));
        assert!(some.advance() >= 50.0);
        std::thread::sleep(Duration::from_millis(2));
        assert!(some.save_is_due());
        some.report(String::new(), &json!({"step": 7})).unwrap();
        drop(some);
        course(None).note(&json!({"step": 8})).unwrap();
        let log = std::fs::read_to_string(folder.path().join("log.jsonl")).unwrap();
        assert_eq!(log, "{\"step\":7}\n{\"step\":8}\n");
    }
}
