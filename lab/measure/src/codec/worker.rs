//! Python processes that run Pillow's codecs: `worker/worker.py`, in frames over pipes.

use anyhow::{anyhow, bail, Context as _, Result};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

const SCRIPT: &str = include_str!("../../worker/worker.py");

/// What a worker says; which fields there are depends on what it was asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    payload: usize,
    error: Option<String>,
    pub seconds: f64,
    pub width: u32,
    pub height: u32,
    pub channels: u8,
    /// Bytes.
    pub peak: Option<u64>,
    pub codecs: BTreeMap<String, Library>,
}

/// What a codec is made of, or why it cannot be had.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Library {
    Library(String),
    Missing(String),
}

/// Workers of one Python, as many as there are requests at a time.
pub struct Pool {
    python: PathBuf,
    idle: Mutex<Vec<Worker>>,
}

impl Pool {
    /// No worker is started yet.
    pub fn new(python: PathBuf) -> Self {
        Self {
            python,
            idle: Mutex::default(),
        }
    }

    /// Sends a request to a worker that is free, or to a new one.
    pub fn ask(&self, request: &Value, payload: &[u8]) -> Result<(Answer, Vec<u8>)> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let free = idle().pop();
        let mut worker = match free {
            Some(worker) => worker,
            None => Worker::start(&self.python)?,
        };
        let answer = worker.ask(request, payload)?;
        idle().push(worker);
        checked(answer)
    }

    /// Sends a request to a worker that does nothing else, before or after.
    pub fn ask_alone(&self, request: &Value, payload: &[u8]) -> Result<(Answer, Vec<u8>)> {
        checked(Worker::start(&self.python)?.ask(request, payload)?)
    }
}

fn checked((answer, payload): (Answer, Vec<u8>)) -> Result<(Answer, Vec<u8>)> {
    match answer.error {
        Some(error) => Err(anyhow!(error)),
        None => Ok((answer, payload)),
    }
}

/// A process; it is killed when this is dropped.
struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// What it says on stderr.
    complaints: File,
}

impl Worker {
    fn start(python: &PathBuf) -> Result<Self> {
        let complaints = tempfile::tempfile().context("no temporary file")?;
        let mut child = Command::new(python)
            // Without the folder that this program runs in among the places of modules.
            .args(["-I", "-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(complaints.try_clone()?)
            .spawn()
            .with_context(|| format!("{}: cannot be run", python.display()))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        Ok(Self {
            child,
            input: input.context("no pipe to the worker")?,
            output: BufReader::new(output.context("no pipe from the worker")?),
            complaints,
        })
    }

    fn ask(&mut self, request: &Value, payload: &[u8]) -> Result<(Answer, Vec<u8>)> {
        let exchanged = self.send(request, payload).and_then(|()| self.receive());
        exchanged.map_err(|error| match self.complaint() {
            Some(complaint) => anyhow!(complaint),
            None => error.context("the worker in Python ended"),
        })
    }

    fn send(&mut self, request: &Value, payload: &[u8]) -> Result<()> {
        let mut header = request.clone();
        header["payload"] = payload.len().into();
        let header = serde_json::to_vec(&header)?;
        let length = u32::try_from(header.len())?;
        self.input.write_all(&length.to_le_bytes())?;
        self.input.write_all(&header)?;
        self.input.write_all(payload)?;
        Ok(self.input.flush()?)
    }

    fn receive(&mut self) -> Result<(Answer, Vec<u8>)> {
        let mut length = [0; 4];
        self.output.read_exact(&mut length)?;
        let mut header = vec![0; u32::from_le_bytes(length) as usize];
        self.output.read_exact(&mut header)?;
        let answer: Answer = serde_json::from_slice(&header)?;
        let mut payload = Vec::new();
        let mut rest = (&mut self.output).take(answer.payload as u64);
        if rest.read_to_end(&mut payload)? < answer.payload {
            bail!("an answer is cut off");
        }
        Ok((answer, payload))
    }

    /// The last line of what it said, which of a Python error is the error itself.
    fn complaint(&mut self) -> Option<String> {
        // It has said everything by the time its pipes are closed.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.complaints.rewind().ok()?;
        let mut text = String::new();
        self.complaints.read_to_string(&mut text).ok()?;
        text.trim().lines().last().map(String::from)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_python_and_one_without_pillow_are_named() {
        let ask = |python: &str| {
            let asked = Pool::new(python.into()).ask(&json!({"do": "versions"}), &[]);
            format!("{:#}", asked.unwrap_err())
        };
        assert!(ask("no-such-python").contains("no-such-python: cannot be run"));
        // `false` reads nothing, says nothing and ends.
        assert!(ask("false").contains("the worker in Python ended"));
    }
}
