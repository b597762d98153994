//! Metadata that are to stay out of a file.

use super::orientation::{self, Turn};
use super::Format;
use anyhow::Result;
use clap::ValueEnum;
use vqz::Image;

/// A part of a picture's metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The colour profile; without it, colours are taken to be sRGB
    Icc,
    /// The camera's record: time, place, settings, thumbnail
    Exif,
    /// Titles, ratings, edits
    Xmp,
}

/// The picture with these parts alone. Where EXIF goes, the pixels are turned as its orientation says.
pub fn keep_only(mut image: Image, parts: &[Part]) -> Result<Image> {
    if !parts.contains(&Part::Exif) {
        (image, _) = orientation::settle(image, Format::Png, Some(Turn::Apply))?;
        image.metadata.exif = None;
    }
    if !parts.contains(&Part::Xmp) {
        image.metadata.xmp = None;
    }
    if !parts.contains(&Part::Icc) {
        image.metadata.icc = None;
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::metadata::Orientation;
    use vqz::Color;

    #[test]
    fn the_picture_stays_upright_without_its_exif() {
        let mut image = Image::new(3, 1, Color::Gray, vec![1, 2, 3]).unwrap();
        image.metadata.exif = Some(orientation::exif(Orientation::Rotate90));
        image.metadata.icc = Some(vec![1]);
        image.metadata.xmp = Some(vec![2]);
        let kept = keep_only(image.clone(), &[Part::Icc]).unwrap();
        assert_eq!((kept.width(), kept.height()), (1, 3));
        assert_eq!(kept.metadata.icc, image.metadata.icc);
        assert_eq!((kept.metadata.exif, kept.metadata.xmp), (None, None));
        let kept = keep_only(image, &[Part::Exif]).unwrap();
        assert_eq!((kept.width(), kept.metadata.icc), (3, None));
        assert!(kept.metadata.exif.is_some());
    }
}
