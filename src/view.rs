//! What of a picture is wanted, and how large.

use crate::{Error, Result};

/// Size of a rendering, as a fraction of the picture's. Each is specified exactly (SPEC.md section 11), with the same samples on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scale {
    /// The picture itself.
    #[default]
    Full,
    /// 1/2 each way: means of 2 × 2 samples of the full rendering, and as much work as that one.
    Half,
    /// 1/4 each way: a rendering of its own from a part of the file's labels, some ten times cheaper than the full one.
    Quarter,
    /// 1/8 each way, cheaper still.
    Eighth,
    /// 1/16 each way.
    Sixteenth,
}

impl Scale {
    /// All scales, largest first.
    pub const ALL: [Self; 5] = [
        Self::Full,
        Self::Half,
        Self::Quarter,
        Self::Eighth,
        Self::Sixteenth,
    ];

    /// Pixels of the picture per sample of the rendering, each way: 1, 2, 4, 8 or 16.
    #[must_use]
    pub fn divisor(self) -> u32 {
        match self {
            Self::Full => 1,
            Self::Half => 2,
            Self::Quarter => 4,
            Self::Eighth => 8,
            Self::Sixteenth => 16,
        }
    }

    /// Width or height of the rendering of a picture that is `side` pixels wide or high: the quotient, rounded up.
    #[must_use]
    pub fn of(self, side: u32) -> u32 {
        side.div_ceil(self.divisor())
    }

    /// The smallest rendering of a `width` × `height` picture from which one of `wanted` × `wanted` pixels or less (aspect kept)
    /// can be made by scaling down.
    #[must_use]
    pub fn for_thumbnail(width: u32, height: u32, wanted: u32) -> Self {
        let longer = width.max(height);
        let suffices = |scale: &&Self| scale.of(longer) >= wanted.min(longer);
        *Self::ALL.iter().rev().find(suffices).unwrap_or(&Self::Full)
    }
}

/// How labels become pixels. The bits of a file are the same whatever is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Rendering {
    /// As near to the picture that was encoded as the model can get.
    #[default]
    Faithful,
    /// Sharper to the eye at low qualities: where the labels say too little of the texture, it is drawn so that it looks like the picture's
    /// without being it. This is for looking at, not for measuring or reading. It needs a [`crate::RenderingModel`] of the file's model; that of the
    /// built-in model is built in with the feature `perceptual` (1.9 MB). At a quarter of the size and below, it is the same as the faithful rendering.
    Perceptual,
}

/// A rectangle of a rendering, in its own samples (those of the scale asked for).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region {
    /// Leftmost column.
    pub x: u32,
    /// Topmost row.
    pub y: u32,
    /// Columns, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
}

/// What is to be decoded of a picture: all of it at full size, unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct View {
    /// How large the rendering is.
    pub scale: Scale,
    /// Which part of that rendering is wanted; `None` means all of it.
    pub region: Option<Region>,
    /// By which networks it is made.
    pub rendering: Rendering,
}

impl View {
    /// The whole picture at a scale.
    #[must_use]
    pub fn scale(scale: Scale) -> Self {
        Self {
            scale,
            ..Self::default()
        }
    }

    /// A rectangle of the picture at full size.
    #[must_use]
    pub fn region(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self::default().crop(x, y, width, height)
    }

    /// The same view of only a rectangle of the rendering, in samples of its scale.
    #[must_use]
    pub fn crop(mut self, x: u32, y: u32, width: u32, height: u32) -> Self {
        self.region = Some(Region {
            x,
            y,
            width,
            height,
        });
        self
    }

    /// The same view in another rendering.
    #[must_use]
    pub fn rendering(mut self, rendering: Rendering) -> Self {
        self.rendering = rendering;
        self
    }

    /// The rectangle of the rendering that the view shows, for a picture of `width` × `height` pixels.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is empty or reaches beyond the rendering.
    pub fn resolve(&self, width: u32, height: u32) -> Result<Region> {
        let (width, height) = (self.scale.of(width), self.scale.of(height));
        let Some(region) = self.region else {
            return Ok(Region {
                x: 0,
                y: 0,
                width,
                height,
            });
        };
        let fits = |start: u32, length: u32, whole: u32| {
            length > 0 && u64::from(start) + u64::from(length) <= u64::from(whole)
        };
        if !fits(region.x, region.width, width) || !fits(region.y, region.height, height) {
            return Err(Error::Parameter(format!(
                "region of {}×{} at ({}, {}) of a rendering of {width}×{height}; it must lie inside and not be empty",
                region.width, region.height, region.x, region.y
            )));
        }
        Ok(region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbnails_come_from_the_smallest_rendering_that_is_large_enough() {
        let scale = |width, height, wanted| Scale::for_thumbnail(width, height, wanted);
        assert_eq!(scale(6000, 4000, 256), Scale::Sixteenth);
        assert_eq!(scale(6000, 4000, 512), Scale::Eighth);
        assert_eq!(scale(4000, 6000, 1500), Scale::Quarter);
        assert_eq!(scale(6000, 4000, 3000), Scale::Half);
        assert_eq!(scale(6000, 4000, 3001), Scale::Full);
        assert_eq!(scale(100, 50, 256), Scale::Full);
        assert_eq!(scale(1, 1, 1), Scale::Sixteenth);
    }

    #[test]
    fn regions_lie_inside_their_rendering() {
        let view = View::scale(Scale::Quarter);
        let whole = view.resolve(101, 50).unwrap();
        assert_eq!((whole.width, whole.height), (26, 13));
        assert!(view.crop(25, 12, 1, 1).resolve(101, 50).is_ok());
        for (x, y, width, height) in [
            (26, 0, 1, 1),
            (0, 13, 1, 1),
            (0, 0, 27, 1),
            (3, 3, 0, 1),
            (u32::MAX, 0, u32::MAX, 1),
        ] {
            let error = view.crop(x, y, width, height).resolve(101, 50);
            assert!(matches!(error, Err(Error::Parameter(_))), "{x} {y}");
        }
    }
}
