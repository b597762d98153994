//! What a decoder is willing to spend on a file.

use crate::{Error, Result};

/// Pixels that a file may hold however short it is.
const FREE_PIXELS: u64 = 1 << 18;
/// Further pixels per byte of file: 1/20 bit per pixel.
const EXPANSION: u64 = 160;

/// Bounds checked before anything is allocated in proportion to what a file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Largest width and height in pixels.
    pub max_side: u32,
    /// Largest number of pixels (width × height).
    pub max_pixels: u64,
    /// Largest number of pixels per byte of file, after the first 262,144 pixels, which any file may hold. So a short file cannot
    /// ask for much memory or time. [`crate::Encoder`] pads files to keep to the default; `u64::MAX` for no such bound.
    pub max_expansion: u64,
    /// Largest total size of metadata (ICC + EXIF + XMP) in bytes.
    pub max_metadata: u64,
}

impl Default for Limits {
    /// 65,535 pixels a side (all that the format can say), 268,435,456 pixels in all, 160 pixels per byte of file, 16 MiB of metadata.
    fn default() -> Self {
        Self {
            max_side: 65_535,
            max_pixels: 1 << 28,
            max_expansion: EXPANSION,
            max_metadata: 16 << 20,
        }
    }
}

impl Limits {
    /// Checks picture dimensions.
    ///
    /// # Errors
    /// [`Error::Limit`] names the bound broken.
    pub fn check_dimensions(&self, width: u32, height: u32) -> Result<()> {
        for (what, side) in [("width", width), ("height", height)] {
            check(what, side.into(), self.max_side.into())?;
        }
        let pixels = u64::from(width) * u64::from(height);
        check("number of pixels", pixels, self.max_pixels)
    }

    /// Checks picture dimensions against the length of the file.
    pub(crate) fn check_expansion(&self, width: u32, height: u32, bytes: usize) -> Result<()> {
        let limit = self.max_expansion.saturating_mul(bytes as u64);
        check(
            "number of pixels in so short a file",
            u64::from(width) * u64::from(height),
            limit.saturating_add(FREE_PIXELS),
        )
    }
}

fn check(what: &'static str, value: u64, limit: u64) -> Result<()> {
    if value > limit {
        return Err(Error::Limit { what, value, limit });
    }
    Ok(())
}

/// Bytes that a file of `width` × `height` pixels must have to pass the default [`Limits::max_expansion`].
pub(crate) fn least_bytes(width: u32, height: u32) -> usize {
    let pixels = u64::from(width) * u64::from(height);
    pixels.saturating_sub(FREE_PIXELS).div_ceil(EXPANSION) as usize
}
