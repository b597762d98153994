//! Peak signal-to-noise ratio.

use vqz::Image;

/// PSNR in dB of the 8-bit samples of all colour channels together (peak 255). Alpha does not count. Two equal pictures,
/// whose ratio has no bound, get the value for a single sample that is wrong by one.
pub fn psnr(a: &Image, b: &Image) -> f64 {
    let squares: u64 = a
        .samples()
        .iter()
        .zip(b.samples())
        .map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2))
        .sum();
    let mse = squares.max(1) as f64 / a.samples().len() as f64;
    10.0 * (255.0 * 255.0 / mse).log10()
}

/// PSNR in dB of the luma 0.299 R + 0.587 G + 0.114 B (BT.601, full range, not rounded), peak 255. The error counts at least
/// as much as one sample of the blue channel that is wrong by one.
pub fn psnr_y(a: &Image, b: &Image) -> f64 {
    let pixels = a.samples().chunks_exact(3).zip(b.samples().chunks_exact(3));
    let squares: f64 = pixels
        .map(|(a, b)| {
            let difference = |c: usize| f64::from(a[c]) - f64::from(b[c]);
            let luma = 0.299 * difference(0) + 0.587 * difference(1) + 0.114 * difference(2);
            luma * luma
        })
        .sum();
    let count = (a.samples().len() / 3) as f64;
    10.0 * (255.0 * 255.0 * count / squares.max(0.114 * 0.114)).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vqz::Color;

    #[test]
    fn all_channels_share_one_error() {
        let picture = |samples| Image::new(2, 1, Color::Rgb, samples).unwrap();
        let a = picture(vec![10, 20, 30, 40, 50, 60]);
        let b = picture(vec![10, 23, 30, 40, 46, 60]);
        let expected = 10.0 * (65025.0 * 6.0 / 25.0_f64).log10();
        assert!((psnr(&a, &b) - expected).abs() < 1e-12);
        assert!((psnr(&a, &a) - 10.0 * (65025.0 * 6.0_f64).log10()).abs() < 1e-12);
    }

    #[test]
    fn luma_weighs_the_channels() {
        let a = Image::new(1, 1, Color::Rgb, vec![10, 20, 30]).unwrap();
        let b = Image::new(1, 1, Color::Rgb, vec![20, 20, 50]).unwrap();
        let expected = 20.0 * (255.0_f64 / (2.99 + 2.28)).log10();
        assert!((psnr_y(&a, &b) - expected).abs() < 1e-9);
    }
}
