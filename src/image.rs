//! The picture type that goes in and comes out.

use crate::{Color, Error, PixelFormat, Result};

/// Data carried along with the picture, byte for byte as given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// ICC colour profile.
    pub icc: Option<Vec<u8>>,
    /// EXIF (TIFF structure, without the JPEG `Exif\0\0` prefix). Orientation is kept there and never applied.
    pub exif: Option<Vec<u8>>,
    /// XMP packet.
    pub xmp: Option<Vec<u8>>,
}

/// An 8-bit picture: interleaved colour samples, row by row, and an optional alpha plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    width: u32,
    height: u32,
    color: Color,
    samples: Vec<u8>,
    alpha: Option<Vec<u8>>,
    /// ICC profile, EXIF and XMP.
    pub metadata: Metadata,
}

impl Image {
    /// A picture from `width × height × color.channels()` samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a side is 0 or above 65,535, or the length of `samples` does not fit.
    pub fn new(width: u32, height: u32, color: Color, samples: Vec<u8>) -> Result<Self> {
        if !(1..=65_535).contains(&width) || !(1..=65_535).contains(&height) {
            return Err(Error::Parameter(format!(
                "picture is {width}×{height}; each side must be 1 to 65535 pixels"
            )));
        }
        let needed = u64::from(width) * u64::from(height) * color.channels() as u64;
        if samples.len() as u64 != needed {
            return Err(Error::Parameter(format!(
                "{} samples given for {width}×{height} {color:?}, {needed} needed",
                samples.len()
            )));
        }
        Ok(Self {
            width,
            height,
            color,
            samples,
            alpha: None,
            metadata: Metadata::default(),
        })
    }

    /// The same picture with an alpha plane of `width × height` samples (0 transparent, 255 opaque).
    ///
    /// # Errors
    /// [`Error::Parameter`] if the plane's length does not fit.
    pub fn with_alpha(mut self, alpha: Vec<u8>) -> Result<Self> {
        let needed = u64::from(self.width) * u64::from(self.height);
        if alpha.len() as u64 != needed {
            return Err(Error::Parameter(format!(
                "{} alpha samples given for {}×{}, {needed} needed",
                alpha.len(),
                self.width,
                self.height
            )));
        }
        self.alpha = Some(alpha);
        Ok(self)
    }

    /// A picture from a buffer: rows from the top, `stride` bytes apart, pixels in `format`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a side is 0 or above 65,535, the buffer is too small, or `stride` is less than a row.
    pub fn from_pixels(
        width: u32,
        height: u32,
        format: PixelFormat,
        buffer: &[u8],
        stride: usize,
    ) -> Result<Self> {
        let row = width as usize * format.bytes();
        let needed = (height as usize).saturating_sub(1).saturating_mul(stride);
        if stride < row || buffer.len() < needed.saturating_add(row) {
            return Err(Error::Parameter(format!(
                "{} bytes in rows of {stride} are too few for {width}×{height} pixels of {} bytes",
                buffer.len(),
                format.bytes()
            )));
        }
        let rows = buffer.chunks(stride.max(1)).take(height as usize);
        let pixels = rows.flat_map(|line| line[..row].chunks_exact(format.bytes()));
        let color = if format.is_gray() {
            Color::Gray
        } else {
            Color::Rgb
        };
        let colors: Vec<u8> = match format {
            PixelFormat::Bgra8 => pixels.clone().flat_map(|p| [p[2], p[1], p[0]]).collect(),
            _ => {
                let samples = pixels.clone().flat_map(|p| &p[..color.channels()]);
                samples.copied().collect()
            }
        };
        let image = Self::new(width, height, color, colors)?;
        if !format.has_alpha() {
            return Ok(image);
        }
        image.with_alpha(pixels.map(|p| p[format.bytes() - 1]).collect())
    }

    /// The picture's pixels in `format`, row after row without gaps.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a coloured picture is wanted in grey.
    pub fn to_pixels(&self, format: PixelFormat) -> Result<Vec<u8>> {
        if format.is_gray() && self.color != Color::Gray {
            return Err(Error::Parameter(format!(
                "{format:?} was asked for, but the picture has colours"
            )));
        }
        let row = self.width as usize;
        let mut pixels = vec![0; row * self.height as usize * format.bytes()];
        let sources = self.samples.chunks_exact(row * self.color.channels());
        let targets = pixels.chunks_exact_mut(row * format.bytes());
        for (y, (source, target)) in sources.zip(targets).enumerate() {
            let alpha = self.alpha.as_ref().map(|plane| &plane[y * row..][..row]);
            format.write_row(source, self.color, alpha, target);
        }
        Ok(pixels)
    }

    /// Width in pixels, 1 to 65,535.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, 1 to 65,535.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Colour channels.
    #[must_use]
    pub fn color(&self) -> Color {
        self.color
    }

    /// Interleaved colour samples, row by row, top row first.
    #[must_use]
    pub fn samples(&self) -> &[u8] {
        &self.samples
    }

    /// Alpha plane, row by row, where there is one.
    #[must_use]
    pub fn alpha(&self) -> Option<&[u8]> {
        self.alpha.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_of_every_format_come_back() {
        for (format, color) in [
            (PixelFormat::Gray8, Color::Gray),
            (PixelFormat::GrayAlpha8, Color::Gray),
            (PixelFormat::Rgb8, Color::Rgb),
            (PixelFormat::Rgba8, Color::Rgb),
            (PixelFormat::Bgra8, Color::Rgb),
        ] {
            let (width, height, stride) = (3, 2, 3 * format.bytes() + 1);
            let buffer: Vec<u8> = (0..2 * stride as u8).collect();
            let image = Image::from_pixels(width, height, format, &buffer, stride).unwrap();
            assert_eq!(
                (image.color(), image.alpha().is_some()),
                (color, format.has_alpha())
            );
            let rows = [&buffer[..stride - 1], &buffer[stride..2 * stride - 1]].concat();
            assert_eq!(image.to_pixels(format).unwrap(), rows);
            assert!(Image::from_pixels(width, height, format, &buffer, stride - 2).is_err());
            assert!(Image::from_pixels(width, 3, format, &buffer, stride).is_err());
        }
        let image = Image::new(1, 1, Color::Rgb, vec![1, 2, 3]).unwrap();
        assert!(image.to_pixels(PixelFormat::Gray8).is_err());
        assert_eq!(image.to_pixels(PixelFormat::Bgra8).unwrap(), [3, 2, 1, 255]);
    }
}
