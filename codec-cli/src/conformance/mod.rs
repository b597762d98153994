//! `vqz conformance`: the files of a conformance suite through this build, or through another decoder (SPEC.md section 14;
//! the suite's own README.md says what another decoder must be able to do).
//!
//! | what | file |
//! |---|---|
//! | what the suite expects | `manifest` |
//! | this build | `own` |
//! | another decoder, run as a command | `command` |
//! | its pictures | `pam` |

mod command;
mod manifest;
mod own;
mod pam;

use crate::console::Console;
use crate::failure::SomeFailed;
use crate::files::Target;
use anyhow::Result;
use clap::Args;
use command::Command;
use manifest::{Case, Manifest};
use rayon::prelude::*;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// `vqz conformance`
#[derive(Debug, Args)]
pub struct ConformanceArgs {
    /// Try this decoder instead of this build: a program and its first arguments, separated by spaces
    #[arg(long, value_name = "CMD")]
    #[arg(
        long_help = "Try this decoder instead of this build: a program and its first arguments, separated by spaces. It is run as\n\
        `CMD --model MODEL.vqzm IN.vqz OUT.pam` and has to write the picture (PAM) and exit with 0, or to exit with another code\n\
        and say `error: CLASS` on stderr. The README.md of the suite has the details."
    )]
    pub decoder: Option<String>,
    /// Seconds that a file may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
    /// Folder with a `manifest.json`: testdata/conformance
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// What a decoder made of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A picture, described as the manifest does.
    Picture(manifest::Picture),
    /// It refused the file, with a class of SPEC.md section 12.
    Refused(String),
    /// Neither, and what happened instead.
    Broken(String),
}

/// Runs the command.
pub fn run(args: &ConformanceArgs, console: &Console) -> Result<()> {
    let manifest = Manifest::read(&args.folder)?;
    let limit = Duration::from_secs(args.timeout);
    let (decoder, outcomes): (String, Vec<Outcome>) = match &args.decoder {
        None => {
            let try_one = |case| own::decode(&args.folder, case, limit);
            (own::name()?, manifest.cases.iter().map(try_one).collect())
        }
        Some(line) => {
            let command = Command::new(line)?;
            let try_one = |case| command.decode(&args.folder, case, limit);
            let outcomes = manifest.cases.par_iter().map(try_one).collect();
            (line.clone(), outcomes)
        }
    };
    let results: Vec<(&Case, Option<String>)> = manifest
        .cases
        .iter()
        .zip(&outcomes)
        .map(|(case, outcome)| (case, case.complaint(outcome)))
        .collect();
    let failed = results
        .iter()
        .filter(|(_, complaint)| complaint.is_some())
        .count();
    let total = results.len();
    let mut table = table(&results, console.is_quiet());
    if !console.is_quiet() {
        let _ = writeln!(table, "{decoder}: {} of {total} files pass", total - failed);
    }
    Target::Stdout.write(table.as_bytes())?;
    match failed {
        0 => Ok(()),
        _ => Err(SomeFailed { failed, total }.into()),
    }
}

/// A line per file: verdict, name, section; what is wrong below it.
fn table(results: &[(&Case, Option<String>)], failures_only: bool) -> String {
    let width = results
        .iter()
        .map(|(case, _)| case.file.len())
        .max()
        .unwrap_or(0);
    let mut table = String::new();
    for (case, complaint) in results {
        let verdict = match complaint {
            None if failures_only => continue,
            None => "pass",
            Some(_) => "FAIL",
        };
        // Writing to a String does not fail.
        let _ = writeln!(
            table,
            "{verdict}  {:width$}  {:9}  {}",
            case.file, case.section, case.what
        );
        if let Some(complaint) = complaint {
            let _ = writeln!(table, "      {complaint}");
        }
    }
    table
}
