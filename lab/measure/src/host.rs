//! What a measurement needs of the program that runs it.

use anyhow::Result;
use std::path::Path;
use vqz::Image;

/// Reads photos, writes what stays, and tells the user how it goes.
pub trait Host: Sync {
    /// Pixels of a photo, as far as its header tells; 0 if it does not.
    fn pixels(&self, photo: &Path) -> u64;

    /// The picture in a photo's file, and notes on what it lacks.
    ///
    /// # Errors
    /// If it cannot be read, or only in part.
    fn read(&self, photo: &Path) -> Result<(Image, Vec<String>)>;

    /// Writes a file, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written.
    fn write(&self, file: &Path, bytes: &[u8]) -> Result<()>;

    /// Something that the user may want to know about a photo.
    fn note(&self, photo: &str, text: &str);

    /// A photo failed, and is skipped.
    fn failed(&self, photo: &Path, error: &anyhow::Error);

    /// So many steps begin.
    fn start(&self, steps: usize);

    /// One of them is done.
    fn advance(&self);
}
