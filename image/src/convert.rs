//! `image`'s pictures ↔ vqz's.

use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageResult, RgbImage, RgbaImage};
use vqz::{Image, PixelFormat};

use crate::image_error;

/// The same picture for [`vqz::Encoder`], in 8 bits: grey stays grey, alpha stays alpha, and deeper samples are rounded to 8 bits. It has no metadata yet.
///
/// # Errors
/// [`image::ImageError::Parameter`] if a side is 0 or above 65,535.
pub fn to_vqz(image: &DynamicImage) -> ImageResult<Image> {
    let (width, height) = (image.width(), image.height());
    let from = |format: PixelFormat, samples: &[u8]| {
        let stride = width as usize * format.bytes();
        Image::from_pixels(width, height, format, samples, stride).map_err(image_error)
    };
    match image {
        DynamicImage::ImageLuma8(picture) => from(PixelFormat::Gray8, picture),
        DynamicImage::ImageLumaA8(picture) => from(PixelFormat::GrayAlpha8, picture),
        DynamicImage::ImageRgb8(picture) => from(PixelFormat::Rgb8, picture),
        DynamicImage::ImageRgba8(picture) => from(PixelFormat::Rgba8, picture),
        other => match (other.color().has_color(), other.color().has_alpha()) {
            (false, false) => from(PixelFormat::Gray8, &other.to_luma8()),
            (false, true) => from(PixelFormat::GrayAlpha8, &other.to_luma_alpha8()),
            (true, false) => from(PixelFormat::Rgb8, &other.to_rgb8()),
            (true, true) => from(PixelFormat::Rgba8, &other.to_rgba8()),
        },
    }
}

/// The same picture for `image`: grey or RGB, with alpha if there is any, in 8 bits. Metadata has no place there and is left out.
#[must_use]
pub fn from_vqz(picture: &Image) -> DynamicImage {
    let format = PixelFormat::of(picture.color(), picture.alpha().is_some());
    let pixels = picture
        .to_pixels(format)
        .expect("every picture can be had in its own format");
    let (width, height) = (picture.width(), picture.height());
    let image = match format {
        PixelFormat::Gray8 => GrayImage::from_raw(width, height, pixels).map(Into::into),
        PixelFormat::GrayAlpha8 => GrayAlphaImage::from_raw(width, height, pixels).map(Into::into),
        PixelFormat::Rgb8 => RgbImage::from_raw(width, height, pixels).map(Into::into),
        _ => RgbaImage::from_raw(width, height, pixels).map(Into::into),
    };
    image.expect("as many pixels as the picture has")
}
