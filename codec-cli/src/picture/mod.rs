//! Picture files other than .vqz ↔ [`vqz::Image`], metadata included.

mod jpeg;
pub mod lossless;
mod lost;
pub mod orientation;
mod png_chunks;
mod read;
pub mod resize;
pub mod strip;
mod tiff;
mod write;

pub use read::{pixels, read, Damaged, INPUT_EXTENSIONS};
pub use write::{write, JPEG_QUALITY};

use crate::batch::extension;
use clap::ValueEnum;
pub use orientation::Turn;
use std::path::Path;

/// Formats that pictures are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Png,
    /// Lossy, with --quality
    #[value(alias = "jpeg")]
    Jpg,
    /// Lossless
    Webp,
    Bmp,
    #[value(alias = "tif")]
    Tiff,
    /// Always RGB
    Ppm,
    /// Grey or RGB
    Pnm,
    Qoi,
}

impl Format {
    /// By the file's extension.
    pub fn of(path: &Path) -> Option<Self> {
        Self::from_str(&extension(path)?, true).ok()
    }

    /// Extension of files in this format.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpg => "jpg",
            Self::Webp => "webp",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
            Self::Ppm => "ppm",
            Self::Pnm => "pnm",
            Self::Qoi => "qoi",
        }
    }

    /// All of them, for messages: ".png, .jpg, …".
    pub fn names() -> String {
        let names: Vec<String> = Self::value_variants()
            .iter()
            .map(|format| format!(".{}", format.extension()))
            .collect();
        names.join(", ")
    }
}
