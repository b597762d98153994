//! An [`Image`] to a picture file, with as much of alpha and metadata as the format can hold.

use super::{orientation, tiff, Format};
use anyhow::{Context as _, Result};
use image::codecs::{bmp, jpeg, pnm, qoi};
use image::metadata::Orientation;
use image::{ExtendedColorType, ImageEncoder, ImageError};
use std::borrow::Cow;
use std::io::Write;
use std::ops::Range;
use vqz::{Color, Image, Metadata};

/// Quality of JPEG pictures that `vqz decode` writes: high, for the loss was meant to happen in the .vqz file.
pub const JPEG_QUALITY: u8 = 95;
/// A JPEG segment holds 65,533 bytes, these prefixes included.
const JPEG_SEGMENT: usize = 65_533;
const EXIF_PREFIX: &[u8] = b"Exif\0\0";
const XMP_PREFIX: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
/// Most bytes of an `IDAT` chunk.
const PNG_CHUNK: usize = 1 << 18;
const PNG_XMP_KEYWORD: &str = "XML:com.adobe.xmp";

/// Hands the file's bytes to `out`, and returns notes on what the format cannot hold. `quality` is that of JPEG, 1 to 100; the other formats
/// lose nothing.
pub fn write(
    image: &Image,
    format: Format,
    quality: u8,
    out: &mut dyn Write,
) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let name = format.extension();
    let layout = Layout::of(image, format);
    if image.alpha().is_some() && !layout.alpha {
        notes.push(format!(
            "{name} cannot hold alpha: it is dropped, and transparent pixels show their colour"
        ));
    }
    let metadata = keep(&image.metadata, format, &mut notes);
    let (width, height) = (image.width(), image.height());
    let picture = Picture {
        image,
        layout,
        metadata,
        quality,
    };
    picture
        .encode(format, out)
        .with_context(|| format!("{width}×{height} pixels cannot be written as {name}"))?;
    Ok(notes)
}

/// Channels of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    color: Color,
    alpha: bool,
}

impl Layout {
    /// The picture's own channels if the format has them, else the nearest that loses no colour.
    fn of(image: &Image, format: Format) -> Self {
        let can_alpha = !matches!(format, Format::Jpg | Format::Ppm | Format::Pnm);
        let alpha = image.alpha().is_some() && can_alpha;
        let can_gray = match format {
            Format::Png | Format::Webp => true,
            Format::Jpg | Format::Pnm | Format::Bmp | Format::Tiff => !alpha,
            Format::Ppm | Format::Qoi => false,
        };
        let color = if can_gray { image.color() } else { Color::Rgb };
        Self { color, alpha }
    }

    fn color_type(self) -> ExtendedColorType {
        match (self.color, self.alpha) {
            (Color::Gray, false) => ExtendedColorType::L8,
            (Color::Gray, true) => ExtendedColorType::La8,
            (Color::Rgb, false) => ExtendedColorType::Rgb8,
            (Color::Rgb, true) => ExtendedColorType::Rgba8,
        }
    }

    /// Interleaved samples of some rows in this layout.
    fn samples(self, image: &Image, rows: Range<u32>) -> Cow<'_, [u8]> {
        let width = image.width() as usize;
        let (first, end) = (rows.start as usize * width, rows.end as usize * width);
        let channels = image.color().channels();
        let samples = &image.samples()[first * channels..end * channels];
        let alpha = image.alpha().filter(|_| self.alpha);
        let alpha = alpha.map(|plane| &plane[first..end]);
        if self.color == image.color() && alpha.is_none() {
            return samples.into();
        }
        let widen = self.color.channels() / channels;
        let pixels = samples.chunks_exact(channels);
        let mut out =
            Vec::with_capacity(pixels.len() * (self.color.channels() + usize::from(self.alpha)));
        for (i, pixel) in pixels.enumerate() {
            for _ in 0..widen {
                out.extend_from_slice(pixel);
            }
            out.extend(alpha.map(|alpha| alpha[i]));
        }
        out.into()
    }
}

/// What the format can hold of the metadata.
fn keep(metadata: &Metadata, format: Format, notes: &mut Vec<String>) -> Metadata {
    let (icc, exif, xmp) = match format {
        Format::Png | Format::Webp | Format::Jpg => (true, true, true),
        // Of EXIF, the orientation.
        Format::Tiff => (true, false, true),
        Format::Bmp | Format::Ppm | Format::Pnm | Format::Qoi => (false, false, false),
    };
    let limit = match format {
        Format::Jpg => JPEG_SEGMENT,
        _ => usize::MAX,
    };
    let mut part = |what, part: &Option<Vec<u8>>, can: bool, limit: usize| {
        let bytes = part.as_ref().filter(|bytes| !bytes.is_empty())?;
        if can && bytes.len() <= limit {
            return Some(bytes.clone());
        }
        notes.push(format!(
            "{what} of {} bytes left out: {} cannot hold it",
            bytes.len(),
            format.extension()
        ));
        None
    };
    let utf8 = |xmp: &Option<Vec<u8>>| {
        xmp.as_ref()
            .is_none_or(|xmp| std::str::from_utf8(xmp).is_ok())
    };
    // EXIF that says no more than what the file says without it.
    let orientation = orientation::of(metadata);
    let said = format == Format::Tiff || orientation == Orientation::NoTransforms;
    let nothing_more = said && metadata.exif == Some(orientation::exif(orientation));
    let all_exif = metadata.exif.clone().filter(|_| exif || !nothing_more);
    let mut kept = Metadata::default();
    // JPEG splits the profile over up to 255 segments.
    kept.icc = part("ICC profile", &metadata.icc, icc, limit.saturating_mul(254));
    kept.exif = part("EXIF", &all_exif, exif, limit - EXIF_PREFIX.len());
    let xmp = xmp && (format != Format::Png || utf8(&metadata.xmp));
    kept.xmp = part("XMP", &metadata.xmp, xmp, limit - XMP_PREFIX.len());
    kept
}

/// Whether a viewer of the file can be told which way up the picture is.
pub fn holds_orientation(metadata: &Metadata, format: Format) -> bool {
    format == Format::Tiff || keep(metadata, format, &mut Vec::new()).exif.is_some()
}

/// All that goes into the file.
struct Picture<'a> {
    image: &'a Image,
    layout: Layout,
    metadata: Metadata,
    quality: u8,
}

impl Picture<'_> {
    /// All samples.
    fn samples(&self) -> Cow<'_, [u8]> {
        self.layout.samples(self.image, 0..self.image.height())
    }

    fn encode(mut self, format: Format, out: &mut dyn Write) -> Result<()> {
        let subtype = match self.layout.color {
            Color::Gray => pnm::PnmSubtype::Graymap(pnm::SampleEncoding::Binary),
            Color::Rgb => pnm::PnmSubtype::Pixmap(pnm::SampleEncoding::Binary),
        };
        match format {
            Format::Png => self.png(out),
            Format::Webp => self.webp(out),
            Format::Jpg => {
                let xmp = self.metadata.xmp.take();
                let mut jpeg = Vec::new();
                let encoder = jpeg::JpegEncoder::new_with_quality(&mut jpeg, self.quality);
                self.by_image(encoder)?;
                Ok(out.write_all(&match xmp {
                    Some(xmp) => insert_xmp(&jpeg, &xmp),
                    None => jpeg,
                })?)
            }
            Format::Bmp => self.by_image(bmp::BmpEncoder::new(&mut { out })),
            Format::Tiff => self.tiff(out),
            Format::Ppm | Format::Pnm => {
                self.by_image(pnm::PnmEncoder::new(out).with_subtype(subtype))
            }
            Format::Qoi => self.by_image(qoi::QoiEncoder::new(out)),
        }
    }

    fn by_image(mut self, mut encoder: impl ImageEncoder) -> Result<()> {
        if let Some(icc) = self.metadata.icc.take() {
            encoder.set_icc_profile(icc)?;
        }
        if let Some(exif) = self.metadata.exif.take() {
            encoder.set_exif_metadata(exif)?;
        }
        let written = encoder.write_image(
            &self.samples(),
            self.image.width(),
            self.image.height(),
            self.layout.color_type(),
        );
        written.map_err(|error| match error {
            // This one is not among the causes that it tells of.
            ImageError::IoError(error) => error.into(),
            error => error.into(),
        })
    }

    fn png(mut self, out: &mut dyn Write) -> Result<()> {
        let mut info = png::Info::with_size(self.image.width(), self.image.height());
        info.icc_profile = self.metadata.icc.take().map(Cow::from);
        info.exif_metadata = self.metadata.exif.take().map(Cow::from);
        let mut encoder = png::Encoder::with_info(out, info)?;
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_color(match (self.layout.color, self.layout.alpha) {
            (Color::Gray, false) => png::ColorType::Grayscale,
            (Color::Gray, true) => png::ColorType::GrayscaleAlpha,
            (Color::Rgb, false) => png::ColorType::Rgb,
            (Color::Rgb, true) => png::ColorType::Rgba,
        });
        encoder.set_compression(png::Compression::Fast);
        if let Some(xmp) = self.metadata.xmp.take() {
            encoder.add_itxt_chunk(PNG_XMP_KEYWORD.into(), String::from_utf8(xmp)?)?;
        }
        let mut writer = encoder.write_header()?;
        // Row by row: with alpha, a second copy of the whole picture would be the most that decoding takes.
        let mut stream = writer.stream_writer_with_size(PNG_CHUNK)?;
        for y in 0..self.image.height() {
            stream.write_all(&self.layout.samples(self.image, y..y + 1))?;
        }
        stream.finish()?;
        Ok(writer.finish()?)
    }

    fn tiff(self, out: &mut dyn Write) -> Result<()> {
        let size = (self.image.width(), self.image.height());
        let bytes = tiff::write(
            size,
            self.layout.color_type(),
            &self.samples(),
            &self.metadata,
            orientation::of(&self.image.metadata),
        )?;
        Ok(out.write_all(&bytes)?)
    }

    fn webp(mut self, out: &mut dyn Write) -> Result<()> {
        let mut encoder = image_webp::WebPEncoder::new(out);
        if let Some(icc) = self.metadata.icc.take() {
            encoder.set_icc_profile(icc);
        }
        if let Some(exif) = self.metadata.exif.take() {
            encoder.set_exif_metadata(exif);
        }
        if let Some(xmp) = self.metadata.xmp.take() {
            encoder.set_xmp_metadata(xmp);
        }
        let color = match (self.layout.color, self.layout.alpha) {
            (Color::Gray, false) => image_webp::ColorType::L8,
            (Color::Gray, true) => image_webp::ColorType::La8,
            (Color::Rgb, false) => image_webp::ColorType::Rgb8,
            (Color::Rgb, true) => image_webp::ColorType::Rgba8,
        };
        encoder.encode(
            &self.samples(),
            self.image.width(),
            self.image.height(),
            color,
        )?;
        Ok(())
    }
}

/// Puts an XMP segment behind the JFIF header (SOI, then APP0) that `image` begins every JPEG with.
fn insert_xmp(jpeg: &[u8], xmp: &[u8]) -> Vec<u8> {
    let at = match jpeg {
        [_, _, 0xff, 0xe0, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 2,
    };
    let length = (2 + XMP_PREFIX.len() + xmp.len()) as u16;
    let segment = [&[0xff, 0xe1], &length.to_be_bytes()[..], XMP_PREFIX, xmp].concat();
    [&jpeg[..at], &segment, &jpeg[at..]].concat()
}
