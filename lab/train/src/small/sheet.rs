//! Many small pictures on a large one.

use std::io::Cursor;

use anyhow::Result;
use image::{imageops, ImageFormat, Rgb, RgbImage};
use tch::{Device, Kind, Tensor};

use super::measure::levels;

/// What lies between the pictures.
const GAP: u32 = 1;
const BACKGROUND: Rgb<u8> = Rgb([96, 96, 110]);

/// Pictures `[B, channels, H, W]` (0 to 1) in rows of `columns`, `zoom` times as large, with a gap between them.
pub(crate) fn sheet(pictures: &Tensor, columns: usize, zoom: u32) -> RgbImage {
    let (count, channels, height, width) = pictures.size4().expect("4 dimensions");
    let interleaved = levels(pictures)
        .expand([count, 3i64.max(channels), height, width], false)
        .permute([0, 2, 3, 1])
        .to_kind(Kind::Uint8)
        .to_device(Device::Cpu)
        .contiguous();
    let samples = Vec::<u8>::try_from(interleaved.view([-1])).expect("bytes");
    let (width, height) = (width as u32, height as u32);
    let rows = (count as usize).div_ceil(columns) as u32;
    let length = |side: u32, number: u32| number * (side * zoom + GAP) + GAP;
    let size = (length(width, columns as u32), length(height, rows));
    let mut out = RgbImage::from_pixel(size.0, size.1, BACKGROUND);
    for (index, samples) in samples
        .chunks_exact((3 * width * height) as usize)
        .enumerate()
    {
        let picture = RgbImage::from_raw(width, height, samples.to_vec()).expect("all samples");
        let filter = imageops::FilterType::Nearest;
        let picture = imageops::resize(&picture, zoom * width, zoom * height, filter);
        let (row, column) = ((index / columns) as u32, (index % columns) as u32);
        let (x, y) = (length(width, column), length(height, row));
        imageops::replace(&mut out, &picture, x.into(), y.into());
    }
    out
}

/// A picture as a PNG file.
///
/// # Errors
/// Out of memory, or larger than PNG allows.
pub(crate) fn png(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_lie_in_rows() {
        let values = Tensor::from_slice(&[0.0f32, 1.0, 0.5]).view([3, 1, 1, 1]);
        let sheet = sheet(&values.expand([3, 1, 2, 4], false), 2, 3);
        assert_eq!(sheet.dimensions(), (2 * 13 + 1, 2 * 7 + 1));
        let at = |x, y| sheet.get_pixel(x, y).0[1];
        assert_eq!((at(1, 1), at(12, 6), at(14, 1), at(1, 8)), (0, 0, 255, 128));
        assert_eq!(*sheet.get_pixel(13, 1), BACKGROUND);
        assert_eq!(*sheet.get_pixel(14, 8), BACKGROUND);
    }
}
