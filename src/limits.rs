//! What a decoder is willing to spend on a file.

/// Bounds checked before anything is allocated in proportion to what a file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Largest width and height in pixels.
    pub max_side: u32,
    /// Largest number of pixels (width × height).
    pub max_pixels: u64,
    /// Largest total size of metadata (ICC + EXIF + XMP) in bytes.
    pub max_metadata: u64,
}

impl Default for Limits {
    /// 65,535 pixels a side (all that the format can say), 268,435,456 pixels in all, 16 MiB of metadata.
    fn default() -> Self {
        Self {
            max_side: 65_535,
            max_pixels: 1 << 28,
            max_metadata: 16 << 20,
        }
    }
}

impl Limits {
    /// Checks picture dimensions.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] names the bound broken.
    pub fn check_dimensions(&self, width: u32, height: u32) -> crate::Result<()> {
        for (what, side) in [("width", width), ("height", height)] {
            if side > self.max_side {
                return Err(crate::Error::Limit {
                    what,
                    value: side.into(),
                    limit: self.max_side.into(),
                });
            }
        }
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.max_pixels {
            return Err(crate::Error::Limit {
                what: "number of pixels",
                value: pixels,
                limit: self.max_pixels,
            });
        }
        Ok(())
    }
}

/// Whether this machine can address what a picture takes: samples, and latents of `latent_channels` at 1/16 of the resolution.
/// Always true with 64-bit addresses; with 32-bit ones, beyond some 500 million pixels it is not.
///
/// # Errors
/// [`crate::Error::Limit`] names the larger of the two.
pub(crate) fn check_addressable(
    width: u32,
    height: u32,
    latent_channels: u16,
) -> crate::Result<()> {
    let area = |stride: u32| u64::from(width.div_ceil(stride)) * u64::from(height.div_ceil(stride));
    let samples = area(1) * 3;
    // i16, and a border around each tile.
    let latents = area(16) * u64::from(latent_channels) * 4;
    let (value, limit) = (samples.max(latents), isize::MAX as u64);
    if value > limit {
        return Err(crate::Error::Limit {
            what: "size in memory in bytes",
            value,
            limit,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_suffice_or_it_is_an_error() {
        assert!(check_addressable(1, 1, 4096).is_ok());
        // 2^28 pixels are decoded on every machine by default.
        assert!(check_addressable(1 << 14, 1 << 14, 256).is_ok());
        let largest = check_addressable(65_535, 65_535, 256);
        assert_eq!(largest.is_ok(), usize::BITS == 64);
    }
}
