//! Samples of a prior: index after index, then pictures by the decoder of its small model.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use tch::{Device, Kind, Tensor};

use super::checkpoint::load;
use super::network::Prior;
use crate::random::Random;
use crate::small::sheet::{png, sheet};

/// What to draw.
#[derive(Debug, Clone)]
pub struct SheetOptions {
    /// The checkpoint of a prior.
    pub model: PathBuf,
    /// How many pictures.
    pub number: usize,
    /// The same seed gives the same indices.
    pub seed: u64,
}

/// Samples in a grid, as a PNG file. With a prior of classes these take turns, so that each has its column.
///
/// # Errors
/// An unreadable checkpoint.
pub fn sample_sheet(options: &SheetOptions) -> Result<Vec<u8>> {
    let (small, mut prior, _) = load(&options.model, Device::cuda_if_available())
        .with_context(|| options.model.display().to_string())?;
    prior.params.use_average(true);
    let indices = draw(&prior, options.number, options.seed);
    let classes = prior.grid.classes as usize;
    let columns = match classes {
        0 => (options.number as f64).sqrt().ceil() as usize,
        _ => classes.min(options.number),
    };
    png(&sheet(&small.pictures(&indices), columns, 2))
}

/// `[number, positions, G]`. Sample i depends on the seed and on i, not on how many there are.
pub(super) fn draw(prior: &Prior, number: usize, seed: u64) -> Tensor {
    let (grid, device) = (prior.grid, prior.params.device());
    let mut random: Vec<Random> = (0..number as u64).map(|i| Random::new(seed, i)).collect();
    let shape = [number as i64, grid.rows * grid.columns, grid.codebooks];
    let indices = Tensor::zeros(shape, (Kind::Int64, device));
    let classes = (grid.classes > 0).then(|| {
        let turns = Tensor::arange(number as i64, (Kind::Int64, device));
        turns.remainder(grid.classes)
    });
    tch::no_grad(|| {
        for position in 0..shape[1] {
            for book in 0..grid.codebooks {
                let logits = prior.logits(&indices, classes.as_ref(), false);
                let here = logits.select(1, book).flatten(2, 3).select(2, position);
                let shares = here.softmax(1, Kind::Double).cumsum(1, Kind::Double);
                let drawn: Vec<f64> = random.iter_mut().map(Random::unit).collect();
                let drawn = Tensor::from_slice(&drawn).to_device(device).unsqueeze(1);
                let index = shares
                    .less_equal_tensor(&drawn)
                    .sum_dim_intlist(1, false, Kind::Int64);
                let index = index.clamp_max(grid.codewords - 1);
                indices.select(2, book).select(1, position).copy_(&index);
            }
        }
    });
    indices
}

#[cfg(test)]
mod tests {
    use super::super::network::tests::random;
    use super::*;
    use crate::tests::deterministic;

    fn list(indices: &Tensor) -> Vec<i64> {
        Vec::try_from(indices.reshape([-1])).unwrap()
    }

    #[test]
    fn a_seed_gives_the_same_samples_however_many_there_are() {
        let _turn = deterministic();
        let prior = random(2, 3);
        let five = draw(&prior, 5, 7);
        assert_eq!(five.size(), [5, 20, 2]);
        assert_eq!(list(&five), list(&draw(&prior, 5, 7)));
        assert_eq!(list(&five.narrow(0, 0, 2)), list(&draw(&prior, 2, 7)));
        assert_ne!(list(&five), list(&draw(&prior, 5, 8)));
        assert_ne!(list(&five.get(0)), list(&five.get(3)));
        assert!(list(&five).iter().all(|index| (0..6).contains(index)));
    }

    /// The first index depends on nothing: its frequencies are the network's.
    #[test]
    fn indices_are_as_frequent_as_the_prior_says() {
        let _turn = deterministic();
        let prior = random(1, 0);
        let number = 3000;
        let drawn = draw(&prior, number, 1).select(2, 0).select(1, 0);
        let counts = Vec::<i64>::try_from(drawn.bincount(None::<Tensor>, 6)).unwrap();
        let zeros = Tensor::zeros([1, 20, 1], (Kind::Int64, Device::Cpu));
        let logits = prior.logits(&zeros, None, false).flatten(3, 4).select(3, 0);
        let shares = Vec::<f64>::try_from(logits.softmax(2, Kind::Double).view([-1])).unwrap();
        let statistic: f64 = shares
            .iter()
            .zip(&counts)
            .map(|(share, &count)| {
                let expected = share * number as f64;
                (count as f64 - expected).powi(2) / expected
            })
            .sum();
        // 5 degrees of freedom: more than that for one seed in 1,000.
        assert!(statistic < 20.5, "{statistic}: {counts:?} for {shares:?}");
    }
}
