//! Any supported picture to 8-bit grey or RGB with optional alpha. The pixels are not turned: orientation stays in EXIF, or goes there.

use super::{jpeg, lost, orientation, png_chunks, tiff};
use crate::failure::{explain, text};
use anyhow::{bail, Context as _, Result};
use image::codecs::tiff::TiffDecoder;
use image::{ColorType, DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader};
use std::io::Cursor;
use std::path::Path;
use vqz::{Color, Image, Limits, Metadata};

/// Extensions (lower case) that an input folder is searched for.
pub const INPUT_EXTENSIONS: &[&str] = &[
    "png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "gif", "pnm", "ppm", "pgm", "pbm", "pam",
    "qoi",
];

/// What to do with a damaged picture of which a part can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damaged {
    Refuse,
    Accept,
}

/// How many pixels a file says that it has; 0 if that cannot be told.
pub fn pixels(path: &Path) -> u64 {
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    let size = reader.ok().and_then(|reader| reader.into_dimensions().ok());
    size.map_or(0, |(width, height)| u64::from(width) * u64::from(height))
}

/// Reads a picture, told by its first bytes, and notes on what it lost on the way.
pub fn read(bytes: &[u8], limits: &Limits, damaged: Damaged) -> Result<(Image, Vec<String>)> {
    let format = image::guess_format(bytes).ok().with_context(unknown)?;
    let bytes = &*match format {
        ImageFormat::Png => png_chunks::moved_forward(bytes),
        _ => bytes.into(),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    // The dimensions are checked below against our own limits, before any pixel is decoded. PNG's metadata is unpacked with the header.
    let mut room = image::Limits::no_limits();
    // Besides the profile it has to hold the file's own chunks, with room to grow, and a row of pixels.
    room.max_alloc = (format == ImageFormat::Png).then(|| {
        let profile = limits.max_metadata.saturating_mul(4);
        profile.saturating_add(4 * bytes.len() as u64 + (1 << 20))
    });
    reader.limits(room);
    let mut decoder = reader
        .into_decoder()
        .context("is damaged or of an unsupported kind")?;
    let (width, height) = decoder.dimensions();
    limits.check_dimensions(width, height).map_err(explain)?;

    let mut notes = Vec::new();
    notes.extend(match format {
        ImageFormat::Jpeg => check_jpeg(bytes, (width, height), damaged)?,
        _ => lost::notes(bytes, format)?,
    });
    let (color, original) = (decoder.color_type(), decoder.original_color_type());
    let cmyk = is_cmyk(bytes, format, original);
    if cmyk {
        notes.push("CMYK input converted to RGB".into());
    }
    if let Some(bits) = deeper_than_8(color) {
        notes.push(format!("{bits} input reduced to 8 bits"));
    }
    if format == ImageFormat::Png && bytes.get(25) == Some(&3) {
        notes.push("palette input expanded to full colour".into());
    }
    let metadata = match format {
        // With limits set, `image` loses a profile that is large for the picture: a decoder of its own for TIFF.
        ImageFormat::Tiff => {
            let mut decoder = TiffDecoder::new(Cursor::new(bytes))?;
            let mut metadata = read_metadata(&mut decoder, cmyk, &mut notes);
            // `image` tells nothing of one that cannot be read.
            if metadata.icc.is_none() && !cmyk && tiff::has_profile(bytes) {
                notes.push("ICC profile left out: it cannot be read".into());
            }
            metadata.exif = tiff::exif(bytes, limits.max_metadata).unwrap_or_else(|error| {
                notes.push(format!(
                    "EXIF left out, but for the orientation: {}",
                    text(&error)
                ));
                let orientation = decoder.orientation().ok();
                orientation.map(orientation::exif)
            });
            metadata
        }
        _ => read_metadata(&mut decoder, cmyk, &mut notes),
    };
    if format == ImageFormat::Png && metadata.icc.is_none() && png_chunks::has(bytes, b"iCCP") {
        notes.push(
            "ICC profile left out: it cannot be unpacked, or not within the memory allowed".into(),
        );
    }
    let metadata = within(limits, metadata, &mut notes);
    let picture = DynamicImage::from_decoder(decoder).context("is damaged")?;
    let mut image = to_image(picture)?;
    // The GIF reader always gives an alpha channel, and screenshots have one that says nothing.
    let opaque = |alpha: &[u8]| alpha.iter().all(|&a| a == 255);
    if image.alpha().is_some_and(opaque) {
        image = Image::new(width, height, image.color(), image.samples().to_vec())?;
    }
    image.metadata = metadata;
    Ok((image, notes))
}

/// What there is to note.
fn check_jpeg(bytes: &[u8], size: (u32, u32), damaged: Damaged) -> Result<Vec<String>> {
    let contents = match jpeg::check(bytes, size) {
        Ok(contents) => contents,
        Err(damage) if damaged == Damaged::Accept => {
            return Ok(vec![format!(
                "is damaged, and encoded as far as it can be read: {damage}"
            )])
        }
        Err(damage) => bail!(
            "is damaged: {damage}; get the file again from where it came, or take what is left of it with `vqz encode --accept-damaged`"
        ),
    };
    let mut notes = Vec::new();
    if !contents.end_marker {
        notes.push("its end marker is missing, but its picture is whole".into());
    }
    for (bytes, what) in [
        (contents.comments, "of comments"),
        (
            contents.behind,
            "behind the picture (a second one, or a film)",
        ),
    ] {
        if bytes > 0 {
            notes.push(format!("{bytes} bytes {what} left out"));
        }
    }
    Ok(notes)
}

fn unknown() -> String {
    format!(
        "is no picture that vqz can read; convert it to one of {}",
        INPUT_EXTENSIONS.join(", ")
    )
}

fn deeper_than_8(color: ColorType) -> Option<&'static str> {
    match color {
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => Some("16-bit"),
        ColorType::Rgb32F | ColorType::Rgba32F => Some("floating-point"),
        _ => None,
    }
}

/// `image` tells this of TIFF only; for JPEG the frame header has the number of components.
fn is_cmyk(bytes: &[u8], format: ImageFormat, original: ExtendedColorType) -> bool {
    match format {
        ImageFormat::Jpeg => jpeg_components(bytes) == Some(4),
        _ => matches!(
            original,
            ExtendedColorType::Cmyk8 | ExtendedColorType::Cmyk16
        ),
    }
}

/// Walks the segments up to the first frame header (SOF).
fn jpeg_components(bytes: &[u8]) -> Option<u8> {
    let mut at = 2;
    loop {
        let &[0xff, marker, high, low] = bytes.get(at..at + 4)? else {
            return None;
        };
        // 0xC0..=0xCF are frame headers, but for DHT, JPG and DAC.
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            return bytes.get(at + 9).copied();
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
}

/// What cannot be read is noted and left out: a damaged EXIF block is no reason to refuse the picture.
fn read_metadata(decoder: &mut impl ImageDecoder, cmyk: bool, notes: &mut Vec<String>) -> Metadata {
    let mut keep = |name: &str, part: image::ImageResult<Option<Vec<u8>>>| match part {
        Ok(part) => part.filter(|bytes| !bytes.is_empty()),
        Err(error) => {
            notes.push(format!("{name} left out: {error}"));
            None
        }
    };
    let mut metadata = Metadata::default();
    metadata.icc = keep("ICC profile", decoder.icc_profile());
    metadata.exif = keep("EXIF", decoder.exif_metadata());
    metadata.xmp = keep("XMP", decoder.xmp_metadata());
    // JPEG's prefix, which some writers put into WebP and PNG too.
    if let Some(exif) = metadata
        .exif
        .as_mut()
        .filter(|exif| exif.starts_with(b"Exif\0\0"))
    {
        exif.drain(..6);
    }
    if cmyk && metadata.icc.take().is_some() {
        notes.push("ICC profile left out: it describes CMYK".into());
    }
    metadata
}

/// Without what would make a file that decoders refuse, the last parts first.
fn within(limits: &Limits, mut metadata: Metadata, notes: &mut Vec<String>) -> Metadata {
    let mut left = limits.max_metadata;
    let Metadata { icc, exif, xmp, .. } = &mut metadata;
    for (name, part) in [("ICC profile", icc), ("EXIF", exif), ("XMP", xmp)] {
        let bytes = part.as_ref().map_or(0, Vec::len) as u64;
        match left.checked_sub(bytes) {
            Some(rest) => left = rest,
            None => {
                notes.push(format!(
                    "{name} of {bytes} bytes left out: metadata may have {} bytes in all",
                    limits.max_metadata
                ));
                *part = None;
            }
        }
    }
    metadata
}

fn to_image(picture: DynamicImage) -> Result<Image> {
    let (width, height) = (picture.width(), picture.height());
    let kind = picture.color();
    let color = if kind.has_color() {
        Color::Rgb
    } else {
        Color::Gray
    };
    // A picture that is 8-bit already is moved, not copied.
    let samples = match (color, kind.has_alpha()) {
        (Color::Gray, false) => picture.into_luma8().into_raw(),
        (Color::Gray, true) => picture.into_luma_alpha8().into_raw(),
        (Color::Rgb, false) => picture.into_rgb8().into_raw(),
        (Color::Rgb, true) => picture.into_rgba8().into_raw(),
    };
    if !kind.has_alpha() {
        return Ok(Image::new(width, height, color, samples)?);
    }
    let channels = color.channels();
    let pixels = samples.len() / (channels + 1);
    let mut colors = Vec::with_capacity(pixels * channels);
    let mut alpha = Vec::with_capacity(pixels);
    for pixel in samples.chunks_exact(channels + 1) {
        colors.extend_from_slice(&pixel[..channels]);
        alpha.push(pixel[channels]);
    }
    Ok(Image::new(width, height, color, colors)?.with_alpha(alpha)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_found_behind_other_segments() {
        let app0 = [0xff, 0xe0, 0, 4, 1, 2];
        let sof2 = [0xff, 0xc2, 0, 20, 8, 0, 1, 0, 1, 4];
        let jpeg = [&[0xff, 0xd8][..], &app0, &sof2].concat();
        assert_eq!(jpeg_components(&jpeg), Some(4));
        for cut in 0..jpeg.len() {
            assert_eq!(jpeg_components(&jpeg[..cut]), None, "cut at {cut}");
        }
    }
}
