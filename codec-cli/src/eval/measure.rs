//! One photo at all qualities: a file is written, read back, decoded, and compared with what went in.

use super::codec::Codec;
use crate::files::{Source, Target, MAX_FILE_SIZE};
use crate::metrics::ms_ssim::ms_ssim;
use crate::metrics::psnr::psnr;
use crate::picture::{self, Damaged};
use anyhow::{ensure, Context as _, Result};
use serde::Serialize;
use std::fs;
use std::path::Path;
use vqz::{Image, Limits};

/// What was measured on a photo.
#[derive(Debug, Clone, Serialize)]
pub struct Photo {
    /// Name without folder.
    pub file: String,
    pub width: u32,
    pub height: u32,
    /// One per quality, in the order asked for.
    pub points: Vec<Point>,
}

/// A photo at one quality.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    pub quality: f32,
    /// Size of the file.
    pub bytes: usize,
    /// 8 · bytes per pixel.
    pub bpp: f64,
    /// dB over RGB.
    pub psnr: f64,
    /// `None`: the photo is too small.
    pub ms_ssim: Option<f64>,
}

/// How to measure.
pub struct Setup<'a> {
    pub codec: &'a Codec,
    pub qualities: &'a [f32],
    pub limits: &'a Limits,
    /// Of a photo, in bytes.
    pub max_file_size: u64,
    /// For the files.
    pub folder: &'a Path,
}

impl Setup<'_> {
    /// Measures the photo `path`, the `index`-th of all; `done` is called after each quality.
    pub fn measure(&self, index: usize, path: &Path, done: impl Fn()) -> Result<Photo> {
        let (image, _) = picture::read(
            &Source::File(path.into()).read_picture(self.max_file_size)?,
            self.limits,
            Damaged::Refuse,
        )?;
        let file = self.folder.join(format!("{index}.{}", self.codec.name()));
        let points = self.qualities.iter().map(|&quality| {
            let point = self
                .point(&image, quality, &file)
                .with_context(|| format!("at quality {quality}"));
            done();
            point
        });
        Ok(Photo {
            file: path
                .file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
                .into_owned(),
            width: image.width(),
            height: image.height(),
            points: points.collect::<Result<_>>()?,
        })
    }

    fn point(&self, image: &Image, quality: f32, file: &Path) -> Result<Point> {
        Target::File(file.into()).write(&self.codec.encode(image, quality)?)?;
        let bytes = Source::File(file.into()).read(MAX_FILE_SIZE)?;
        fs::remove_file(file)?;
        let decoded = self.codec.decode(&bytes, self.limits)?;
        let shape = |image: &Image| (image.width(), image.height(), image.color());
        ensure!(
            shape(&decoded) == shape(image),
            "{:?} came back as {:?}",
            shape(image),
            shape(&decoded)
        );
        let pixels = f64::from(image.width()) * f64::from(image.height());
        Ok(Point {
            quality,
            bytes: bytes.len(),
            bpp: bytes.len() as f64 * 8.0 / pixels,
            psnr: psnr(image, &decoded),
            ms_ssim: ms_ssim(image, &decoded),
        })
    }
}
