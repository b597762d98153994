//! `vqz eval` and `vqz compare` (feature `measure`): the command lines; the work is done by the crate `vqz-measure`.
//!
//! | what | file |
//! |---|---|
//! | one codec over its dial | `eval` |
//! | codecs side by side | `compare` |
//! | what the crate is given of this command: photos, files, progress | `host` |

mod compare;
mod eval;
mod host;

pub use compare::{run as compare, CompareArgs};
pub use eval::{run as eval, EvalArgs};

use crate::batch::{self, Found};
use crate::failure::SomeFailed;
use crate::picture;
use anyhow::Result;
use clap::Args;
use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::PathBuf;
use vqz_measure::Scale;

/// Options of both.
#[derive(Debug, Args)]
pub struct MeasureArgs {
    /// Measures of distortion, separated by commas: psnr, ms-ssim, ssimulacra2, butteraugli
    #[arg(long, value_name = "METRIC,…", value_delimiter = ',')]
    metrics: Vec<Scale>,
    /// The Python that has the codecs' wheels [default: VQZ_PYTHON in the environment, else python3]
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// Pictures, or folders of them (subfolders are not searched)
    #[arg(required = true, value_name = "PHOTO")]
    photos: Vec<PathBuf>,
}

impl MeasureArgs {
    /// Those asked for, else the usual ones.
    fn scales(&self, usual: &[Scale]) -> Vec<Scale> {
        match self.metrics.is_empty() {
            true => usual.to_vec(),
            false => self.metrics.clone(),
        }
    }

    fn python(&self) -> PathBuf {
        let set = || std::env::var_os("VQZ_PYTHON").filter(|program| !program.is_empty());
        let named = self.python.clone().or_else(|| set().map(PathBuf::from));
        named.unwrap_or_else(|| "python3".into())
    }

    /// The files, each once.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for found in batch::expand(&self.photos, picture::INPUT_EXTENSIONS, false) {
            match found {
                Found::File { path, .. } => files.push(path),
                Found::Note { .. } => {}
                Found::Nothing(error) => return Err(error),
            }
        }
        let mut seen = HashSet::new();
        files.retain(|path| seen.insert(path.clone()));
        Ok(files)
    }
}

/// The hidden command that measures memory in a process of its own.
pub fn measure_memory(task: &str) -> Result<()> {
    if let Some(peak) = vqz_measure::measure_memory(task)? {
        writeln!(io::stdout(), "{peak}")?;
    }
    Ok(())
}

/// This command line, as reports have it.
fn command_line() -> String {
    let words = std::env::args_os().skip(1);
    let words: Vec<String> = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    format!("vqz {}", words.join(" "))
}

fn outcome(failed: usize, total: usize) -> Result<()> {
    match failed {
        0 => Ok(()),
        _ => Err(SomeFailed { failed, total }.into()),
    }
}
