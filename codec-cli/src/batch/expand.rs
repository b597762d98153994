//! The files that folders stand for.

use anyhow::{bail, Context as _, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// What an input turned out to be.
pub enum Found {
    /// A file, and the folder that it lies in, as seen from the input (empty for an input that is a file).
    File { path: PathBuf, below: PathBuf },
    /// Something that was left out.
    Note { folder: PathBuf, note: String },
    /// A folder without such files, or one that cannot be read.
    Nothing(anyhow::Error),
}

/// The inputs in their order, with the files of one of the extensions, by name, in place of each folder.
pub fn expand(inputs: &[PathBuf], extensions: &[&str], recursive: bool) -> Vec<Found> {
    let mut found = Vec::new();
    for input in inputs {
        if !input.is_dir() {
            let (path, below) = (input.clone(), PathBuf::new());
            found.push(Found::File { path, below });
            continue;
        }
        let mut list = List {
            extensions,
            recursive,
            files: Vec::new(),
            skipped: 0,
        };
        if let Err(error) = list.folder(input, Path::new("")) {
            found.push(Found::Nothing(error));
            continue;
        }
        if list.skipped > 0 {
            let folders = match list.skipped {
                1 => "a folder in it is".to_string(),
                n => format!("{n} folders in it are"),
            };
            found.push(Found::Note {
                folder: input.clone(),
                note: format!("{folders} left out; -r includes subfolders"),
            });
        }
        if list.files.is_empty() {
            found.push(Found::Nothing(anyhow::anyhow!(
                "{}: no file ends in .{}",
                input.display(),
                extensions.join(", .")
            )));
        }
        found.extend(list.files);
    }
    found
}

struct List<'a> {
    extensions: &'a [&'a str],
    recursive: bool,
    files: Vec<Found>,
    skipped: usize,
}

/// Deeper trees than this are taken for a mistake.
const MAX_DEPTH: usize = 64;

impl List<'_> {
    /// `below`: the same folder as seen from the input.
    fn folder(&mut self, folder: &Path, below: &Path) -> Result<()> {
        let name = folder.display();
        if below.components().count() > MAX_DEPTH {
            bail!("{name}: is more than {MAX_DEPTH} folders deep, which is the limit");
        }
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut entries = entries.with_context(|| format!("{name}: cannot be read"))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        let mut folders = Vec::new();
        for entry in entries {
            let path = entry.path();
            // Not those that a link leads to: they may lead round in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
                continue;
            }
            let wanted = extension(&path).is_some_and(|e| self.extensions.contains(&e.as_str()));
            if wanted && path.is_file() {
                let below = below.to_path_buf();
                self.files.push(Found::File { path, below });
            }
        }
        if !self.recursive {
            self.skipped += folders.len();
            return Ok(());
        }
        for path in folders {
            let name = path.file_name().unwrap_or_default();
            self.folder(&path, &below.join(name))?;
        }
        Ok(())
    }
}

/// A path's extension in lower case.
pub fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}
