//! What is compared: 8-bit samples, without alpha and metadata.

use anyhow::Result;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use vqz::{Color, Image, Metadata};

/// The picture without alpha and metadata, for all codecs alike.
pub fn plain(picture: Image) -> Result<Image> {
    if picture.alpha().is_none() && picture.metadata == Metadata::default() {
        return Ok(picture);
    }
    let (width, height, color) = (picture.width(), picture.height(), picture.color());
    Ok(Image::new(
        width,
        height,
        color,
        picture.samples().to_vec(),
    )?)
}

/// The same picture in RGB; three equal samples for a grey one.
pub fn rgb(picture: &Image) -> Cow<'_, Image> {
    if picture.color() == Color::Rgb {
        return Cow::Borrowed(picture);
    }
    let samples = picture.samples().iter().flat_map(|&s| [s; 3]).collect();
    let rgb = Image::new(picture.width(), picture.height(), Color::Rgb, samples);
    Cow::Owned(rgb.expect("a picture of the same size"))
}

/// 16 hex digits that stand for the samples and their layout.
pub fn digest(picture: &Image) -> String {
    let mut hash = Sha256::new();
    hash.update(picture.width().to_le_bytes());
    hash.update(picture.height().to_le_bytes());
    hash.update([picture.color().channels() as u8]);
    hash.update(picture.samples());
    hex(&hash.finalize()[..8])
}

/// In lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
