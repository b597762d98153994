//! TIFF files with their metadata, as far as they have a tag of their own.

use anyhow::{bail, Result};
use image::metadata::Orientation;
use image::ExtendedColorType;
use std::io::Cursor;
use tiff::decoder::Decoder;
use tiff::encoder::colortype::{ColorType, Gray8, RGB8, RGBA8};
use tiff::encoder::TiffEncoder;
use tiff::tags::Tag;
use vqz::Metadata;

/// XMP, in a tag that the crate has no name for.
const XMP: Tag = Tag::Unknown(700);

/// An uncompressed TIFF of grey, RGB or RGBA samples, with ICC profile, XMP and orientation.
pub fn write(
    size: (u32, u32),
    color: ExtendedColorType,
    samples: &[u8],
    metadata: &Metadata,
    orientation: Orientation,
) -> Result<Vec<u8>> {
    match color {
        ExtendedColorType::L8 => write_as::<Gray8>(size, samples, metadata, orientation),
        ExtendedColorType::Rgb8 => write_as::<RGB8>(size, samples, metadata, orientation),
        ExtendedColorType::Rgba8 => write_as::<RGBA8>(size, samples, metadata, orientation),
        _ => bail!("{color:?} is not written as TIFF"),
    }
}

fn write_as<C: ColorType<Inner = u8>>(
    (width, height): (u32, u32),
    samples: &[u8],
    metadata: &Metadata,
    orientation: Orientation,
) -> Result<Vec<u8>> {
    let mut out = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut out)?;
    let mut image = encoder.new_image::<C>(width, height)?;
    for (tag, part) in [(Tag::IccProfile, &metadata.icc), (XMP, &metadata.xmp)] {
        if let Some(bytes) = part {
            image.encoder().write_tag(tag, &bytes[..])?;
        }
    }
    if orientation != Orientation::NoTransforms {
        image
            .encoder()
            .write_tag(Tag::Orientation, u16::from(orientation.to_exif()))?;
    }
    image.write_data(samples)?;
    Ok(out.into_inner())
}

/// Whether a second picture follows.
pub fn has_more_pages(bytes: &[u8]) -> bool {
    Decoder::new(Cursor::new(bytes)).is_ok_and(|decoder| decoder.more_images())
}

/// Whether there is EXIF, beyond the tags that every TIFF has.
pub fn has_exif(bytes: &[u8]) -> bool {
    let decoder = Decoder::new(Cursor::new(bytes));
    decoder.is_ok_and(|mut decoder| matches!(decoder.find_tag(Tag::ExifDirectory), Ok(Some(_))))
}
