//! Pixels → file, as `image` does it.

use std::io::Write;

use image::error::{UnsupportedError, UnsupportedErrorKind};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageError, ImageResult};
use vqz::{Encoder, Image, Metadata, Model, PixelFormat};

use crate::error::{encoding_error, format};
use crate::to_vqz;

/// Encodes `image` (made 8-bit by [`to_vqz`]) to the bytes of a `.vqz` file, at a quality of 0 to 100, with the built-in model. For metadata
/// there is [`VqzEncoder`], and for everything else [`vqz::Encoder`] after [`to_vqz`].
///
/// # Errors
/// [`ImageError::Parameter`] if the quality is out of range, or a side is 0 or above 65,535; [`ImageError::Limits`] if there is no memory;
/// [`ImageError::Unsupported`] without the feature `default-encoder`.
pub fn encode(image: &DynamicImage, quality: f32) -> ImageResult<Vec<u8>> {
    vqz::encode(&to_vqz(image)?, quality).map_err(encoding_error)
}

/// Encodes to a writer, for [`DynamicImage::write_with_encoder`]. It takes grey and RGB with or without alpha, 8 bits each.
#[derive(Debug)]
pub struct VqzEncoder<W> {
    writer: W,
    encoder: Encoder,
    metadata: Metadata,
}

impl<W: Write> VqzEncoder<W> {
    /// An encoder with the built-in model, at a quality of 0 to 100.
    ///
    /// # Errors
    /// [`ImageError::Parameter`] if the quality is out of range; [`ImageError::Unsupported`] without the feature `default-model`.
    pub fn new(writer: W, quality: f32) -> ImageResult<Self> {
        let encoder = Model::embedded().map(Encoder::new);
        let encoder = encoder.and_then(|encoder| encoder.quality(quality));
        Ok(Self::with_encoder(writer, encoder.map_err(encoding_error)?))
    }

    /// An encoder with any model and options. If the model has no encoder file, writing ends with [`ImageError::Unsupported`].
    #[must_use]
    pub fn with_encoder(writer: W, encoder: Encoder) -> Self {
        Self {
            writer,
            encoder,
            metadata: Metadata::default(),
        }
    }

    /// Sets the XMP packet.
    pub fn set_xmp_metadata(&mut self, xmp: Vec<u8>) {
        self.metadata.xmp = Some(xmp);
    }
}

impl<W: Write> ImageEncoder for VqzEncoder<W> {
    fn write_image(
        mut self,
        buf: &[u8],
        width: u32,
        height: u32,
        color_type: ExtendedColorType,
    ) -> ImageResult<()> {
        let pixels = match color_type {
            ExtendedColorType::L8 => PixelFormat::Gray8,
            ExtendedColorType::La8 => PixelFormat::GrayAlpha8,
            ExtendedColorType::Rgb8 => PixelFormat::Rgb8,
            ExtendedColorType::Rgba8 => PixelFormat::Rgba8,
            ExtendedColorType::Bgra8 => PixelFormat::Bgra8,
            other => {
                let kind = UnsupportedErrorKind::Color(other);
                let error = UnsupportedError::from_format_and_kind(format(), kind);
                return Err(ImageError::Unsupported(error));
            }
        };
        let stride = width as usize * pixels.bytes();
        assert_eq!(
            buf.len() as u64,
            stride as u64 * u64::from(height),
            "the buffer does not fit {width}×{height} pixels"
        );
        let picture = Image::from_pixels(width, height, pixels, buf, stride);
        let mut picture = picture.map_err(encoding_error)?;
        picture.metadata = self.metadata;
        let file = self.encoder.encode(&picture).map_err(encoding_error)?;
        self.writer.write_all(&file)?;
        Ok(())
    }

    fn set_icc_profile(&mut self, icc_profile: Vec<u8>) -> Result<(), UnsupportedError> {
        self.metadata.icc = Some(icc_profile);
        Ok(())
    }

    fn set_exif_metadata(&mut self, exif: Vec<u8>) -> Result<(), UnsupportedError> {
        self.metadata.exif = Some(exif);
        Ok(())
    }
}
