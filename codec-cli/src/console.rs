//! What the user sees on stderr: errors, notes, verbose lines and a progress bar, never mixed up with each other.

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;
use vqz::Meter;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Errors only.
    Quiet,
    /// Errors, notes, what was done, and progress bars on a terminal.
    Normal,
    /// A line for every one of many files as well, and more about each.
    Verbose,
}

/// The terminal's error stream.
pub struct Console {
    level: Level,
    bar: ProgressBar,
    /// Of the file in work, where there is only one.
    meter: Option<Meter>,
}

impl Console {
    /// A console without a progress bar.
    pub fn new(level: Level) -> Self {
        Self {
            level,
            bar: ProgressBar::hidden(),
            meter: None,
        }
    }

    /// Whether only errors are shown.
    pub fn is_quiet(&self) -> bool {
        self.level == Level::Quiet
    }

    /// Shows progress over `total` files until [`Console::finish`]; only on a terminal, and not when quiet.
    pub fn start(&mut self, total: usize) {
        if self.level == Level::Quiet || !std::io::stderr().is_terminal() {
            return;
        }
        self.bar = if total == 1 {
            let meter = Meter::new();
            self.meter = Some(meter.clone());
            ProgressBar::new_spinner().with_style(one_file(meter))
        } else {
            let style =
                ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}/{duration} {msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(total as u64).with_style(style)
        };
        self.bar.enable_steady_tick(Duration::from_millis(120));
    }

    /// What the work on a file is to be counted by, to be shown.
    pub fn meter(&self) -> Meter {
        self.meter.clone().unwrap_or_default()
    }

    /// Names the file in work.
    pub fn working_on(&self, name: impl Display) {
        self.bar.set_message(printable(&name.to_string()));
    }

    /// One file is done, well or not.
    pub fn advance(&self) {
        self.bar.inc(1);
    }

    /// Takes the progress bar away.
    pub fn finish(&mut self) {
        self.bar.finish_and_clear();
        self.bar = ProgressBar::hidden();
        self.meter = None;
    }

    /// Always shown.
    pub fn error(&self, message: &str) {
        self.line(&format!("error: {message}"));
    }

    /// Something the user may want to know about `name`; not shown when quiet.
    pub fn note(&self, name: impl Display, message: &str) {
        if self.level >= Level::Normal {
            self.line(&format!("{name}: note: {message}"));
        }
    }

    /// What was done; not shown when quiet.
    pub fn summary(&self, message: &str) {
        if self.level >= Level::Normal {
            self.line(message);
        }
    }

    /// Shown with `--verbose`.
    pub fn verbose(&self, message: &str) {
        if self.level >= Level::Verbose {
            self.line(message);
        }
    }

    /// `eprintln!` would panic where stderr is closed.
    fn line(&self, text: &str) {
        self.bar.suspend(|| {
            let _ = writeln!(std::io::stderr(), "{}", printable(text));
        });
    }
}

/// How far a file has come, and about how long it will take yet.
fn one_file(meter: Meter) -> ProgressStyle {
    let share = move |state: &ProgressState, line: &mut dyn std::fmt::Write| {
        let done = meter.progress();
        let _ = write!(line, "{:3.0} %", done * 100.0);
        if (0.02..1.0).contains(&done) {
            let left = state.elapsed().as_secs_f64() * (1.0 / done - 1.0);
            let _ = write!(line, ", {left:.0} s left");
        }
    };
    let style = ProgressStyle::with_template("{spinner} {share} {msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
    style.with_key("share", share)
}

/// The text with control characters as `\u{…}`: no name of a file moves the cursor, or begins a line that looks like one of ours.
pub fn printable(text: &str) -> String {
    let escape = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.into(),
    };
    text.chars().map(escape).collect()
}
