//! Linear start: the first principal components of 16×16×3 training blocks.

use tch::{Kind, Tensor};

use crate::network::blocks;

/// Components `[count, 768]` (orthonormal rows, most energetic first) and the standard deviation of each, from patches
/// `[N, 3, H, W]` of pixels − 128. Second moments about zero, not about the mean: the transform has no bias.
pub(crate) fn principal_components(patches: &[Tensor], count: i64) -> (Tensor, Tensor) {
    let mut moment = Tensor::zeros([768, 768], (Kind::Double, tch::Device::Cpu));
    let mut count_seen = 0;
    for patch in patches {
        let x = blocks(&patch.to_kind(Kind::Float))
            .permute([0, 2, 3, 1])
            .reshape([-1, 768]);
        count_seen += x.size()[0];
        moment += x
            .tr()
            .matmul(&x)
            .to_kind(Kind::Double)
            .to_device(tch::Device::Cpu);
    }
    let (values, vectors) = (moment / count_seen as f64).linalg_eigh("L");
    let rows = vectors.tr().flip([0]).narrow(0, 0, count).contiguous();
    let std = values.flip([0]).narrow(0, 0, count).clamp_min(1e-3).sqrt();
    (rows.to_kind(Kind::Float), std.to_kind(Kind::Float))
}
