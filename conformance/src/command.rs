//! Another decoder, run as a command: `CMD --model MODEL.vqzm IN.vqz OUT.pam`.

use crate::manifest::{sha256, Case, Picture};
use crate::{pam, Outcome};
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::{self, Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often a running decoder is looked at.
const POLL: Duration = Duration::from_millis(5);

/// A program and its first arguments.
pub struct Command {
    program: String,
    arguments: Vec<String>,
}

impl Command {
    /// From words separated by spaces.
    pub fn new(line: &str) -> Result<Self> {
        let mut words = line.split_whitespace().map(String::from);
        Ok(Self {
            program: words.next().context("no program to run")?,
            arguments: words.collect(),
        })
    }

    /// Runs it on a file. It is killed when it takes longer than `limit`.
    pub fn decode(&self, folder: &Path, case: &Case, limit: Duration) -> Outcome {
        self.try_decode(folder, case, limit)
            .unwrap_or_else(|error| Outcome::Broken(format!("{error:#}")))
    }

    fn try_decode(&self, folder: &Path, case: &Case, limit: Duration) -> Result<Outcome> {
        let scratch = tempfile::tempdir().context("no temporary folder")?;
        let (picture, messages) = (
            scratch.path().join("out.pam"),
            scratch.path().join("stderr"),
        );
        let child = process::Command::new(&self.program)
            .args(&self.arguments)
            .arg("--model")
            .args([
                &folder.join(&case.model),
                &folder.join(&case.file),
                &picture,
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&messages)?)
            .spawn()
            .with_context(|| format!("{}: cannot be run", self.program))?;
        let Some(status) = wait(child, limit)? else {
            let what = format!("nothing within {} seconds", limit.as_secs());
            return Ok(Outcome::Broken(what));
        };
        if status.success() {
            return Ok(Outcome::Picture(read_picture(&picture)?));
        }
        let messages = String::from_utf8_lossy(&std::fs::read(messages)?).into_owned();
        let class = messages
            .lines()
            .find_map(|line| line.strip_prefix("error: "))
            .map(|rest| rest.split([':', ' ']).next().unwrap_or_default());
        Ok(match (status.code(), class) {
            (Some(_), Some(class)) => Outcome::Refused(class.into()),
            (Some(code), None) => {
                let first = messages.lines().next().unwrap_or_default();
                Outcome::Broken(format!("exit code {code} without `error: CLASS`: {first}"))
            }
            (None, _) => Outcome::Broken(format!("an end by {status}")),
        })
    }
}

/// The exit status, or `None` after killing a child that took too long.
fn wait(mut child: Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(POLL);
    }
}

/// A PAM file and the metadata beside it.
fn read_picture(path: &Path) -> Result<Picture> {
    let bytes = std::fs::read(path).context("exit code 0, but no picture was written")?;
    let mut metadata = BTreeMap::new();
    for kind in ["iccp", "exif", "xmpp"] {
        let path = path.with_extension(format!("pam.{kind}"));
        if path.exists() {
            metadata.insert(kind.into(), sha256(&std::fs::read(path)?));
        }
    }
    Ok(Picture {
        pixels: pam::read(&bytes)?,
        smaller: BTreeMap::new(),
        metadata,
    })
}
