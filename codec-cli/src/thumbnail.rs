//! `vqz thumbnail`: what desktops call to show a file as a small picture.

use crate::args::ThumbnailArgs;
use crate::failure::explain;
use crate::files::{Existing, Source, Target};
use crate::picture::{self, Turn};
use anyhow::{Context as _, Result};
use image::imageops::{resize, FilterType};
use image::{GrayAlphaImage, GrayImage, RgbImage, RgbaImage};
use vqz::{Color, Image, PixelFormat, Scale, View};

/// Runs the command.
pub fn run(args: &ThumbnailArgs) -> Result<()> {
    let source = Source::new(&args.input);
    let target = Target::new(&args.output)?;
    let thumbnail = || -> Result<Vec<u8>> {
        let bytes = source.read_vqz(args.codec.input.max_file_size)?;
        let decoder = args.codec.decoder()?;
        let opened = decoder.open(&bytes).map_err(explain)?;
        let scale = Scale::for_thumbnail(opened.width(), opened.height(), args.size);
        let image = opened.decode(View::scale(scale)).map_err(explain)?;
        let mut image = fit(image, args.size)?;
        // A viewer of thumbnails knows nothing of the picture's EXIF.
        (image, _) = picture::orientation::settle(image, args.format, Some(Turn::Apply))?;
        image.metadata.exif = None;
        image.metadata.xmp = None;
        Ok(picture::write(&image, args.format)?.0)
    };
    let picture = thumbnail().with_context(|| source.to_string())?;
    target.write_unless(&picture, args.existing.or(Existing::Replace))
}

/// The picture, scaled down to at most `size` × `size` pixels if it is larger.
fn fit(image: Image, size: u32) -> Result<Image> {
    let (width, height) = (image.width(), image.height());
    let longer = width.max(height);
    if longer <= size {
        return Ok(image);
    }
    let side = |length: u32| {
        let scaled =
            (u64::from(length) * u64::from(size) + u64::from(longer) / 2) / u64::from(longer);
        scaled.max(1) as u32
    };
    let (to_width, to_height) = (side(width), side(height));
    let format = PixelFormat::of(image.color(), image.alpha().is_some());
    let pixels = image.to_pixels(format)?;
    // With alpha, colours of transparent pixels bleed a little; at this size nobody sees it.
    macro_rules! resized {
        ($kind:ty) => {{
            let picture = <$kind>::from_raw(width, height, pixels).expect("as many pixels");
            resize(&picture, to_width, to_height, FilterType::CatmullRom).into_raw()
        }};
    }
    let pixels = match (image.color(), image.alpha().is_some()) {
        (Color::Gray, false) => resized!(GrayImage),
        (Color::Gray, true) => resized!(GrayAlphaImage),
        (Color::Rgb, false) => resized!(RgbImage),
        (Color::Rgb, true) => resized!(RgbaImage),
    };
    let stride = to_width as usize * format.bytes();
    let mut small = Image::from_pixels(to_width, to_height, format, &pixels, stride)?;
    small.metadata = image.metadata;
    Ok(small)
}
