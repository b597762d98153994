//! What a picture file has besides one picture of 8 bits with ICC profile, EXIF and XMP, and what is lost therefore. JPEG's is found by
//! [`super::jpeg::check`].

use super::{png_chunks, tiff};
use anyhow::{bail, Result};
use image::ImageFormat;

/// A note for each thing that is lost.
///
/// # Errors
/// If the picture would not be the same without it: HDR.
pub fn notes(bytes: &[u8], format: ImageFormat) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let animated = match format {
        ImageFormat::Png => {
            notes = of_png(bytes)?;
            animated_png(bytes)
        }
        ImageFormat::Gif => animated_gif(bytes),
        // A flag of the extended header, which comes first.
        ImageFormat::WebP => {
            matches!(bytes.get(12..21), Some([b'V', b'P', b'8', b'X', .., flags]) if flags & 2 != 0)
        }
        _ => false,
    };
    if animated {
        notes.push("only the first frame of the animation is kept".into());
    }
    if format == ImageFormat::Tiff && tiff::has_more_pages(bytes) {
        notes.push("only the first of its pages is kept".into());
    }
    Ok(notes)
}

fn animated_png(png: &[u8]) -> bool {
    let control = png_chunks::find(png, b"acTL").next();
    control
        .and_then(|data| data.first_chunk())
        .is_some_and(|&frames| u32::from_be_bytes(frames) > 1)
}

fn of_png(png: &[u8]) -> Result<Vec<String>> {
    let has = |kind| png_chunks::has(png, kind);
    let mut lost = Vec::new();
    let mut colors = has(b"sRGB") || has(b"iCCP");
    if let Some(&[primaries, transfer, ..]) = png_chunks::find(png, b"cICP").next() {
        match transfer {
            16 => bail!("is an HDR picture (PQ, says its cICP chunk), which vqz cannot hold; convert it to sRGB"),
            18 => bail!("is an HDR picture (HLG, says its cICP chunk), which vqz cannot hold; convert it to sRGB"),
            // What is sRGB is what a file without a profile is taken for.
            1 | 6 | 13 if primaries == 1 => {}
            _ => lost.push("colour space (cICP)"),
        }
        colors = true;
    }
    // In 100,000ths; that of sRGB is 1 / 2.2.
    let gamma = png_chunks::find(png, b"gAMA").find_map(|data| data.first_chunk());
    let is_srgb = |&gamma: &[u8; 4]| (45_000..46_000).contains(&u32::from_be_bytes(gamma));
    if !colors && gamma.is_some_and(|gamma| !is_srgb(gamma)) {
        lost.push("gamma (gAMA)");
    }
    if has(b"pHYs") {
        lost.push("resolution (pHYs)");
    }
    let is_xmp = |text: &[u8]| text.starts_with(b"XML:com.adobe.xmp\0");
    if has(b"tEXt") || has(b"zTXt") || png_chunks::find(png, b"iTXt").any(|text| !is_xmp(text)) {
        lost.push("text");
    }
    Ok(match lost.is_empty() {
        true => vec![],
        false => vec![format!("left out: {}", lost.join(", "))],
    })
}

/// Whether there is a second picture.
fn animated_gif(gif: &[u8]) -> bool {
    let table = |flags: u8| {
        if flags & 0x80 == 0 {
            0
        } else {
            3 << ((flags & 7) + 1)
        }
    };
    let pictures = || {
        let mut at = 13 + table(*gif.get(10)?);
        let mut pictures = 0;
        loop {
            match gif.get(at)? {
                0x21 => at += 2,
                0x2c if pictures == 1 => return Some(()),
                0x2c => {
                    pictures += 1;
                    at += 11 + table(*gif.get(at + 9)?);
                }
                _ => return None,
            }
            // Blocks, each behind its length, up to an empty one.
            while let length @ 1.. = usize::from(*gif.get(at)?) {
                at += 1 + length;
            }
            at += 1;
        }
    };
    pictures().is_some()
}
