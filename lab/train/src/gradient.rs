//! The gradient of one step: rate and distortion of a batch, in as many shards at once as there are cores.

use anyhow::{anyhow, Result};
use tch::{Kind, Tensor};

use crate::config::{Recipe, MS_SSIM_UNIT, SSIMULACRA2_UNIT};
use crate::data::{self, Batch};
use crate::model::FloatModel;
use crate::ms_ssim::ms_ssim;
use crate::random::Random;
use crate::settled::Coder;
use crate::ssimulacra2;

/// What became of a shard: means over its patches, and the labels of y and z if they were sought.
pub(crate) struct Outcome {
    pub loss: f64,
    pub bpp: f64,
    pub psnr: f64,
    pub labels: Option<[Tensor; 2]>,
}

/// Shards, the parts that a batch is worked on in at the same time: one for each thread of libtorch, if it can be divided so. Most operations are too short to be worth dividing among
/// threads; on two cores, two shards at once took half of the time that they took one after the other with two threads each.
pub(crate) fn shards(batch: usize) -> usize {
    let threads = usize::try_from(tch::get_num_threads()).unwrap_or(1);
    (1..=threads.min(batch))
        .rev()
        .find(|n| batch.is_multiple_of(*n))
        .unwrap_or(1)
}

/// Adds the gradient of the batch's mean loss to that of the parameters; that of decoders alone if a `coder` chooses the labels.
///
/// Several shards draw their noise from one generator in turns that nobody can foretell; so only a run in one shard can be repeated bit for bit.
///
/// # Errors
/// A thread that panicked, or those of the coder.
pub(crate) fn differentiate(
    model: &FloatModel,
    coder: Option<&Coder>,
    batch: &Batch,
    recipe: &Recipe,
    step: u64,
    kind: Kind,
    shards: usize,
) -> Result<Vec<Outcome>> {
    let count = recipe.batch / shards;
    // Stratified qualities: every batch sees the whole range.
    let mut random = Random::new(recipe.seed ^ 0x7E57, step);
    let t: Vec<f64> = (0..recipe.batch)
        .map(|i| (i as f64 + random.unit()) / recipe.batch as f64)
        .collect();
    let size = batch.seen.len() / shards;
    let shard = |index: usize| Shard {
        model: model.share(),
        coder,
        recipe,
        seen: &batch.seen[index * size..][..size],
        clean: &batch.clean[index * size..][..size],
        t: &t[index * count..][..count],
        step,
        kind,
        weight: 1.0 / shards as f64,
    };
    if shards == 1 {
        return Ok(vec![shard(0).differentiate()?]);
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..shards)
            .map(|index| {
                let shard = shard(index);
                scope.spawn(move || {
                    tch::set_num_threads(1);
                    shard.differentiate()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .map_err(|_| anyhow!("step {step}: a thread of the trainer panicked"))?
            })
            .collect()
    })
}

/// One of them.
struct Shard<'a> {
    model: FloatModel,
    coder: Option<&'a Coder>,
    recipe: &'a Recipe,
    seen: &'a [u8],
    clean: &'a [u8],
    t: &'a [f64],
    step: u64,
    kind: Kind,
    /// What its loss counts in that of the batch.
    weight: f64,
}

impl Shard<'_> {
    fn input(&self, pixels: &[u8]) -> Tensor {
        let side = i64::from(self.recipe.patch);
        data::to_tensor(pixels, self.t.len() as i64, side, side)
            .to_device(self.model.params.device())
    }

    /// `[B]`: f of each patch's quality.
    fn column(&self, f: impl Fn(f64) -> f64) -> Tensor {
        let values: Vec<f32> = self.t.iter().map(|&t| f(t) as f32).collect();
        Tensor::from_slice(&values).to_device(self.model.params.device())
    }

    fn differentiate(self) -> Result<Outcome> {
        let (x, t) = (self.input(self.seen), self.column(|t| t));
        if let Some(coder) = self.coder {
            let settled = coder.settle(&x, self.t)?;
            let out = self.model.decode(&settled, &t, self.kind);
            let zero = out.bpp.zeros_like();
            return Ok(self.pull(&out.bpp, [&out.picture, &out.linear], &zero, None));
        }
        let mode = self.recipe.mode_at(self.step);
        let out = self.model.forward(&x, &t, mode, self.kind);
        // At slope λ a squared step is worth 12·0.72 bits, whatever λ is.
        let beside = out.codebook_loss * (0.5 * 8.66);
        let labels = Some([out.y.labels, out.z.labels]);
        Ok(self.pull(&out.bpp, [&out.picture, &out.linear], &beside, labels))
    }

    /// Goes back from rates, pictures and what is lost beside them.
    fn pull(
        &self,
        bpp: &Tensor,
        pictures: [&Tensor; 2],
        beside: &Tensor,
        labels: Option<[Tensor; 2]>,
    ) -> Outcome {
        let (recipe, clean) = (self.recipe, self.input(self.clean));
        let mse = (pictures[0] - &clean).square();
        let mse = mse.mean_dim([1i64, 2, 3].as_slice(), false, Kind::Float);
        let distortion =
            distortion(recipe, pictures, &clean, &mse) * self.column(|t| recipe.lambda(t));
        let weighted = (bpp + distortion) * self.column(|t| recipe.weight(t));
        let loss = weighted.mean(Kind::Float) + beside.sum(Kind::Float);
        (loss * self.weight).backward();
        Outcome {
            loss: weighted.mean(Kind::Float).double_value(&[]),
            bpp: bpp.mean(Kind::Float).double_value(&[]),
            psnr: (mse.log10() * -10.0 + 48.1308)
                .mean(Kind::Float)
                .double_value(&[]),
            labels,
        }
    }
}

/// `[B]`: how far `pictures` (whole, and their linear parts) are from what they shall be, on the scale of the mean squared error `mse` of 0–255.
fn distortion(
    recipe: &Recipe,
    [picture, linear]: [&Tensor; 2],
    clean: &Tensor,
    mse: &Tensor,
) -> Tensor {
    let pictures = (picture + 128.0, clean + 128.0);
    let mut distortion = mse * (1.0 - recipe.ms_ssim - recipe.ssimulacra2);
    if recipe.ms_ssim > 0.0 {
        let loss = 1.0 - ms_ssim(&pictures.0, &pictures.1);
        distortion += loss * (recipe.ms_ssim * MS_SSIM_UNIT);
    }
    if recipe.ssimulacra2 > 0.0 {
        let error = ssimulacra2::error(&pictures.0, &pictures.1);
        distortion += error * (recipe.ssimulacra2 * SSIMULACRA2_UNIT);
    }
    if recipe.linear > 0.0 {
        let small = |x: &Tensor| x.avg_pool2d([4, 4], [4, 4], [0, 0], false, true, None::<i64>);
        let error = (small(linear) - small(clean)).square();
        distortion += error.mean_dim([1i64, 2, 3].as_slice(), false, Kind::Float) * recipe.linear;
    }
    if recipe.block_edges > 0.0 {
        let error = block_edges(&(picture - clean));
        distortion += error * recipe.block_edges;
    }
    distortion
}

/// `[B]`: half of the mean square of the steps that `error` (`[B, 3, H, W]`) makes from one block of 16 × 16 pixels to the next, which is the mean
/// squared error where errors of neighbours have nothing to do with each other.
fn block_edges(error: &Tensor) -> Tensor {
    let step = |dim: i64| {
        let side = error.size()[dim as usize];
        let step = error.slice(dim, 16, side, 16) - error.slice(dim, 15, side - 1, 16);
        let square = step.square();
        square.mean_dim([1i64, 2, 3].as_slice(), false, Kind::Float)
    };
    (step(2) + step(3)) * 0.25
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn only_steps_between_blocks_count_as_block_edges() {
        let ramp = Tensor::arange(64, (Kind::Float, Device::Cpu));
        let of = |row: &Tensor| {
            let error = row.view([1, 1, 1, 64]).expand([1, 3, 64, 64], false);
            block_edges(&error).double_value(&[0])
        };
        let blocks = ramp.divide_scalar_mode(16, "floor").remainder(2);
        assert_eq!(of(&blocks), 0.25);
        // The same columns moved by half a block: not an edge among them is one of a block.
        assert_eq!(of(&blocks.roll([8i64].as_slice(), [0i64].as_slice())), 0.0);
        assert_eq!(of(&ramp.zeros_like()), 0.0);
    }
}
