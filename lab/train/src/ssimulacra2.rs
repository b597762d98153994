//! The error that SSIMULACRA2 turns into its score, as a loss: differentiable, on patches. The codec's own search at `--effort 2` has the metric and
//! its gradient, [`vqz::lab::ssimulacra2_error`]; what took a quarter of a step in tensors takes a tenth there.

use rayon::prelude::*;
use tch::{Kind, Tensor};

/// Smallest side of a patch: the coarsest scale has 12 samples then.
pub(super) const MIN_SIDE: u32 = 192;

/// Error of each pair, `[B]`, of two batches of sRGB pictures `[B, 3, H, W]` on the 0–255 scale with sides of at least [`MIN_SIDE`], multiples
/// of 16. Some 0.9 at a score of 85, 6 at 50. Both are rounded to samples, as in files, and the gradient, which goes to `a` alone, passes straight through that.
pub(super) fn error(a: &Tensor, b: &Tensor) -> Tensor {
    let (count, _, height, width) = a.size4().expect("4 dimensions");
    let size = (width as usize, height as usize);
    let (found, wanted) = (samples(a), samples(b));
    let length = size.0 * size.1 * 3;
    let pairs = found
        .par_chunks_exact(length)
        .zip(wanted.par_chunks_exact(length));
    let (errors, gradients): (Vec<f64>, Vec<Vec<f32>>) = pairs
        .map(|(found, wanted)| vqz::lab::ssimulacra2_error(wanted, found, size))
        .unzip();
    let gradient = Tensor::from_slice(&gradients.concat())
        .view([count, height, width, 3])
        .permute([0, 3, 1, 2])
        .to_device(a.device());
    let errors = Tensor::from_slice(&errors)
        .to_kind(Kind::Float)
        .to_device(a.device());
    let moved = (a * gradient).sum_dim_intlist([1i64, 2, 3].as_slice(), false, Kind::Float);
    &moved - moved.detach() + errors
}

/// `[B][y][x][colour]`.
fn samples(x: &Tensor) -> Vec<u8> {
    let x = x.detach().round().clamp(0.0, 255.0).to_kind(Kind::Uint8);
    Vec::try_from(x.permute([0, 2, 3, 1]).flatten(0, -1)).expect("bytes")
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
