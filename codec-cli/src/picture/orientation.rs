//! Which way up a picture is: EXIF's orientation, kept for the viewer or applied to the pixels.

use super::Format;
use anyhow::{Context as _, Result};
use clap::ValueEnum;
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use vqz::{Color, Image, Metadata};

/// What to do with the orientation of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Turn {
    /// Leave it to the viewer, as the picture came
    Keep,
    /// Turn the pixels
    Apply,
}

/// The orientation that the metadata ask for.
pub fn of(metadata: &Metadata) -> Orientation {
    let exif = metadata.exif.as_deref();
    exif.and_then(Orientation::from_exif_chunk)
        .unwrap_or(Orientation::NoTransforms)
}

/// EXIF that has an orientation and nothing else.
pub fn exif(orientation: Orientation) -> Vec<u8> {
    // Little-endian TIFF with one entry: tag, type (16 bits), how many, value; no further directory.
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation.to_exif(), 0, 0, 0, 0, 0, 0, 0]);
    exif
}

/// The picture as it goes into a file of this format, and a note if that could not be told from what was asked for. By default it is
/// turned only where the format has no place for the orientation.
pub fn settle(image: Image, format: Format, turn: Option<Turn>) -> Result<(Image, Option<String>)> {
    let orientation = of(&image.metadata);
    if orientation == Orientation::NoTransforms {
        return Ok((image, None));
    }
    let (number, name) = (orientation.to_exif(), format.extension());
    let held = super::write::holds_orientation(&image.metadata, format);
    match (turn, held) {
        (Some(Turn::Apply), _) => Ok((apply(image, orientation)?, None)),
        (None, false) => {
            let note = format!(
                "turned as its EXIF orientation ({number}) says, which {name} cannot hold; --orientation keep leaves it as it is"
            );
            Ok((apply(image, orientation)?, Some(note)))
        }
        (Some(Turn::Keep), false) => {
            let note = format!("orientation {number} is lost: {name} cannot hold it");
            Ok((image, Some(note)))
        }
        (_, true) => Ok((image, None)),
    }
}

/// Turns the pixels, and has the metadata say that they are upright.
fn apply(image: Image, orientation: Orientation) -> Result<Image> {
    let mut metadata = image.metadata.clone();
    if let Some(exif) = &mut metadata.exif {
        // The orientation that it gives back is known.
        _ = Orientation::remove_from_exif_chunk(exif);
    }
    if let Some(xmp) = &mut metadata.xmp {
        set_upright(xmp);
    }
    let size = (image.width(), image.height());
    let samples = image.samples().to_vec();
    let (width, height, samples) = turned(size, image.color(), samples, orientation)?;
    let mut out = Image::new(width, height, image.color(), samples)?;
    if let Some(alpha) = image.alpha() {
        let (.., alpha) = turned(size, Color::Gray, alpha.to_vec(), orientation)?;
        out = out.with_alpha(alpha)?;
    }
    out.metadata = metadata;
    Ok(out)
}

/// Width, height and samples of a turned plane.
fn turned(
    (width, height): (u32, u32),
    color: Color,
    samples: Vec<u8>,
    orientation: Orientation,
) -> Result<(u32, u32, Vec<u8>)> {
    let picture = match color {
        Color::Gray => GrayImage::from_raw(width, height, samples).map(DynamicImage::from),
        Color::Rgb => RgbImage::from_raw(width, height, samples).map(DynamicImage::from),
    };
    let mut picture = picture.context("cannot be turned")?;
    picture.apply_orientation(orientation);
    Ok((picture.width(), picture.height(), picture.into_bytes()))
}

/// XMP may say it once more, as an attribute or as an element.
fn set_upright(xmp: &mut [u8]) {
    for name in [
        &b"tiff:Orientation=\""[..],
        b"tiff:Orientation='",
        b"<tiff:Orientation>",
    ] {
        let places = xmp.windows(name.len()).enumerate();
        let found: Vec<usize> = places
            .filter(|(_, w)| *w == name)
            .map(|(at, _)| at + name.len())
            .collect();
        for at in found {
            if let Some(digit @ b'1'..=b'8') = xmp.get_mut(at) {
                *digit = b'1';
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_agree_with_the_turned_pixels() {
        let mut image = Image::new(3, 2, Color::Gray, vec![1, 2, 3, 4, 5, 6]).unwrap();
        image = image.with_alpha(vec![10, 20, 30, 40, 50, 60]).unwrap();
        image.metadata.exif = Some(exif(Orientation::Rotate90));
        image.metadata.xmp =
            Some(b"<a tiff:Orientation=\"6\"><tiff:Orientation>6</tiff:Orientation>".to_vec());
        let (out, note) = settle(image, Format::Png, Some(Turn::Apply)).unwrap();
        assert_eq!((out.width(), out.height(), note), (2, 3, None));
        assert_eq!(out.samples(), [4, 1, 5, 2, 6, 3]);
        assert_eq!(out.alpha().unwrap(), [40, 10, 50, 20, 60, 30]);
        assert_eq!(of(&out.metadata), Orientation::NoTransforms);
        let xmp = b"<a tiff:Orientation=\"1\"><tiff:Orientation>1</tiff:Orientation>";
        assert_eq!(out.metadata.xmp.as_deref(), Some(&xmp[..]));
    }

    #[test]
    fn formats_without_a_place_for_it_get_turned_pixels() {
        for (format, turned) in [
            (Format::Png, false),
            (Format::Tiff, false),
            (Format::Bmp, true),
            (Format::Qoi, true),
        ] {
            let mut image = Image::new(3, 2, Color::Gray, vec![1, 2, 3, 4, 5, 6]).unwrap();
            image.metadata.exif = Some(exif(Orientation::Rotate270));
            let (out, note) = settle(image.clone(), format, None).unwrap();
            assert_eq!(
                (out.width() == 2, note.is_some()),
                (turned, turned),
                "{format:?}"
            );
            let (out, note) = settle(image, format, Some(Turn::Keep)).unwrap();
            assert_eq!((out.width(), note.is_some()), (3, turned), "{format:?}");
        }
    }
}
