//! The files of a conformance suite through this build of vqz, or through another decoder (SPEC.md section 14; the suite's own README.md
//! says what another decoder must be able to do).
//!
//! | what | file |
//! |---|---|
//! | what the suite expects | `manifest` |
//! | this build | `own` |
//! | another decoder, run as a command | `command` |
//! | its pictures | `pam` |
#![forbid(unsafe_code)]

#[cfg(not(target_family = "wasm"))]
mod command;
mod manifest;
mod own;
#[cfg(not(target_family = "wasm"))]
mod pam;

use anyhow::Result;
use manifest::Manifest;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// What a decoder made of a file.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// A picture, described as the manifest does.
    Picture(manifest::Picture),
    /// It refused the file, with a class of SPEC.md section 12.
    Refused(String),
    /// Neither, and what happened instead.
    Broken(String),
}

/// How a decoder did.
#[derive(Debug)]
pub struct Report {
    decoder: String,
    manifest: Manifest,
    /// What is wrong with each case's outcome, if anything.
    complaints: Vec<Option<String>>,
}

/// Tries this build on the suite in `folder`; a file may take as long as `limit`.
///
/// # Errors
/// If there is no suite.
pub fn try_own(folder: &Path, limit: Duration) -> Result<Report> {
    let mut manifest = Manifest::read(folder)?;
    manifest.cases.append(&mut manifest.renderings);
    let decode = |case| own::decode(folder, case, limit);
    let outcomes = manifest.cases.iter().map(decode).collect();
    Ok(Report::new(own::name()?, manifest, outcomes))
}

/// Tries another decoder: a program and its first arguments, separated by spaces. As many run at a time as rayon has threads.
///
/// # Errors
/// If there is no suite, or no program in `line`.
#[cfg(not(target_family = "wasm"))]
pub fn try_command(line: &str, folder: &Path, limit: Duration) -> Result<Report> {
    use rayon::prelude::*;
    let command = command::Command::new(line)?;
    let manifest = Manifest::read(folder)?;
    let decode = |case| command.decode(folder, case, limit);
    let outcomes = manifest.cases.par_iter().map(decode).collect();
    Ok(Report::new(line.into(), manifest, outcomes))
}

impl Report {
    fn new(decoder: String, manifest: Manifest, outcomes: Vec<Outcome>) -> Self {
        let cases = manifest.cases.iter().zip(&outcomes);
        let complaints = cases
            .map(|(case, outcome)| case.complaint(outcome))
            .collect();
        Self {
            decoder,
            manifest,
            complaints,
        }
    }

    /// Number of files.
    #[must_use]
    pub fn total(&self) -> usize {
        self.complaints.len()
    }

    /// Number of files that failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.complaints.iter().flatten().count()
    }

    /// Which decoder it was, and how many files passed.
    #[must_use]
    pub fn summary(&self) -> String {
        let passed = self.total() - self.failed();
        format!("{}: {passed} of {} files pass", self.decoder, self.total())
    }

    /// A line per file: verdict, name, section, what is special about it. Below those that fail: expected, and got.
    #[must_use]
    pub fn table(&self, failures_only: bool) -> String {
        let cases = &self.manifest.cases;
        let width = cases.iter().map(|case| case.file.len()).max().unwrap_or(0);
        let mut table = String::new();
        for (case, complaint) in cases.iter().zip(&self.complaints) {
            let verdict = match complaint {
                None if failures_only => continue,
                None => "pass",
                Some(_) => "FAIL",
            };
            let (file, section, what) = (&case.file, &case.section, &case.what);
            // Writing to a String does not fail.
            let _ = writeln!(table, "{verdict}  {file:width$}  {section:9}  {what}");
            if let Some(complaint) = complaint {
                let _ = writeln!(table, "      {complaint}");
            }
        }
        table
    }
}
