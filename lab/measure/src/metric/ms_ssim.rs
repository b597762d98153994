//! Multi-scale structural similarity (Wang, Simoncelli, Bovik 2003), to the letter of `ms_ssim(x, y, data_range=255)` in the
//! Python package pytorch-msssim, with which the published numbers were made.

use vqz::Image;

/// Exponent of each scale, fine to coarse.
const WEIGHTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
/// Taps of the Gaussian.
const TAPS: usize = 11;
const SIGMA: f64 = 1.5;
const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);
/// Smallest side: four halvings leave the Gaussian its taps.
pub const MIN_SIDE: u32 = (TAPS as u32 - 1) * 16 + 1;

/// Mean over the colour channels of two pictures of one size, 0 to 1. `None` if a side is below [`MIN_SIDE`].
pub fn ms_ssim(a: &Image, b: &Image) -> Option<f64> {
    if a.width().min(a.height()) < MIN_SIDE {
        return None;
    }
    let channels = a.color().channels();
    let sum: f64 = (0..channels)
        .map(|c| of_channel(Plane::of(a, c), Plane::of(b, c)))
        .sum();
    Some(sum / channels as f64)
}

/// On a logarithmic scale: −10·log10(1 − x), at most 100 dB.
pub fn decibels(ms_ssim: f64) -> f64 {
    -10.0 * (1.0 - ms_ssim).max(1e-10).log10()
}

fn of_channel(mut a: Plane, mut b: Plane) -> f64 {
    let mut product = 1.0;
    for (scale, weight) in WEIGHTS.into_iter().enumerate() {
        let (ssim, contrast) = similarity(&a, &b);
        let last = scale + 1 == WEIGHTS.len();
        let factor = if last { ssim } else { contrast };
        product *= factor.max(0.0).powf(weight);
        if !last {
            (a, b) = (a.halved(), b.halved());
        }
    }
    product
}

/// Means over the plane of SSIM and of its factor for contrast and structure.
fn similarity(a: &Plane, b: &Plane) -> (f64, f64) {
    let (mean_a, mean_b) = (a.blurred(), b.blurred());
    let (aa, bb, ab) = (
        a.times(a).blurred(),
        b.times(b).blurred(),
        a.times(b).blurred(),
    );
    let (mut ssim, mut contrast) = (0.0, 0.0);
    for i in 0..mean_a.data.len() {
        let (x, y) = (mean_a.data[i], mean_b.data[i]);
        let variances = (aa.data[i] - x * x) + (bb.data[i] - y * y);
        let cs = (2.0 * (ab.data[i] - x * y) + C2) / (variances + C2);
        contrast += cs;
        ssim += (2.0 * x * y + C1) / (x * x + y * y + C1) * cs;
    }
    let count = mean_a.data.len() as f64;
    (ssim / count, contrast / count)
}

/// One channel, row by row.
struct Plane {
    width: usize,
    height: usize,
    data: Vec<f64>,
}

impl Plane {
    fn of(image: &Image, channel: usize) -> Self {
        let pixels = image.samples().chunks_exact(image.color().channels());
        Self {
            width: image.width() as usize,
            height: image.height() as usize,
            data: pixels.map(|pixel| f64::from(pixel[channel])).collect(),
        }
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.data.chunks_exact(self.width)
    }

    fn times(&self, other: &Self) -> Self {
        Self {
            data: self
                .data
                .iter()
                .zip(&other.data)
                .map(|(a, b)| a * b)
                .collect(),
            ..*self
        }
    }

    /// Where the whole Gaussian fits: ten columns and ten rows less.
    fn blurred(&self) -> Self {
        let kernel = gaussian();
        let (width, height) = (self.width + 1 - TAPS, self.height + 1 - TAPS);
        let rows: Vec<&[f64]> = self.rows().collect();
        let mut data = vec![0.0; width * height];
        let mut column = vec![0.0; self.width];
        for (y, out) in data.chunks_exact_mut(width).enumerate() {
            column.fill(0.0);
            for (k, weight) in kernel.into_iter().enumerate() {
                add_scaled(&mut column, weight, rows[y + k]);
            }
            for (k, weight) in kernel.into_iter().enumerate() {
                add_scaled(out, weight, &column[k..k + width]);
            }
        }
        Self {
            width,
            height,
            data,
        }
    }

    /// Means of 2×2 samples. As in the package, a plane of odd width begins with a column of zeros that counts in the
    /// mean, and one of odd height with such a row.
    fn halved(&self) -> Self {
        let (left, top) = (self.width % 2, self.height % 2);
        let (width, height) = ((self.width + left) / 2, (self.height + top) / 2);
        let mut data = vec![0.0; width * height];
        for (y, row) in self.rows().enumerate() {
            let out = &mut data[(y + top) / 2 * width..][..width];
            for (x, value) in row.iter().enumerate() {
                out[(x + left) / 2] += value / 4.0;
            }
        }
        Self {
            width,
            height,
            data,
        }
    }
}

fn add_scaled(sum: &mut [f64], weight: f64, row: &[f64]) {
    for (sum, value) in sum.iter_mut().zip(row) {
        *sum += weight * value;
    }
}

fn gaussian() -> [f64; TAPS] {
    let weights: [f64; TAPS] = std::array::from_fn(|i| {
        let x = i as f64 - (TAPS / 2) as f64;
        (-x * x / (2.0 * SIGMA * SIGMA)).exp()
    });
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vqz::Color;

    /// Of x, y and channel.
    type Sample = fn(u32, u32, u32) -> u32;

    fn picture(width: u32, height: u32, sample: Sample) -> Image {
        let samples = (0..width * height * 3)
            .map(|i| sample(i / 3 % width, i / 3 / width, i % 3) as u8)
            .collect();
        Image::new(width, height, Color::Rgb, samples).unwrap()
    }

    fn waves(x: u32, y: u32, c: u32) -> u32 {
        let v = (x * x * (c + 1) / 64 + y * y / 32 + x * y / 48) % 512;
        v.min(511 - v)
    }

    fn coarse(x: u32, y: u32, c: u32) -> u32 {
        waves(x, y, c) / 32 * 32 + (x * 7 + y * 13 + c * 5) % 32
    }

    /// Blue is the negative: its similarity is below zero at every scale.
    fn negative_blue(x: u32, y: u32, c: u32) -> u32 {
        if c == 2 {
            255 - waves(x, y, c)
        } else {
            coarse(x, y, c)
        }
    }

    /// Numbers of pytorch-msssim 1.0.0 for the same pictures as float64 tensors of shape 1×3×H×W: with the Gaussian given in
    /// float64 (`win`), and with the package's own, whose float32 moves the seventh digit.
    #[test]
    fn equals_pytorch_msssim() {
        let cases: [(u32, u32, Sample, f64, f64); 6] = [
            (256, 192, coarse, 0.977_439_648, 0.977_439_786),
            (203, 177, coarse, 0.972_365_101, 0.972_365_286),
            (161, 222, coarse, 0.972_462_189, 0.972_462_372),
            (256, 192, negative_blue, 0.649_360_700, 0.649_360_811),
            (203, 177, negative_blue, 0.645_636_659, 0.645_636_807),
            (161, 222, negative_blue, 0.645_988_003, 0.645_988_147),
        ];
        for (width, height, other, precise, usual) in cases {
            let found = ms_ssim(
                &picture(width, height, waves),
                &picture(width, height, other),
            )
            .unwrap();
            assert!(
                (found - precise).abs() < 1e-9 && (found - usual).abs() < 3e-7,
                "{width}×{height}: {found}, expected {precise}"
            );
        }
    }

    #[test]
    fn small_pictures_have_none() {
        let small = picture(160, 300, waves);
        assert_eq!(ms_ssim(&small, &small), None);
        let enough = picture(161, 300, waves);
        assert!((ms_ssim(&enough, &enough).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn decibels_are_bounded() {
        assert!((decibels(0.99) - 20.0).abs() < 1e-9);
        assert_eq!(decibels(1.0), 100.0);
    }
}
