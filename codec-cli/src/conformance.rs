//! `vqz conformance`: the files of a conformance suite through this build, or through another decoder.

use crate::console::Console;
use crate::failure::{usage, SomeFailed};
use crate::files::Target;
use anyhow::Result;
use clap::Args;
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
    /// How many seconds a file may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
    /// Folder with a manifest.json, such as testdata/conformance
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Runs the command.
pub fn run(args: &ConformanceArgs, console: &Console) -> Result<()> {
    let limit = Duration::from_secs(args.timeout);
    let report = match &args.decoder {
        None => vqz_conformance::try_own(&args.folder, limit)?,
        Some(line) if line.trim().is_empty() => return Err(usage("--decoder is empty")),
        Some(line) => vqz_conformance::try_command(line, &args.folder, limit)?,
    };
    let mut text = report.table(console.is_quiet());
    if !console.is_quiet() {
        text += &report.summary();
        text.push('\n');
    }
    Target::Stdout.write(text.as_bytes())?;
    match (report.failed(), report.total()) {
        (0, _) => Ok(()),
        (failed, total) => Err(SomeFailed { failed, total }.into()),
    }
}
