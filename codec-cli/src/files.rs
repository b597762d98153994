//! Bytes in and out: files or the standard streams. Files appear whole or not at all; an empty one that is there already is filled.

use crate::failure::usage;
use crate::temporary::Temporary;
use anyhow::{bail, Context as _, Result};
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use vqz::Probe;

/// Most bytes of an input unless `--max-file-size` says otherwise: enough for as many pixels as the limits allow, in 8-bit RGB.
pub const MAX_FILE_SIZE: u64 = 1 << 30;

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

/// What to do where an output is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    Replace,
    /// It is an error.
    Keep,
    /// The work is done if the output is not older than the input.
    Skip,
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
    ///
    /// # Errors
    /// Here and below, if there is nothing, or more than `max` bytes.
    #[cfg(feature = "measure")]
    pub fn read(&self, max: u64) -> Result<Vec<u8>> {
        self.read_if(max, |_| true)
    }

    /// Everything, or the beginning if that is not a .vqz file's: a device or a film is not read to its end to be refused.
    pub fn read_vqz(&self, max: u64) -> Result<Vec<u8>> {
        self.read_if(max, |head| vqz::probe(head) != Probe::Other)
    }

    /// The same for a picture in one of the usual formats, or a .vqz file.
    pub fn read_picture(&self, max: u64) -> Result<Vec<u8>> {
        self.read_if(max, |head| {
            image::guess_format(head).is_ok() || vqz::probe(head) == Probe::Vqz
        })
    }

    /// The same for a model.
    pub fn read_model(&self, max: u64) -> Result<Vec<u8>> {
        self.read_if(max, |head| head.starts_with(b"\x89VQZM"))
    }

    /// The same for what only encoders need of a model.
    pub fn read_encoder(&self, max: u64) -> Result<Vec<u8>> {
        self.read_if(max, |head| head.starts_with(b"\x89VQZE"))
    }

    /// The same for another rendering of a model's files.
    pub fn read_rendering(&self, max: u64) -> Result<Vec<u8>> {
        self.read_if(max, |head| head.starts_with(b"\x89VQZR"))
    }

    /// Everything if `wanted` says so of the first 16 bytes, else these.
    fn read_if(&self, max: u64, wanted: impl Fn(&[u8]) -> bool) -> Result<Vec<u8>> {
        const HEAD: u64 = 16;
        let open = || {
            let (mut input, size): (Box<dyn io::Read>, u64) = match self {
                Self::Stdin => (Box::new(io::stdin().lock()), 0),
                Self::File(path) => {
                    let file = fs::File::open(path)?;
                    let size = file.metadata()?.len();
                    (Box::new(file), size)
                }
            };
            let mut head = Vec::new();
            input.by_ref().take(HEAD).read_to_end(&mut head)?;
            io::Result::Ok((input, size, head))
        };
        let (input, size, mut bytes) = open().context(CANNOT_READ)?;
        if bytes.is_empty() {
            bail!("is empty");
        }
        if !wanted(&bytes) {
            return Ok(bytes);
        }
        if size > max {
            return Err(too_large(&size.to_string(), max));
        }
        let read = || {
            bytes.try_reserve_exact(usize::try_from(size).unwrap_or(usize::MAX))?;
            // A pipe or a device does not say how much is to come.
            input
                .take(max.saturating_add(1).saturating_sub(HEAD))
                .read_to_end(&mut bytes)
        };
        read().context(CANNOT_READ)?;
        match bytes.len() as u64 > max {
            true => Err(too_large(&format!("more than {max}"), max)),
            false => Ok(bytes),
        }
    }
}

const CANNOT_READ: &str = "cannot be read";

fn too_large(size: &str, max: u64) -> anyhow::Error {
    anyhow::anyhow!(
        "has {size} bytes, the limit is {max}; pass a larger --max-file-size if you trust it"
    )
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

    /// Refuses a file that is there and has to be kept. For the time before the work; [`Target::write_unless`] looks again.
    pub fn check(&self, existing: Existing) -> Result<()> {
        match self {
            Self::File(path)
                if existing == Existing::Keep && path.exists() && !is_special(path) =>
            {
                Err(exists(path))
            }
            _ => Ok(()),
        }
    }

    /// Writes everything; a file is replaced in one step, with the permissions any new file would get, unless it is empty.
    pub fn write(&self, bytes: &[u8]) -> Result<()> {
        self.write_unless(bytes, Existing::Replace)
    }

    /// The same, unless a file is there and has to be kept.
    pub fn write_unless(&self, bytes: &[u8], existing: Existing) -> Result<()> {
        self.write_by(existing, |out| Ok(out.write_all(bytes)?))
    }

    /// The same for bytes that `write` hands over one after the other. Of a file that it fails to complete nothing is left.
    pub fn write_by(
        &self,
        existing: Existing,
        write: impl FnOnce(&mut dyn io::Write) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Stdout => through_buffer(io::stdout().lock(), write),
            Self::File(path) if is_special(path) => fs::File::create(path)
                .map_err(Into::into)
                .and_then(|file| through_buffer(file, write))
                .map_err(|error| named(path, error)),
            Self::File(path) if existing == Existing::Replace && is_reserved(path) => {
                fill(path, write).map_err(|error| named(path, error))
            }
            Self::File(path) => put(path, existing, write).map_err(|error| named(path, error)),
        }
    }
}

fn through_buffer(
    to: impl io::Write,
    write: impl FnOnce(&mut dyn io::Write) -> Result<()>,
) -> Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, to);
    write(&mut out)?;
    Ok(out.flush()?)
}

/// Says which file it was that the system did not take.
fn named(path: &Path, error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<io::Error>() {
        Some(cause) if cause.kind() == ErrorKind::AlreadyExists => exists(path),
        Some(_) => error.context(format!("{} cannot be written", path.display())),
        None => error,
    }
}

/// Exists, and has nothing in it: a program (tumblerd, a script with `mktemp`) made it to be written to, and may hold it open.
fn is_reserved(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() == 0)
}

/// Writes into a file that is empty, and leaves it empty if that fails.
fn fill(path: &Path, write: impl FnOnce(&mut dyn io::Write) -> Result<()>) -> Result<()> {
    let mut bytes = Vec::new();
    write(&mut bytes)?;
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    let done = file.write_all(&bytes);
    if done.is_err() {
        file.set_len(0)?;
    }
    Ok(done?)
}

/// Exists, but is no regular file or folder (a pipe, `/dev/null`): must be written to, not replaced.
pub fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| !data.is_file() && !data.is_dir())
}

fn exists(path: &Path) -> anyhow::Error {
    let path = path.display();
    anyhow::anyhow!("{path} exists already; name another output, or pass --overwrite")
}

fn put(
    path: &Path,
    existing: Existing,
    write: impl FnOnce(&mut dyn io::Write) -> Result<()>,
) -> Result<()> {
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
    let _temporary = Temporary::new(file.path());
    through_buffer(&mut file, write)?;
    if let Ok(existing) = fs::metadata(&path) {
        fs::set_permissions(file.path(), existing.permissions())?;
    }
    match existing {
        Existing::Replace | Existing::Skip => file.persist(&path),
        Existing::Keep => file.persist_noclobber(&path),
    }
    .map_err(|error| error.error)?;
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
