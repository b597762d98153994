//! What can go wrong, as the caller of the command sees it: exit codes 1 (an input failed) and 2 (wrong usage).

use crate::console::Console;
use std::fmt;
use std::io::ErrorKind;
use std::process::ExitCode;

/// A mistake in the command line that clap cannot see. Exit code 2, and nothing has been done.
#[derive(Debug)]
pub struct Usage(pub String);

/// Some inputs failed and have been reported one by one already.
#[derive(Debug)]
pub struct SomeFailed {
    /// How many failed.
    pub failed: usize,
    /// Of how many.
    pub total: usize,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for SomeFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} files failed", self.failed, self.total)
    }
}

impl std::error::Error for Usage {}
impl std::error::Error for SomeFailed {}

/// Shorthand for a [`Usage`] error.
pub fn usage(message: impl Into<String>) -> anyhow::Error {
    Usage(message.into()).into()
}

/// A command that is left out of this build.
#[cfg(not(all(feature = "measure", feature = "train")))]
pub fn missing(command: &str, feature: &str) -> anyhow::Error {
    usage(format!(
        "`vqz {command}` is not in this build; build with `--features {feature}`, as README.md explains"
    ))
}

/// Prints the error and gives the exit code. A reader that closed our stdout has what it wanted: silent success.
pub fn report(error: &anyhow::Error, console: &Console) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    console.error(&text(error));
    if error.is::<Usage>() {
        ExitCode::from(2)
    } else {
        ExitCode::FAILURE
    }
}

/// The error and its causes, each once: many errors of other crates have the text of their cause in their own.
pub fn text(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        let cause = cause.trim();
        if text.is_empty() {
            text = cause.into();
        } else if !text.ends_with(cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Whether the cause is a closed pipe.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}

/// An error of the library in the words of this command, with what the user can do about it.
pub fn explain(error: vqz::Error) -> anyhow::Error {
    let advice = match &error {
        vqz::Error::Limit { what, value, limit } => {
            let advice = match *what {
                vqz::Bound::Pixels | vqz::Bound::PixelsForLength => "; pass a larger --max-pixels if you trust the file",
                _ => "",
            };
            return anyhow::anyhow!("{what} is {value}, the limit is {limit}{advice}");
        }
        vqz::Error::Truncated { .. } | vqz::Error::Crc { .. } => {
            "get the file again from where it came, or see what `vqz decode --salvage` can make of it"
        }
        vqz::Error::Signature(_) => "only files made by `vqz encode` can be read",
        vqz::Error::Unsupported(_) => "a newer vqz may read it",
        vqz::Error::NoEncoder { .. } => "put it beside the model file, under the same name",
        vqz::Error::WrongModel { .. } => "pass the right one with --model FILE",
        vqz::Error::NoRendering { .. } => "pass it with --rendering-file FILE",
        _ => return error.into(),
    };
    anyhow::anyhow!("{error}; {advice}")
}
