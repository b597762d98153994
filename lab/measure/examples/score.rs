//! PSNR (dB, of all samples together) and SSIMULACRA2 of pairs of pictures, as a JSON list with an object per pair.
//!
//! Usage: `cargo run --release -p vqz-measure --example score -- ORIGINAL.png PICTURE.png [ORIGINAL.png PICTURE.png]...`

use anyhow::{ensure, Context as _, Result};
use image::RgbImage;
use ssimulacra2::{compute_frame_ssimulacra2, ColorPrimaries, Rgb, TransferCharacteristic};

fn main() -> Result<()> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    ensure!(
        !paths.is_empty() && paths.len().is_multiple_of(2),
        "usage: score ORIGINAL.png PICTURE.png [ORIGINAL.png PICTURE.png]..."
    );
    let scores: Result<Vec<_>> = paths.chunks(2).map(score).collect();
    println!("{}", serde_json::to_string(&scores?)?);
    Ok(())
}

fn score(pair: &[String]) -> Result<serde_json::Value> {
    let read = |path: &String| -> Result<RgbImage> {
        let picture = image::open(path).with_context(|| format!("{path}: cannot be read"))?;
        Ok(picture.to_rgb8())
    };
    let (original, picture) = (read(&pair[0])?, read(&pair[1])?);
    ensure!(
        original.dimensions() == picture.dimensions(),
        "{} and {} are not of one size",
        pair[0],
        pair[1]
    );
    let squares = original.iter().zip(picture.iter());
    let squares = squares.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
    let mse = squares.sum::<f64>() / original.len() as f64;
    let frames = (frame(&original)?, frame(&picture)?);
    Ok(serde_json::json!({
        "psnr": 10.0 * (255.0f64.powi(2) / mse.max(1e-9)).log10(),
        "ssimulacra2": compute_frame_ssimulacra2(frames.0, frames.1).context("too small for SSIMULACRA2")?,
    }))
}

fn frame(picture: &RgbImage) -> Result<Rgb> {
    let pixels = picture
        .pixels()
        .map(|pixel| pixel.0.map(|sample| f32::from(sample) / 255.0));
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Rgb::new(
        pixels.collect(),
        width,
        height,
        TransferCharacteristic::SRGB,
        ColorPrimaries::BT709,
    )
    .map_err(|error| anyhow::anyhow!("{error}"))
}
