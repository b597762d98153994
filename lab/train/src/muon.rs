//! Muon (Jordan et al. 2024, <https://kellerjordan.github.io/posts/muon>): the update of a weight matrix is its momentum with all
//! singular values made about 1, so that rare directions are learned as fast as common ones.

use tch::{Kind, Tensor};

/// Steps of Newton–Schulz; singular values end between 0.7 and 1.2.
const ITERATIONS: usize = 5;
/// Root mean square of an update's entries: about that of Adam's, so that one learning rate serves both (Liu et al. 2025).
const RMS: f64 = 0.2;

/// The update's direction for a convolution's `[outputs, inputs, k, k]` momentum, computed in `kind`.
pub(super) fn direction(momentum: &Tensor, kind: Kind) -> Tensor {
    let matrix = momentum.flatten(1, -1);
    let (rows, columns) = matrix.size2().expect("2 dimensions");
    let tall = rows > columns;
    let wide = if tall { matrix.tr() } else { matrix };
    let mut x = (&wide / (wide.norm() + 1e-12)).to_kind(kind);
    for _ in 0..ITERATIONS {
        let gram = x.matmul(&x.tr());
        let polynomial = &gram * -4.775 + gram.matmul(&gram) * 2.0315;
        x = &x * 3.4445 + polynomial.matmul(&x);
    }
    let x = if tall { x.tr() } else { x }.to_kind(momentum.kind());
    let scale = RMS * (rows.max(columns) as f64).sqrt();
    (x * scale).view_as(momentum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    /// Singular values of 1, 10⁻² and 10⁻³ all become those of one.
    #[test]
    fn rare_directions_weigh_as_much_as_common_ones() {
        let (rows, columns) = (3, 2 * 3 * 3);
        let identity = Tensor::eye_m(rows, columns, (Kind::Float, Device::Cpu));
        let values = Tensor::from_slice(&[1.0f32, 1e-2, 1e-3]).unsqueeze(1);
        let momentum = (identity * values).view([rows, 2, 3, 3]);
        for momentum in [momentum.copy(), momentum.transpose(0, 1)] {
            let direction = direction(&momentum, Kind::Float);
            assert_eq!(direction.size(), momentum.size());
            let squares = f64::try_from(direction.square().sum(Kind::Double)).unwrap();
            let rms = (squares / direction.numel() as f64).sqrt();
            assert!(rms < 1.3 * RMS && rms > 0.0, "{rms}");
        }
        let matrix = direction(&momentum, Kind::Float).flatten(1, -1);
        let scale = RMS * (columns as f64).sqrt();
        for row in 0..rows {
            let length = matrix.get(row).norm().double_value(&[]) / scale;
            assert!((0.3..1.3).contains(&length), "{row}: {length}");
        }
    }
}
