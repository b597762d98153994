//! A Gaussian blur of σ = 1.5 on planes of floats, and its adjoint.

/// How far the kernel reaches: 3⅓ σ.
const RADIUS: usize = 5;
/// Half of the kernel, from its middle: exp(−d²/4.5), not normalised.
const KERNEL: [f32; RADIUS + 1] = [
    1.0,
    0.800_737_4,
    0.411_112_3,
    0.135_335_28,
    0.028_565_5,
    0.003_865_92,
];

/// The blur of planes of one size. Where the kernel leaves the plane, the weights that are left count for all.
pub(super) struct Blur {
    width: usize,
    height: usize,
    /// One over the sum of the weights, of each position.
    norm: Vec<f32>,
}

impl Blur {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let sums = |length: usize| -> Vec<f32> {
            let ones = vec![1.0; length];
            let mut sums = vec![0.0; length];
            row(&ones, &mut sums);
            sums
        };
        let (columns, rows) = (sums(width), sums(height));
        let norm = rows
            .iter()
            .flat_map(|row| columns.iter().map(move |column| 1.0 / (row * column)));
        Self {
            width,
            height,
            norm: norm.collect(),
        }
    }

    pub(super) fn run(&self, plane: &[f32]) -> Vec<f32> {
        let mut blurred = self.weigh(plane);
        for (value, norm) in blurred.iter_mut().zip(&self.norm) {
            *value *= norm;
        }
        blurred
    }

    /// The transposed matrix: from the gradient with respect to [`Self::run`]'s result to the one with respect to its input.
    pub(super) fn back(&self, gradient: &[f32]) -> Vec<f32> {
        let scaled: Vec<f32> = gradient
            .iter()
            .zip(&self.norm)
            .map(|(g, n)| g * n)
            .collect();
        self.weigh(&scaled)
    }

    /// Weighted sums, a symmetric matrix.
    fn weigh(&self, plane: &[f32]) -> Vec<f32> {
        let (width, height) = (self.width, self.height);
        let mut across = vec![0.0; plane.len()];
        for (from, to) in plane
            .chunks_exact(width)
            .zip(across.chunks_exact_mut(width))
        {
            row(from, to);
        }
        let mut both = vec![0.0; plane.len()];
        for (y, to) in both.chunks_exact_mut(width).enumerate() {
            for sy in y.saturating_sub(RADIUS)..(y + RADIUS + 1).min(height) {
                let weight = KERNEL[sy.abs_diff(y)];
                let from = &across[sy * width..][..width];
                for (sum, value) in to.iter_mut().zip(from) {
                    *sum += weight * value;
                }
            }
        }
        both
    }
}

/// Weighted sums along a row.
fn row(from: &[f32], to: &mut [f32]) {
    let length = from.len();
    for (distance, weight) in KERNEL.iter().enumerate() {
        if distance >= length {
            break;
        }
        let (near, far) = (&from[..length - distance], &from[distance..]);
        for (sum, value) in to.iter_mut().zip(far) {
            *sum += weight * value;
        }
        if distance > 0 {
            for (sum, value) in to[distance..].iter_mut().zip(near) {
                *sum += weight * value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Rng;

    #[test]
    fn the_kernel_is_a_gaussian() {
        for (distance, weight) in KERNEL.iter().enumerate() {
            let exact = (-(distance as f64).powi(2) / 4.5).exp();
            assert!((f64::from(*weight) - exact).abs() < 1e-6, "{distance}");
        }
    }

    /// A constant stays one up to the edges, and ⟨run(a), b⟩ = ⟨a, back(b)⟩.
    #[test]
    fn back_is_the_transposed_matrix() {
        let rng = &mut Rng(3);
        for (width, height) in [(1, 1), (3, 9), (17, 6)] {
            let blur = Blur::new(width, height);
            let flat = blur.run(&vec![0.7; width * height]);
            assert!(flat.iter().all(|v| (v - 0.7).abs() < 1e-5));
            let mut draw = || -> Vec<f32> {
                (0..width * height)
                    .map(|_| rng.range(-1000, 1000) as f32 / 1000.0)
                    .collect()
            };
            let (a, b) = (draw(), draw());
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            let (one, other) = (dot(&blur.run(&a), &b), dot(&a, &blur.back(&b)));
            assert!((one - other).abs() < 1e-3, "{one}, {other}");
        }
    }
}
