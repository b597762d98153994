//! What channels say of those after them at the same position.

use rayon::prelude::*;
use tch::{Kind, Tensor};
use vqz::lab::ObservedStep;
use vqz::model::{ACROSS_CHANNELS, ACROSS_MAX};

use super::regression;

/// Weights of a coding step as a model file has them, from many tiles; what was expected there knows nothing of other channels at the position.
pub(super) fn fit(tiles: &[&ObservedStep]) -> Vec<i16> {
    let channels = tiles.iter().map(|tile| tile.channels).max().unwrap_or(0);
    if !(2..=ACROSS_CHANNELS).contains(&channels) {
        return Vec::new();
    }
    let table = |part: fn(&ObservedStep) -> &[f32]| {
        let values: Vec<f32> = tiles.iter().flat_map(|tile| part(tile)).copied().collect();
        Tensor::from_slice(&values).view([-1, channels as i64])
    };
    let coded = table(|tile| &tile.coded);
    let wanted = table(|tile| &tile.wanted);
    let spread = table(|tile| &tile.spread);
    // Of all that channels have turned out to be.
    let rows: Vec<Vec<f64>> = (1..channels as i64)
        .map(|channel| {
            let spread = spread.select(1, channel);
            let certain = spread.gt(0.0).nonzero().squeeze_dim(1);
            let of = |tensor: &Tensor| tensor.index_select(0, &certain);
            if certain.size()[0] == 0 {
                return vec![0.0; channel as usize];
            }
            let predictors = of(&coded.narrow(1, 0, channel));
            regression::fit(&predictors, &of(&wanted.select(1, channel)), &of(&spread))
        })
        .collect();
    let rows = of_labels(&rows, channels);
    let rows = rows.par_iter().flatten_iter().map(|&weight| {
        let limit = f64::from(ACROSS_MAX);
        (weight * 4096.0).round().clamp(-limit, limit) as i16
    });
    rows.collect()
}

/// The same as weights of what each label adds alone: what a channel has turned out to be is that, and what was predicted of it.
fn of_labels(rows: &[Vec<f64>], channels: usize) -> Vec<Vec<f64>> {
    let size = channels as i64;
    let mut matrix = vec![0.0; channels * channels];
    for (index, row) in rows.iter().enumerate() {
        matrix[(index + 1) * channels..][..row.len()].copy_from_slice(row);
    }
    let matrix = Tensor::from_slice(&matrix).view([size, size]);
    let unit = Tensor::eye(size, (Kind::Double, tch::Device::Cpu));
    let labels = (unit - matrix).inverse();
    let row = |channel: i64| {
        let row = labels.get(channel).narrow(0, 0, channel).contiguous();
        Vec::try_from(row).expect("a vector of doubles")
    };
    (1..size).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vqz::model::Parity;

    /// A half, minus a quarter and an eighth of what labels add.
    #[test]
    fn weights_are_those_of_what_labels_add() {
        tch::manual_seed(3);
        let numbers = Tensor::randn([60_000], (Kind::Float, tch::Device::Cpu)) * 3.0;
        let numbers: Vec<f32> = Vec::try_from(numbers).unwrap();
        let mut step = ObservedStep::new(Parity::All, 3);
        for labels in numbers.as_chunks::<3>().0 {
            let coded = [
                labels[0],
                labels[1] + 0.5 * labels[0],
                labels[2] - 0.25 * labels[0] + 0.125 * labels[1],
            ];
            step.coded.extend(coded);
            step.wanted.extend(coded);
            step.spread.extend([2.0, 3.0, 4.0]);
        }
        // A step of another tile that has no positions.
        let empty = ObservedStep::new(Parity::All, 3);
        let weights = fit(&[&step, &empty]);
        for (found, expected) in weights.iter().zip([2048, -1024, 512]) {
            assert!((found - expected).abs() < 100, "{weights:?}");
        }
        assert_eq!(weights.len(), 3);
    }
}
