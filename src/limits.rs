//! What a decoder is willing to spend on a file.

use crate::{Bound, Error, Result};

/// Pixels that a file may hold however short it is: 1536 × 1024. Here they are counted in whole blocks of 16 × 16, since so is the work.
const FREE_PIXELS: u64 = 3 << 19;
/// Bytes of a file that allow no more than these. The largest picture in so many bytes is decoded in less than 64 MB, and is found to be
/// wrong after its last label in about 0.1 s (docs/security.md).
const SHORT_FILE: u64 = 10 << 10;
/// Further pixels per byte after those: 1/160 bit per pixel, since whoever sends more can be trusted with more, and pictures of many
/// megapixels need fewer bits per pixel than small ones.
const EXPANSION: u64 = 1280;

/// Bounds checked before anything is allocated in proportion to what a file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Largest width and height in pixels.
    pub max_side: u32,
    /// Largest number of pixels (width × height).
    pub max_pixels: u64,
    /// Largest number of pixels per byte of file after the first 10,240, beyond the 1,572,864 pixels that any file may hold
    /// (in whole blocks of 16 × 16). This way, a short file cannot ask for much memory or time. [`crate::Encoder`] pads files to
    /// stay within the default; `u64::MAX` means no such bound.
    pub max_expansion: u64,
    /// Largest total size of metadata (ICC + EXIF + XMP) in bytes.
    pub max_metadata: u64,
}

impl Default for Limits {
    /// 65,535 pixels a side (all that the format can say), 268,435,456 pixels in all, 1,280 pixels per byte of file after the
    /// first 10,240, 16 MiB of metadata.
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
    /// [`Error::Limit`] names the bound that is broken.
    pub fn check_dimensions(&self, width: u32, height: u32) -> Result<()> {
        for (what, side) in [(Bound::Width, width), (Bound::Height, height)] {
            check(what, side.into(), self.max_side.into())?;
        }
        let pixels = u64::from(width) * u64::from(height);
        check(Bound::Pixels, pixels, self.max_pixels)
    }

    /// Checks the total size of metadata.
    pub(crate) fn check_metadata(&self, bytes: u64) -> Result<()> {
        check(Bound::Metadata, bytes, self.max_metadata)
    }

    /// Checks picture dimensions against the length of the file in bytes.
    ///
    /// # Errors
    /// [`Error::Limit`] if the file is too short for so many pixels.
    pub fn check_expansion(&self, width: u32, height: u32, bytes: usize) -> Result<()> {
        if self.max_expansion == u64::MAX {
            return Ok(());
        }
        let limit = (bytes as u64)
            .saturating_sub(SHORT_FILE)
            .saturating_mul(self.max_expansion);
        check(
            Bound::PixelsForLength,
            whole_blocks(width, height),
            limit.saturating_add(FREE_PIXELS),
        )
    }
}

/// Whether this machine can address what a picture takes: samples, and latents of `latent_channels` at 1/16 of the resolution.
/// Always true with 64-bit addresses; with 32-bit ones, beyond some 500 million pixels it is not.
///
/// # Errors
/// [`crate::Error::Limit`] names the larger of the two.
pub(crate) fn check_addressable(width: u32, height: u32, latent_channels: u16) -> Result<()> {
    let area = |stride: u32| u64::from(width.div_ceil(stride)) * u64::from(height.div_ceil(stride));
    let samples = area(1) * 3;
    // i16, and a border around each tile.
    let latents = area(16) * u64::from(latent_channels) * 4;
    let bytes = samples.max(latents);
    check(Bound::Memory, bytes, isize::MAX as u64)
}

fn check(what: Bound, value: u64, limit: u64) -> Result<()> {
    if value > limit {
        return Err(Error::Limit { what, value, limit });
    }
    Ok(())
}

/// Pixels of the 16 × 16 blocks that a picture takes: a latent position each.
fn whole_blocks(width: u32, height: u32) -> u64 {
    256 * u64::from(width.div_ceil(16)) * u64::from(height.div_ceil(16))
}

/// Bytes that a file of `width` × `height` pixels must have to pass the default [`Limits::max_expansion`].
pub(crate) fn least_bytes(width: u32, height: u32) -> usize {
    match whole_blocks(width, height).saturating_sub(FREE_PIXELS) {
        0 => 0,
        more => (SHORT_FILE + more.div_ceil(EXPANSION)) as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_needs_as_many_bytes_as_the_limits_ask_for() {
        let limits = Limits::default();
        for (width, height) in [(1536, 1025), (2360, 1397), (4000, 3000), (16_384, 16_384)] {
            let least = least_bytes(width, height);
            assert!(limits.check_expansion(width, height, least).is_ok());
            let error = limits.check_expansion(width, height, least - 1);
            assert!(matches!(error, Err(Error::Limit { .. })), "{width}");
        }
        assert_eq!(least_bytes(1536, 1024), 0);
        assert!(limits.check_expansion(1536, 1024, 0).is_ok());
        // 12 megapixels: 0.012 bits per pixel.
        assert_eq!(least_bytes(4000, 3000), 18_412);
        // 33 rows are 48.
        assert_eq!(least_bytes(65_535, 33), 11_469);
        let unbounded = Limits {
            max_expansion: u64::MAX,
            ..limits
        };
        assert!(unbounded.check_expansion(4000, 3000, 100).is_ok());
    }

    #[test]
    fn addresses_suffice_or_it_is_an_error() {
        assert!(check_addressable(1, 1, 4096).is_ok());
        // 2^28 pixels are decoded on every machine by default.
        assert!(check_addressable(1 << 14, 1 << 14, 256).is_ok());
        let largest = check_addressable(65_535, 65_535, 256);
        assert_eq!(largest.is_ok(), usize::BITS == 64);
    }
}
