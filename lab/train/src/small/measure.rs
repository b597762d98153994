//! What a small model makes of pictures that it has not been trained on: error, bits, use of the codebooks.

use anyhow::Result;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use serde::Serialize;
use tch::{Kind, Tensor};

use super::model::SmallModel;
use super::pictures::Pictures;

/// Pictures that are encoded together.
pub(crate) const BATCH: usize = 100;

/// Means over pictures.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measured {
    pub pictures: usize,
    /// Mean squared error, samples from 0 to 255, rounded and clipped.
    pub mse: f64,
    /// Of that mean, dB.
    pub psnr: f64,
    /// Bits of a picture's indices, all words alike: positions × codebooks × log2 K.
    pub index_bits: f64,
    /// The same, each index at the entropy of its codebook's words over these pictures.
    pub entropy_bits: f64,
    /// Bits of a picture as a PNG file, without loss.
    pub png_bits: f64,
    /// 2^entropy, per codebook.
    pub perplexity: Vec<f64>,
    /// Words that none of the pictures uses, per codebook.
    pub unused: Vec<usize>,
    /// How often each word is used, per codebook.
    #[serde(skip)]
    pub uses: Vec<Vec<i64>>,
}

/// Measures on all of `pictures`.
///
/// # Errors
/// A PNG that cannot be written.
pub(crate) fn measure(model: &SmallModel, pictures: &Pictures) -> Result<Measured> {
    let (g, k) = model.codebooks.size();
    let device = model.params.device();
    let mut uses = vec![vec![0i64; k as usize]; g as usize];
    let (mut squares, mut samples, mut png) = (0.0, 0.0, 0);
    let all: Vec<usize> = (0..pictures.count()).collect();
    for some in all.chunks(BATCH) {
        let originals = pictures.batch(some, device);
        let indices = model.indices(&originals);
        let made = levels(&model.pictures(&indices));
        let error = (made - originals * 255.0).square();
        squares += error.sum(Kind::Double).double_value(&[]);
        samples += error.numel() as f64;
        for (book, uses) in (0..g).zip(&mut uses) {
            let counts = indices.select(2, book).reshape([-1]);
            let counts = Vec::<i64>::try_from(counts.bincount(None::<Tensor>, k))?;
            uses.iter_mut().zip(counts).for_each(|(all, n)| *all += n);
        }
        for &index in some {
            png += png_bytes(pictures, index)?.len();
        }
    }
    let count = pictures.count() as f64;
    let entropies: Vec<f64> = uses.iter().map(|uses| entropy(uses)).collect();
    let positions = (model.grid.0 * model.grid.1) as f64;
    let mse = squares / samples;
    Ok(Measured {
        pictures: pictures.count(),
        mse,
        psnr: 10.0 * (255.0f64 * 255.0 / mse.max(1e-9)).log10(),
        index_bits: positions * g as f64 * (k as f64).log2(),
        entropy_bits: positions * entropies.iter().sum::<f64>(),
        png_bits: 8.0 * png as f64 / count,
        perplexity: entropies.iter().map(|bits| bits.exp2()).collect(),
        unused: uses
            .iter()
            .map(|uses| uses.iter().filter(|&&n| n == 0).count())
            .collect(),
        uses,
    })
}

/// Levels from 0 to 255 of pictures from 0 to 1.
pub(crate) fn levels(pictures: &Tensor) -> Tensor {
    (pictures.detach() * 255.0).round().clamp(0.0, 255.0)
}

/// Bits of a symbol that has been counted so often.
fn entropy(counts: &[i64]) -> f64 {
    let sum = counts.iter().sum::<i64>() as f64;
    let used = counts.iter().filter(|&&n| n > 0);
    used.map(|&n| n as f64 / sum * (sum / n as f64).log2())
        .sum()
}

fn png_bytes(pictures: &Pictures, index: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let color = match pictures.channels {
        1 => ExtendedColorType::L8,
        _ => ExtendedColorType::Rgb8,
    };
    let (width, height) = (pictures.width as u32, pictures.height as u32);
    PngEncoder::new_with_quality(
        &mut bytes,
        image::codecs::png::CompressionType::Best,
        image::codecs::png::FilterType::Adaptive,
    )
    .write_image(pictures.get(index), width, height, color)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropies_of_known_counts() {
        assert_eq!(entropy(&[5, 0, 0]), 0.0);
        assert_eq!(entropy(&[7, 7, 7, 7]), 2.0);
        assert!((entropy(&[1, 2, 1]) - 1.5).abs() < 1e-12);
    }
}
