//! Drawings, screenshots and text: pictures that a lossless format stores in fewer bytes than a codec for photos.

use super::{write, Format};
use std::collections::HashSet;
use vqz::Image;

/// More colours than this, and it is a photo.
const COLORS: usize = 256;
/// Of the file that a picture came in, no word is said for fewer bytes than these.
const WORTH: usize = 1000;

/// What to say of a picture that became `bytes` bytes, if it would be smaller without any loss. `before` are the bytes of the file that it
/// came in, if that has the same size in pixels.
pub fn note(image: &Image, bytes: usize, before: Option<usize>) -> Option<String> {
    if !has_few_colors(image) {
        return None;
    }
    let mut webp = Vec::new();
    write(image, Format::Webp, 0, &mut webp).ok()?;
    let lossless = webp.len();
    // Other programs compress better: text takes a third of the bytes in the file that it came in.
    let own = before.filter(|&own| own + WORTH < bytes);
    let needed = match own {
        Some(own) if own < lossless => {
            format!("the file it came in has {own} bytes, this one {bytes}")
        }
        _ if lossless < bytes => {
            format!("lossless WebP needs {lossless} bytes for it, not {bytes}")
        }
        _ => return None,
    };
    Some(format!("is a drawing rather than a photo: {needed}"))
}

fn has_few_colors(image: &Image) -> bool {
    let mut seen = HashSet::new();
    let pixels = image.samples().chunks_exact(image.color().channels());
    // Most neighbours are equal in drawings, and most photos end this after some hundred pixels.
    let mut last: &[u8] = &[];
    for pixel in pixels {
        if pixel != last {
            seen.insert(pixel);
            last = pixel;
        }
        if seen.len() > COLORS {
            return false;
        }
    }
    true
}
