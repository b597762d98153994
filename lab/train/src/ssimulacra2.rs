//! The error that SSIMULACRA2 (Jon Sneyers, 2023; libjxl's `tools/ssimulacra2.cc`, version 2.1) turns into its score, as a loss: differentiable, on
//! patches. [`vqz::lab::ssimulacra2`] has the terms.

use tch::{Kind, Tensor};
use vqz::lab::ssimulacra2::{Map, Norm, TERMS};

/// Smallest side of a patch: the coarsest scale has 12 samples then.
pub(super) const MIN_SIDE: u32 = 192;
const SIGMA: f64 = 1.5;
const C2: f64 = 0.0009;
/// Below this a 4-norm has no gradient worth having.
const FLOOR: f64 = 1e-16;

/// Rows of the matrix that takes linear RGB to the cones' responses, and what is added to each.
const OPSIN: [[f32; 3]; 3] = [
    [0.30, 0.622, 0.078],
    [0.23, 0.692, 0.078],
    [0.243_422_69, 0.204_767_45, 0.551_809_86],
];
const OPSIN_BIAS: f64 = 0.003_793_073_4;

/// Error of each pair, `[B]`, of two batches of sRGB pictures `[B, 3, H, W]` on the 0–255 scale with sides of at least [`MIN_SIDE`], multiples
/// of 16. Some 0.9 at a score of 85, 6 at 50. The gradient goes to `a` alone.
pub(super) fn error(a: &Tensor, b: &Tensor) -> Tensor {
    let halved = |x: &Tensor| x.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None::<i64>);
    let (mut a, mut b) = (linear(a), linear(&b.detach()));
    let mut sum = Tensor::zeros([a.size()[0]], (Kind::Float, a.device()));
    for scale in 0..=TERMS[TERMS.len() - 1].scale {
        if scale > 0 {
            (a, b) = (halved(&a), halved(&b));
        }
        let (found, wanted) = (positive_xyb(&a), positive_xyb(&b));
        for channel in 0..3 {
            let terms: Vec<_> = TERMS
                .iter()
                .filter(|term| (term.scale, term.channel) == (scale, channel))
                .collect();
            if terms.is_empty() {
                continue;
            }
            let maps = Maps::new(
                &found.select(1, channel as i64),
                &wanted.select(1, channel as i64),
            );
            for term in &terms {
                let map = maps.of(term.map);
                let value = match term.norm {
                    Norm::Mean => mean(&map),
                    Norm::Fourth => (mean(&map.square().square()) + FLOOR).pow_tensor_scalar(0.25),
                };
                sum += value * term.weight;
            }
        }
    }
    sum
}

/// `[B, H, W]` → `[B]`.
fn mean(x: &Tensor) -> Tensor {
    x.mean_dim([1i64, 2].as_slice(), false, Kind::Float)
}

/// sRGB on the 0–255 scale → linear light, 0 to 1.
fn linear(x: &Tensor) -> Tensor {
    let x = (x / 255.0).clamp(0.0, 1.0);
    let power = ((&x.clamp_min(0.04) + 0.055) / 1.055).pow_tensor_scalar(2.4);
    power.where_self(&x.gt(0.04045), &(x / 12.92))
}

/// Linear RGB → the metric's XYB: all channels between 0 and 1, B without Y.
fn positive_xyb(rgb: &Tensor) -> Tensor {
    let matrix = Tensor::from_slice(OPSIN.as_flattened())
        .to_device(rgb.device())
        .view([3, 3, 1, 1]);
    let mixed = rgb.conv2d(&matrix, None::<Tensor>, 1, 0, 1, 1) + OPSIN_BIAS;
    let roots = mixed.pow_tensor_scalar(1.0 / 3.0) - OPSIN_BIAS.cbrt();
    let [long, medium, short] = [0, 1, 2].map(|i| roots.select(1, i));
    let y = (&long + &medium) * 0.5;
    Tensor::stack(
        &[
            (&long - &medium) * (0.5 * 14.0) + 0.42,
            &y + 0.01,
            short - &y + 0.55,
        ],
        1,
    )
}

/// What the error maps of one channel at one scale are made of, `[B, H, W]`.
struct Maps {
    similarity: Tensor,
    /// Contrast to the surroundings: that of the picture over the original's, less 1.
    edges: Tensor,
}

impl Maps {
    fn new(a: &Tensor, b: &Tensor) -> Self {
        let (height, width) = (a.size()[1], a.size()[2]);
        let (columns, rows) = (
            gaussian(height, a.device()),
            gaussian(width, a.device()).tr(),
        );
        let blurred = |x: &Tensor| columns.matmul(&x.matmul(&rows));
        let (mean_a, mean_b) = (blurred(a), blurred(b));
        let covariance = blurred(&(a * b)) - &mean_a * &mean_b;
        let variances = blurred(&(a.square() + b.square())) - mean_a.square() - mean_b.square();
        let brightness = 1.0 - (&mean_a - &mean_b).square();
        let similarity = 1.0 - brightness * (covariance * 2.0 + C2) / (variances + C2);
        let edges = ((a - mean_a).abs() + 1.0) / ((b - mean_b).abs() + 1.0) - 1.0;
        Self { similarity, edges }
    }

    fn of(&self, map: Map) -> Tensor {
        match map {
            Map::Similarity => self.similarity.clamp_min(0.0),
            Map::Artifacts => self.edges.clamp_min(0.0),
            Map::Details => (-&self.edges).clamp_min(0.0),
        }
    }
}

/// The blur along one side as a matrix, `[n, n]`: a product with it is faster than convolutions of one channel. A patch ends where its picture
/// goes on, so at its edges the weights that are left count for all.
fn gaussian(n: i64, device: tch::Device) -> Tensor {
    let at = Tensor::arange(n, (Kind::Float, device));
    let distance = at.unsqueeze(1) - at.unsqueeze(0);
    let near = distance.abs().le(5.0).to_kind(Kind::Float);
    let weights = (distance.square() * (-0.5 / (SIGMA * SIGMA))).exp() * near;
    &weights / weights.sum_dim_intlist(1, true, Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ssimulacra2::{compute_frame_ssimulacra2, ColorPrimaries, Rgb, TransferCharacteristic};

    const SIDE: i64 = 384;

    /// From the metric's weighted sum to its score.
    fn score(error: f64) -> f64 {
        let bent = error * (2.326_765_6 + error * (-0.020_884_5 + error * 6.248_5e-5));
        100.0 - 10.0 * bent.powf(0.627_633_6)
    }

    fn reference(a: &Tensor, b: &Tensor) -> f64 {
        let frame = |x: &Tensor| {
            let values = Vec::<f32>::try_from((x / 255.0).permute([1, 2, 0]).flatten(0, -1))
                .expect("floats");
            let side = SIDE as usize;
            let (_, pixels) = (side, values.as_chunks::<3>().0.to_vec());
            Rgb::new(
                pixels,
                side,
                side,
                TransferCharacteristic::SRGB,
                ColorPrimaries::BT709,
            )
            .expect("a picture")
        };
        compute_frame_ssimulacra2(frame(b), frame(a)).expect("a score")
    }

    /// Waves of all lengths, edges and a plain area.
    fn picture() -> Tensor {
        let at = Tensor::arange(SIDE, (Kind::Float, tch::Device::Cpu));
        let (x, y) = (at.unsqueeze(0), at.unsqueeze(1));
        let waves = (&x * &y / 300.0).sin() * 60.0 + (&x / 30.0 + &y / 11.0).sin() * 40.0;
        let edges = (&x + &y * 2.0)
            .remainder(97.0)
            .gt(40.0)
            .to_kind(Kind::Float)
            * 30.0;
        let plain = (y.lt(250.0) + x.lt(200.0))
            .to_kind(Kind::Float)
            .clamp(0.0, 1.0);
        let grey = (waves + edges) * plain + 110.0;
        Tensor::stack(&[&grey * 1.1, grey.shallow_clone(), &grey * 0.8 + 20.0], 0).clamp(0.0, 255.0)
    }

    #[test]
    fn scores_are_those_of_the_metric() {
        let original = picture();
        tch::manual_seed(5);
        let noise = original.randn_like();
        let smooth = |size: i64| {
            let half = [size / 2, size / 2];
            original
                .unsqueeze(0)
                .avg_pool2d([size, size], [1, 1], half, false, false, None::<i64>)
                .squeeze_dim(0)
        };
        let distorted = [
            &original + &noise * 2.0,
            &original + &noise * 8.0,
            smooth(3),
            smooth(5),
            (&original / 12.0).round() * 12.0,
            &original * 0.97 + 2.0,
        ];
        for (index, picture) in distorted.iter().enumerate() {
            let picture = picture.clamp(0.0, 255.0);
            let error = error(&picture.unsqueeze(0), &original.unsqueeze(0));
            let (found, wanted) = (
                score(error.double_value(&[0])),
                reference(&picture, &original),
            );
            // A patch has other edges than a picture.
            assert!(
                (found - wanted).abs() < 0.5 + 0.08 * (100.0 - wanted),
                "{index}: {found}, not {wanted}"
            );
        }
        assert!(error(&original.unsqueeze(0), &original.unsqueeze(0)).double_value(&[0]) < 1.0);
    }

    /// Black and white, and equal pictures: where roots and norms have no derivative.
    #[test]
    fn gradients_are_finite() {
        for level in [-3.0, 0.0, 128.0, 255.0, 270.0] {
            let size = [2, 3, 192, 192];
            let a =
                Tensor::full(size, level, (Kind::Float, tch::Device::Cpu)).set_requires_grad(true);
            let b = Tensor::full(size, 255.0, (Kind::Float, tch::Device::Cpu));
            error(&a, &b).sum(Kind::Float).backward();
            assert!(
                a.grad().isfinite().all().double_value(&[]) == 1.0,
                "{level}"
            );
        }
    }
}
