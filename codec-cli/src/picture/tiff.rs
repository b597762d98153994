//! TIFF files with their metadata, as far as they have a tag of their own.

use anyhow::{bail, Context as _, Result};
use image::metadata::Orientation;
use image::ExtendedColorType;
use std::io::Cursor;
use tiff::decoder::{Decoder, IfdDecoder};
use tiff::encoder::colortype::{ColorType, Gray8, RGB8, RGBA8};
use tiff::encoder::{DirectoryEncoder, TiffEncoder, TiffKindStandard};
use tiff::tags::{ByteOrder, Tag, Type, ValueBuffer};
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

/// Whether an ICC profile is spoken of, readable or not.
pub fn has_profile(bytes: &[u8]) -> bool {
    let decoder = Decoder::new(Cursor::new(bytes));
    decoder.is_ok_and(|mut decoder| decoder.image_ifd().find_entry(Tag::IccProfile).is_some())
}

/// What an EXIF block has of a TIFF's own tags, besides orientation.
const ABOUT: [Tag; 7] = [
    Tag::ImageDescription,
    Tag::Make,
    Tag::Model,
    Tag::Software,
    Tag::DateTime,
    Tag::Artist,
    Tag::Copyright,
];

/// Points into the directory that it is in: is not copied.
const INTEROPERABILITY: u16 = 0xa005;

/// The EXIF of a TIFF, which is spread over the file, as a block of its own: that has the form of a TIFF without picture.
/// `None` if there is nothing but pixels that are upright.
///
/// # Errors
/// If it is damaged, or longer than so many bytes.
pub fn exif(file: &[u8], max_bytes: u64) -> Result<Option<Vec<u8>>> {
    let mut decoder = Decoder::new(Cursor::new(file))?;
    let mut out = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut out)?;
    let mut left = max_bytes;
    let mut directories = Vec::new();
    for tag in [Tag::ExifDirectory, Tag::GpsDirectory] {
        if let Some(pointer) = decoder.find_tag(tag)? {
            let directory = decoder.read_directory(pointer.into_ifd_pointer()?)?;
            let tags = directory.iter().map(|(tag, _)| tag);
            let tags = tags.filter(|tag| tag.to_u16() != INTEROPERABILITY);
            let mut copy = encoder.extra_directory()?;
            copy_tags(
                decoder.read_directory_tags(&directory),
                tags,
                &mut copy,
                &mut left,
            )?;
            directories.push((tag, copy.finish_with_offsets()?.offset));
        }
    }
    let orientation = decoder.find_tag_unsigned::<u16>(Tag::Orientation)?;
    let orientation = orientation.filter(|&n| n != 1);
    let has_about = ABOUT
        .iter()
        .any(|&tag| decoder.image_ifd().find_entry(tag).is_some());
    if directories.is_empty() && orientation.is_none() && !has_about {
        return Ok(None);
    }
    let mut main = encoder.image_directory()?;
    copy_tags(decoder.image_ifd(), ABOUT.into_iter(), &mut main, &mut left)?;
    if let Some(orientation) = orientation {
        main.write_tag(Tag::Orientation, orientation)?;
    }
    for (tag, offset) in directories {
        main.write_tag(tag, offset)?;
    }
    main.finish()?;
    Ok(Some(out.into_inner()))
}

fn copy_tags(
    mut from: IfdDecoder<'_>,
    tags: impl Iterator<Item = Tag>,
    to: &mut DirectoryEncoder<'_, &mut Cursor<Vec<u8>>, TiffKindStandard>,
    left: &mut u64,
) -> Result<()> {
    let mut value = ValueBuffer::empty(Type::BYTE);
    for tag in tags {
        if from.find_tag_buf(tag, &mut value)?.is_none() {
            continue;
        }
        // Many tags may point to the same bytes.
        let rest = left.checked_sub(value.as_bytes().len() as u64);
        *left = rest.context("is too long")?;
        // The encoder knows no other.
        value.set_byte_order(ByteOrder::native());
        to.write_tag_buf(tag, &value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A TIFF of one pixel with a maker, an exposure time and a position.
    fn file() -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut out).unwrap();
        let mut directory = |tag, value: &[u16]| {
            let mut directory = encoder.extra_directory().unwrap();
            directory.write_tag(Tag::Unknown(tag), value).unwrap();
            directory
                .write_tag(Tag::Unknown(INTEROPERABILITY), 7_u32)
                .unwrap();
            directory.finish_with_offsets().unwrap().offset
        };
        let (exif, gps) = (directory(0x829a, &[1, 2, 3]), directory(2, &[4]));
        let mut image = encoder.new_image::<Gray8>(1, 1).unwrap();
        image
            .encoder()
            .write_tag(Tag::Make, "A company that makes cameras")
            .unwrap();
        image.encoder().write_tag(Tag::Orientation, 3_u16).unwrap();
        image.encoder().write_tag(Tag::ExifDirectory, exif).unwrap();
        image.encoder().write_tag(Tag::GpsDirectory, gps).unwrap();
        image.write_data(&[9]).unwrap();
        out.into_inner()
    }

    #[test]
    fn exif_is_gathered() {
        let block = exif(&file(), 1000).unwrap().unwrap();
        assert_eq!(
            Orientation::from_exif_chunk(&block),
            Some(Orientation::Rotate180)
        );
        assert!(block
            .windows(29)
            .any(|w| w == b"A company that makes cameras\0"));
        assert!(block
            .windows(6)
            .any(|w| w == [1, 2, 3].map(u16::to_ne_bytes).concat()));
        // Neither the tags of the pixels nor the pointer that would go nowhere.
        for tag in [Tag::StripOffsets.to_u16(), INTEROPERABILITY] {
            assert!(!block.windows(2).any(|w| w == tag.to_ne_bytes()), "{tag}");
        }
    }

    #[test]
    fn long_or_damaged_exif_is_an_error_and_none_is_none() {
        let file = file();
        assert!(exif(&file, 29 + 6 + 2).is_ok());
        assert!(exif(&file, 29 + 6 + 1).is_err());
        for cut in 0..file.len() {
            _ = exif(&file[..cut], 1000);
        }
        for at in 0..file.len() {
            for wrong in [0, 1, 0x7f, 0xff] {
                let mut damaged = file.clone();
                damaged[at] = wrong;
                _ = exif(&damaged, 1000);
            }
        }
        let plain = write(
            (1, 1),
            ExtendedColorType::L8,
            &[9],
            &Metadata::default(),
            Orientation::NoTransforms,
        );
        assert!(exif(&plain.unwrap(), 1000).unwrap().is_none());
    }
}
