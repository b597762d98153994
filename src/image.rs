//! The picture type that goes in and comes out.

use crate::{Error, Result};

/// Colour channels of an [`Image`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Color {
    /// One channel.
    Gray,
    /// Red, green, blue.
    Rgb,
}

impl Color {
    /// Samples per pixel: 1 or 3.
    #[must_use]
    pub fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
        }
    }
}

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
    /// ICC, EXIF, XMP.
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
