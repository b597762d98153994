//! Smaller and larger pictures, by Lanczos's filter (the crate `image`).

use super::orientation;
use anyhow::Result;
use image::imageops::{resize, FilterType};
use image::{GrayAlphaImage, GrayImage, RgbImage, RgbaImage};
use vqz::{Color, Image, PixelFormat};

/// A size asked for, of the upright picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Exactly so many columns and rows; 0 = as the other one and the picture's shape say.
    Exactly(u32, u32),
    /// At most so many pixels on the longer side.
    AtMost(u32),
}

impl Size {
    /// `1200x800`, `1200x0` or `0x800`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let sides = text.split_once(['x', 'X', '×']);
        let sides: Option<(u32, u32)> =
            sides.and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
        match sides {
            Some((w, h)) if w <= 65_535 && h <= 65_535 && w.max(h) > 0 => Ok(Self::Exactly(w, h)),
            _ => Err("must be WIDTHxHEIGHT, each 0 (follows the picture's shape) to 65535".into()),
        }
    }

    /// Width and height of what a picture becomes.
    fn of(self, width: u32, height: u32) -> (u32, u32) {
        let in_shape = |length: u32, to: u32, of: u32| {
            let scaled = (u64::from(length) * u64::from(to) + u64::from(of) / 2) / u64::from(of);
            scaled.clamp(1, 65_535) as u32
        };
        match self {
            Self::Exactly(to, 0) => (to, in_shape(height, to, width)),
            Self::Exactly(0, to) => (in_shape(width, to, height), to),
            Self::Exactly(to_width, to_height) => (to_width, to_height),
            Self::AtMost(most) => match width.max(height) {
                longer if longer <= most => (width, height),
                longer => (
                    in_shape(width, most, longer),
                    in_shape(height, most, longer),
                ),
            },
        }
    }
}

/// The picture in this size, with its metadata.
pub fn to_size(image: Image, size: Size) -> Result<Image> {
    let (width, height) = (image.width(), image.height());
    // EXIF's orientations 5 to 8 lay a picture on its side.
    let (to_width, to_height) = match orientation::of(&image.metadata).to_exif() {
        5.. => {
            let (w, h) = size.of(height, width);
            (h, w)
        }
        _ => size.of(width, height),
    };
    if (to_width, to_height) == (width, height) {
        return Ok(image);
    }
    let format = PixelFormat::of(image.color(), image.alpha().is_some());
    let pixels = image.to_pixels(format)?;
    // With alpha, colours of transparent pixels bleed a little into their neighbours.
    macro_rules! resized {
        ($kind:ty) => {{
            let picture = <$kind>::from_raw(width, height, pixels).expect("as many pixels");
            resize(&picture, to_width, to_height, FilterType::Lanczos3).into_raw()
        }};
    }
    let pixels = match (image.color(), image.alpha().is_some()) {
        (Color::Gray, false) => resized!(GrayImage),
        (Color::Gray, true) => resized!(GrayAlphaImage),
        (Color::Rgb, false) => resized!(RgbImage),
        (Color::Rgb, true) => resized!(RgbaImage),
    };
    let stride = to_width as usize * format.bytes();
    let mut out = Image::from_pixels(to_width, to_height, format, &pixels, stride)?;
    out.metadata = image.metadata;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_that_are_left_open_keep_the_shape() {
        for (text, width, height) in [("300x0", 300, 200), ("0x100", 150, 100), ("7x9", 7, 9)] {
            assert_eq!(Size::parse(text).unwrap().of(600, 400), (width, height));
        }
        assert_eq!(Size::AtMost(1000).of(600, 400), (600, 400));
        assert_eq!(Size::AtMost(300).of(600, 400), (300, 200));
        assert_eq!(Size::AtMost(1).of(60_000, 4), (1, 1));
        for text in ["", "x", "0x0", "10", "10x", "70000x1", "-1x5"] {
            assert!(Size::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_picture_on_its_side_is_measured_upright() {
        let mut image = Image::new(60, 40, Color::Gray, vec![9; 2400]).unwrap();
        image.metadata.exif = Some(orientation::exif(image::metadata::Orientation::Rotate90));
        let out = to_size(image, Size::Exactly(20, 0)).unwrap();
        assert_eq!((out.width(), out.height()), (30, 20));
        assert_eq!(out.samples(), [9; 600]);
        assert!(out.metadata.exif.is_some());
    }
}
