//! What a measurement is given of this command: pictures are read as `vqz encode` reads them, files appear whole or not at all.

use crate::console::Console;
use crate::failure::text;
use crate::files::{Source, Target};
use crate::picture::{self, Damaged};
use anyhow::Result;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use vqz::{Image, Limits};

pub struct Host<'a> {
    console: Mutex<&'a mut Console>,
    limits: Limits,
    max_file_size: u64,
}

impl<'a> Host<'a> {
    pub fn new(console: &'a mut Console, limits: Limits, max_file_size: u64) -> Self {
        Self {
            console: Mutex::new(console),
            limits,
            max_file_size,
        }
    }

    fn console(&self) -> MutexGuard<'_, &'a mut Console> {
        self.console.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl vqz_measure::Host for Host<'_> {
    fn pixels(&self, photo: &Path) -> u64 {
        let size = image::image_dimensions(photo).unwrap_or_default();
        u64::from(size.0) * u64::from(size.1)
    }

    fn read(&self, photo: &Path) -> Result<(Image, Vec<String>)> {
        let bytes = Source::File(photo.into()).read_picture(self.max_file_size)?;
        picture::read(&bytes, &self.limits, Damaged::Refuse)
    }

    fn write(&self, file: &Path, bytes: &[u8]) -> Result<()> {
        Target::File(file.into()).write(bytes)
    }

    fn note(&self, photo: &str, text: &str) {
        self.console().note(photo, text);
    }

    fn failed(&self, photo: &Path, error: &anyhow::Error) {
        let message = format!("{}: {}", photo.display(), text(error));
        self.console().error(&message);
    }

    fn start(&self, steps: usize) {
        self.console().start(steps);
    }

    fn advance(&self) {
        self.console().advance();
    }
}

/// The progress bar goes with the measurement.
impl Drop for Host<'_> {
    fn drop(&mut self) {
        self.console().finish();
    }
}
