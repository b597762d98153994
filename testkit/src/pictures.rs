//! Small pictures and models that are the same everywhere, and hashes.

use sha2::{Digest as _, Sha256};
use vqz::{Color, Image, Model};

/// A small model, for tests that run it often.
pub fn tiny() -> Model {
    Model::from_bytes(&vqz::testing::tiny(7).to_bytes().unwrap()).unwrap()
}

/// Pseudo-random numbers that are the same everywhere.
pub struct Random(pub u64);

impl Random {
    /// A number from 0 to `n` − 1.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((self.0 >> 33) % n as u64) as usize
    }
}

/// A picture that is the same everywhere: gradients, edges and some texture.
pub fn picture(width: u32, height: u32, color: Color) -> Image {
    let mut state = 1u32;
    let mut samples = Vec::new();
    for y in 0..height {
        for x in 0..width {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let texture = (state >> 28) as i32;
            let edge = if (x / 13 + y / 9) % 2 == 0 { 60 } else { 0 };
            for c in 0..color.channels() as i32 {
                let ramp = (x as i32 * (2 + c) + y as i32 * 3) / 4 % 160;
                samples.push((ramp + edge + texture).clamp(0, 255) as u8);
            }
        }
    }
    Image::new(width, height, color, samples).expect("a valid picture")
}

/// The same with an alpha plane that is not trivial.
pub fn with_alpha(image: Image) -> Image {
    let (width, height) = (image.width(), image.height());
    let plane = (0..width * height)
        .map(|i| ((i % width) * 255 / width) as u8)
        .collect();
    image.with_alpha(plane).expect("a plane of the right size")
}

/// SHA-256 in hex of width, height, channels (u32, little-endian), samples, and the alpha plane if there is one.
pub fn pixel_hash(image: &Image) -> String {
    let mut hash = Sha256::new();
    for number in [
        image.width(),
        image.height(),
        image.color().channels() as u32,
    ] {
        hash.update(number.to_le_bytes());
    }
    hash.update(image.samples());
    hash.update(image.alpha().unwrap_or_default());
    hex(&hash.finalize())
}

/// In hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// PSNR in dB over all samples.
pub fn psnr(a: &Image, b: &Image) -> f64 {
    let squares = a
        .samples()
        .iter()
        .zip(b.samples())
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
    let mse = squares.sum::<f64>() / a.samples().len() as f64;
    10.0 * (255.0 * 255.0 / mse.max(1e-9)).log10()
}
