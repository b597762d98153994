//! SSIMULACRA2's error maps of one channel at one scale, their norms, and the gradients of these.

use super::blur::Blur;
use super::terms::{Map, Norm, TERMS};

const C2: f32 = 0.0009;
/// Below this a 4-norm has no gradient worth having.
const FLOOR: f64 = 1e-16;

/// What is known of a channel of the original.
pub(super) struct Channel {
    plane: Vec<f32>,
    mean: Vec<f32>,
    /// The blurred square.
    square: Vec<f32>,
    /// Contrast to the surroundings, and 1.
    contrast: Vec<f32>,
}

impl Channel {
    pub(super) fn new(plane: Vec<f32>, blur: &Blur) -> Self {
        let mean = blur.run(&plane);
        let squares: Vec<f32> = plane.iter().map(|v| v * v).collect();
        let contrast = plane.iter().zip(&mean).map(|(v, m)| (v - m).abs() + 1.0);
        Self {
            square: blur.run(&squares),
            contrast: contrast.collect(),
            mean,
            plane,
        }
    }

    /// The weighted sum of the terms of scale and channel `at`, for another picture's `plane` of that channel, and its gradient.
    pub(super) fn error(&self, plane: &[f32], blur: &Blur, at: (usize, usize)) -> (f64, Vec<f32>) {
        let mean = blur.run(plane);
        let squares: Vec<f32> = plane.iter().map(|v| v * v).collect();
        let square = blur.run(&squares);
        let products: Vec<f32> = plane.iter().zip(&self.plane).map(|(a, b)| a * b).collect();
        let product = blur.run(&products);

        let parts = |i: usize| {
            let covariance = product[i] - mean[i] * self.mean[i];
            let variances =
                square[i] + self.square[i] - mean[i] * mean[i] - self.mean[i] * self.mean[i];
            let apart = mean[i] - self.mean[i];
            (1.0 - apart * apart, 2.0 * covariance + C2, variances + C2)
        };
        let similarity = (0..plane.len()).map(|i| {
            let (brightness, covariance, variances) = parts(i);
            1.0 - brightness * covariance / variances
        });
        let edges =
            (0..plane.len()).map(|i| ((plane[i] - mean[i]).abs() + 1.0) / self.contrast[i] - 1.0);
        let maps: [Vec<f32>; 2] = [similarity.collect(), edges.collect()];
        let mut of_maps = [vec![0.0f32; plane.len()], vec![0.0f32; plane.len()]];
        let mut error = 0.0;
        for term in TERMS.iter().filter(|term| (term.scale, term.channel) == at) {
            let (which, sign) = match term.map {
                Map::Similarity => (0, 1.0),
                Map::Artifacts => (1, 1.0),
                Map::Details => (1, -1.0),
            };
            let add = match term.norm {
                Norm::Mean => add_mean,
                Norm::Fourth => add_fourth,
            };
            error += add(&maps[which], sign, term.weight, &mut of_maps[which]);
        }

        let [of_similarity, of_edges] = of_maps;
        let mut of_mean = vec![0.0; plane.len()];
        let mut of_square = vec![0.0; plane.len()];
        let mut of_product = vec![0.0; plane.len()];
        let mut gradient = vec![0.0; plane.len()];
        for i in 0..plane.len() {
            let (brightness, covariance, variances) = parts(i);
            let of_covariance = -2.0 * of_similarity[i] * brightness / variances;
            let of_variances = of_similarity[i] * brightness * covariance / (variances * variances);
            let of_brightness = -of_similarity[i] * covariance / variances;
            let of_contrast = of_edges[i] * (plane[i] - mean[i]).signum() / self.contrast[i];
            of_product[i] = of_covariance;
            of_square[i] = of_variances;
            of_mean[i] = -2.0 * of_brightness * (mean[i] - self.mean[i])
                - of_covariance * self.mean[i]
                - 2.0 * of_variances * mean[i]
                - of_contrast;
            gradient[i] = of_contrast;
        }
        let (of_mean, of_square, of_product) = (
            blur.back(&of_mean),
            blur.back(&of_square),
            blur.back(&of_product),
        );
        for i in 0..plane.len() {
            gradient[i] +=
                of_mean[i] + 2.0 * plane[i] * of_square[i] + self.plane[i] * of_product[i];
        }
        (error, gradient)
    }
}

/// `weight` times the mean of the positive part of `sign`·`map`; its gradient is added to `gradient`.
fn add_mean(map: &[f32], sign: f32, weight: f64, gradient: &mut [f32]) -> f64 {
    let count = map.len() as f64;
    let slope = (weight / count) as f32 * sign;
    let mut sum = 0.0;
    for (gradient, value) in gradient.iter_mut().zip(map) {
        if value * sign > 0.0 {
            sum += f64::from(value * sign);
            *gradient += slope;
        }
    }
    weight * sum / count
}

/// The same with the 4-norm.
fn add_fourth(map: &[f32], sign: f32, weight: f64, gradient: &mut [f32]) -> f64 {
    let positive = |v: &f32| (v * sign).max(0.0);
    let sum: f64 = map.iter().map(|v| f64::from(positive(v)).powi(4)).sum();
    let count = map.len() as f64;
    let norm = (sum / count + FLOOR).sqrt().sqrt();
    let slope = (weight / (count * norm.powi(3))) as f32 * sign;
    for (gradient, value) in gradient.iter_mut().zip(map) {
        *gradient += slope * positive(value).powi(3);
    }
    weight * norm
}
