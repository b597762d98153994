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
