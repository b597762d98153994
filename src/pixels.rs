//! Colours of pictures, and how pixels lie in memory.

/// Colour channels of an [`crate::Image`].
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

/// How samples lie in a caller's buffer, 8 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PixelFormat {
    /// Grey, for grey pictures only.
    Gray8,
    /// Grey and alpha, for grey pictures only.
    GrayAlpha8,
    /// Red, green, blue.
    Rgb8,
    /// Red, green, blue, alpha (not premultiplied; 255 where the picture has none).
    Rgba8,
    /// Blue, green, red, alpha.
    Bgra8,
}

impl PixelFormat {
    /// The format that holds such a picture without loss and without waste.
    #[must_use]
    pub fn of(color: Color, alpha: bool) -> Self {
        match (color, alpha) {
            (Color::Gray, false) => Self::Gray8,
            (Color::Gray, true) => Self::GrayAlpha8,
            (Color::Rgb, false) => Self::Rgb8,
            (Color::Rgb, true) => Self::Rgba8,
        }
    }

    /// Number of bytes of a pixel: 1 to 4.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Gray8 => 1,
            Self::GrayAlpha8 => 2,
            Self::Rgb8 => 3,
            Self::Rgba8 | Self::Bgra8 => 4,
        }
    }

    /// Whether pixels have alpha.
    #[must_use]
    pub fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha8 | Self::Rgba8 | Self::Bgra8)
    }

    /// One row of pixels from samples. Grey ones are spread over three colours where the format has them; a format without colours takes grey alone.
    pub(crate) fn write_row(
        self,
        source: &[u8],
        color: Color,
        alpha: Option<&[u8]>,
        target: &mut [u8],
    ) {
        if self == Self::of(color, false) {
            target.copy_from_slice(source);
            return;
        }
        let pixels = source.chunks_exact(color.channels());
        for (index, (to, from)) in target
            .chunks_exact_mut(self.bytes())
            .zip(pixels)
            .enumerate()
        {
            let [r, g, b] = match *from {
                [r, g, b] => [r, g, b],
                _ => [from[0]; 3],
            };
            let a = alpha.map_or(255, |alpha| alpha[index]);
            match self {
                Self::Gray8 => to[0] = r,
                Self::GrayAlpha8 => to.copy_from_slice(&[r, a]),
                Self::Rgb8 => to.copy_from_slice(&[r, g, b]),
                Self::Rgba8 => to.copy_from_slice(&[r, g, b, a]),
                Self::Bgra8 => to.copy_from_slice(&[b, g, r, a]),
            }
        }
    }

    /// Whether pixels have one colour sample.
    #[must_use]
    pub fn is_gray(self) -> bool {
        matches!(self, Self::Gray8 | Self::GrayAlpha8)
    }
}
