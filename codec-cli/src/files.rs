//! Bytes in and out: files or the standard streams. Files appear whole or not at all.

use crate::failure::usage;
use anyhow::{Context as _, Result};
use std::fmt;
use std::fs;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use vqz::Limits;

/// Where bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Stdin,
    File(PathBuf),
}

/// Where bytes go to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    Stdout,
    File(PathBuf),
}

impl Source {
    /// `-` is stdin.
    pub fn new(path: &Path) -> Self {
        if path == Path::new("-") {
            Self::Stdin
        } else {
            Self::File(path.into())
        }
    }

    /// Everything there is to read.
    pub fn read(&self) -> Result<Vec<u8>> {
        self.read_if(|_| true)
    }

    /// Everything, or the beginning if that is not a .vqz file's: a device or a film is not read to its end to be refused.
    pub fn read_vqz(&self) -> Result<Vec<u8>> {
        self.read_if(|head| {
            let verdict = vqz::inspect(head, &Limits::default());
            !matches!(verdict, Err(vqz::Error::Signature(_)))
        })
    }

    /// Everything if `wanted` says so of the first 16 bytes, else these.
    fn read_if(&self, wanted: impl Fn(&[u8]) -> bool) -> Result<Vec<u8>> {
        let read = || {
            let (mut input, size): (Box<dyn io::Read>, u64) = match self {
                Self::Stdin => (Box::new(io::stdin().lock()), 0),
                Self::File(path) => {
                    let file = fs::File::open(path)?;
                    let size = file.metadata()?.len();
                    (Box::new(file), size)
                }
            };
            let mut bytes = Vec::new();
            input.by_ref().take(16).read_to_end(&mut bytes)?;
            if wanted(&bytes) {
                bytes.try_reserve_exact(usize::try_from(size).unwrap_or(usize::MAX))?;
                input.read_to_end(&mut bytes)?;
            }
            io::Result::Ok(bytes)
        };
        read().context("cannot be read")
    }
}

impl Target {
    /// `-` is stdout.
    ///
    /// # Errors
    /// Refuses a terminal: nobody wants to see the bytes.
    pub fn new(path: &Path) -> Result<Self> {
        if path != Path::new("-") {
            return Ok(Self::File(path.into()));
        }
        if io::stdout().is_terminal() {
            return Err(usage(
                "stdout is a terminal; redirect it to a file or a pipe",
            ));
        }
        Ok(Self::Stdout)
    }

    /// Writes everything; a file is replaced in one step, with the permissions any new file would get.
    pub fn write(&self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes)?;
                stdout.flush()?;
            }
            Self::File(path) if is_special(path) => {
                fs::write(path, bytes).with_context(|| cannot_write(path))?
            }
            Self::File(path) => replace(path, bytes).with_context(|| cannot_write(path))?,
        }
        Ok(())
    }
}

/// Exists, but is no regular file or folder (a pipe, `/dev/null`): must be written to, not replaced.
pub fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| !data.is_file() && !data.is_dir())
}

fn cannot_write(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // The file a link points to is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".vqz-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What the umask leaves of it; tempfile's own choice would be for the owner only.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Ok(existing) = fs::metadata(&path) {
        fs::set_permissions(file.path(), existing.permissions())?;
    }
    file.persist(&path)?;
    Ok(())
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("stdin"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("stdout"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}
