//! Linear regression with errors like those of latents: of a known spread each, and heavier tails than Gaussian ones.

use tch::{Kind, Tensor};

/// How often samples are weighed by what is left of them.
const ROUNDS: usize = 4;
/// Part of the mean variance of predictors that is added to each.
const RIDGE: f64 = 1e-3;

/// Weights `[P]` by which predictors `[N, P]` say most of `wanted` `[N]`, whose errors have the scales `spread` `[N]`: least squares again and again, with
/// less weight for what is far off (iteratively reweighted least squares, for a density between Gauss's and Laplace's).
pub(super) fn fit(predictors: &Tensor, wanted: &Tensor, spread: &Tensor) -> Vec<f64> {
    let count = predictors.size()[1];
    let mut left = wanted.shallow_clone();
    let mut weights = Tensor::zeros([count], (Kind::Double, tch::Device::Cpu));
    for _ in 0..ROUNDS {
        let worth = ((left.abs() + spread) * spread).reciprocal();
        let weighted = predictors * worth.unsqueeze(1);
        let moments = weighted.tr().matmul(predictors).to_kind(Kind::Double);
        let target = weighted.tr().matmul(&wanted.unsqueeze(1));
        let ridge = moments.diagonal(0, 0, 1).mean(Kind::Double) * RIDGE + 1e-12;
        let moments = moments + Tensor::eye(count, (Kind::Double, tch::Device::Cpu)) * ridge;
        let solved = Tensor::linalg_solve(&moments, &target.to_kind(Kind::Double), true);
        weights = solved.squeeze_dim(1);
        left = wanted
            - predictors
                .matmul(&solved.to_kind(Kind::Float))
                .squeeze_dim(1);
    }
    Vec::try_from(weights).expect("a vector of doubles")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_found_in_spite_of_outliers() {
        tch::manual_seed(4);
        let options = (Kind::Float, tch::Device::Cpu);
        let predictors = Tensor::randn([4000, 3], options);
        let true_weights = Tensor::from_slice(&[0.5f32, -0.25, 0.0]);
        let noise = Tensor::randn([4000], options) * 0.2;
        let wanted = predictors.matmul(&true_weights) + noise;
        // One in forty is something else.
        let outlier = Tensor::rand([4000], options).lt(0.025).to_kind(Kind::Float);
        let wanted = wanted + outlier * 30.0;
        let spread = Tensor::full([4000], 0.2, options);
        let weights = fit(&predictors, &wanted, &spread);
        for (found, expected) in weights.iter().zip([0.5, -0.25, 0.0]) {
            assert!((found - expected).abs() < 0.03, "{weights:?}");
        }
    }
}
