//! Product vector quantiser in floating point: labels, learned codewords, rates. While networks are trained it stands in for the codec's quantiser,
//! whose codebooks are designed when the networks are there ([`crate::codebooks`]).
//!
//! Channels go in groups of two. A group's index is a pair of integer labels; labels within ±3 have a learned codeword
//! (label + offset), labels outside are their own codeword, so the codebook is unbounded. The probability of a label is that
//! of a logistic density with the context model's scale, integrated over the unit cell.

use tch::{Device, Kind, Tensor};
use vqz::lab::{RateBias, SCALES_PER_OCTAVE};

use crate::network::Pass;
use crate::params::{Group, Id, Params};
use crate::search::search;

/// Labels up to this magnitude have a learned codeword, if both of their pair are.
pub(crate) const CORE_RADIUS: i32 = 3;
/// Learned codewords of a group: one for each pair of such labels.
pub(crate) const CODEBOOK_WORDS: usize = 49;
/// Smallest log2 σ: there the label 0 is all but certain.
pub(crate) const LOG_SCALE_MIN: f64 = -3.25;
/// Largest log2 σ.
pub(crate) const LOG_SCALE_MAX: f64 = 6.0;

/// How latents become labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    /// Nearest integer; the rate is that of uniform noise added instead (its gradient is exact).
    Relaxed,
    /// The encoder's search, for the least ‖r − c‖² + β·bits among the 3×3 labels around the nearest one; the rate is that of noise, as above.
    /// For training: the rate of a label, passed straight through, hardly pulls at residuals whose label is 0, and the
    /// gains creep up where most are (measured: −0.5 dB at equal rate below 0.2 bpp after 4,000 steps).
    Mixed,
    /// The same search, and the rate of the labels: for measuring.
    Hard,
    /// Nearest label (by the lattice), without regard to its rate.
    Nearest,
}

/// Of channels that all others depend on, errors are worth more to the search; gradients as large as that would be mostly noise.
const WORTH_MAX: f64 = 12.0;

/// Codebooks of one latent block.
pub(crate) struct Codebook {
    pub channels: i64,
    /// `[channels/2 · 49, 2]`: codeword − label, in quantiser steps.
    pub offsets: Id,
    /// `[channels/2, 49]`: decaying counts of use.
    pub usage: Tensor,
    /// `[channels/2]` β of the search, squared steps per bit.
    biases: Tensor,
    /// See [`crate::Recipe::quantiser_error`].
    pub error: f64,
}

/// Outcome of quantising residuals r = v − μ.
pub(crate) struct Quantised {
    /// Codewords, with the straight-through gradient of r; `[N, C]`.
    pub value: Tensor,
    /// Integer labels as floats, no gradient; `[N, C]`.
    pub labels: Tensor,
    /// Mean over all positions of Σ(stop(r) − c)²: the codebook loss, in squared steps per position.
    pub codebook_loss: Tensor,
}

/// Bits of label x (may be fractional, for relaxed rates) under the logistic of scale 2^`log_scale`.
pub(crate) fn bits(x: &Tensor, log_scale: &Tensor) -> Tensor {
    // Standard deviation σ ↔ logistic scale σ·√3/π.
    let inverse = (log_scale.clamp(LOG_SCALE_MIN, LOG_SCALE_MAX) * -1.0).exp2()
        * (std::f64::consts::PI / 3f64.sqrt());
    let magnitude = x.abs();
    // In the left tail both sigmoids are small numbers, which floats subtract without loss.
    let upper = ((0.5f64 - &magnitude) * &inverse).sigmoid();
    let lower = ((-0.5f64 - &magnitude) * &inverse).sigmoid();
    (upper - lower).clamp_min(1e-30).log2() * -1.0
}

/// Bits of integer labels: from tables where there are any, else by [`bits`].
pub(crate) fn label_bits(labels: &Tensor, log_scale: &Tensor, costs: Option<&Tensor>) -> Tensor {
    let Some(costs) = costs else {
        return bits(labels, log_scale);
    };
    let (tables, magnitudes) = costs.size2().expect("2 dimensions");
    let magnitude = labels.abs().clamp_max(magnitudes as f64 - 1.0);
    let index = table_index(log_scale, tables) * magnitudes as f64 + magnitude;
    costs
        .flatten(0, 1)
        .index_select(0, &index.flatten(0, -1).to_kind(Kind::Int64))
        .view_as(labels)
}

/// Number of the table for a log2 σ, as a float.
fn table_index(log_scale: &Tensor, tables: i64) -> Tensor {
    let octave = f64::from(SCALES_PER_OCTAVE);
    ((log_scale * octave).round() - (LOG_SCALE_MIN * octave).trunc())
        .clamp(0.0, tables as f64 - 1.0)
}

impl Codebook {
    pub fn new(params: &mut Params, name: &str, channels: i64, biases: &RateBias) -> Self {
        let groups = channels / 2;
        let options = (Kind::Float, params.device());
        let zeros = Tensor::zeros([groups * CODEBOOK_WORDS as i64, 2], options);
        Self {
            channels,
            offsets: params.add(format!("{name}.codebook"), Group::Table, &zeros),
            usage: Tensor::ones([groups, CODEBOOK_WORDS as i64], options),
            biases: Tensor::from_slice(&biases.values()).to_device(params.device()),
            error: 1.0,
        }
    }

    /// `[C]`: bits that a squared step of error is worth to the search, of channels `first..first + C` (both even); no more than [`WORTH_MAX`].
    pub fn worth(&self, first: i64, channels: i64) -> Tensor {
        let biases = self.biases.narrow(0, first / 2, channels / 2);
        let worth = biases.reciprocal().clamp_max(WORTH_MAX);
        worth.repeat_interleave_self_int(2, 0, None)
    }

    /// The same one, see [`crate::model::FloatModel::share`].
    pub fn share(&self) -> Self {
        Self {
            usage: self.usage.shallow_clone(),
            biases: self.biases.shallow_clone(),
            ..*self
        }
    }

    /// Row of `offsets` for labels `[N, G, 2]` → `[N, G]`, and whether both labels are in the core.
    fn rows(&self, labels: &Tensor, first_group: i64) -> (Tensor, Tensor) {
        let radius = f64::from(CORE_RADIUS);
        let core = labels.abs().le(radius).all_dim(-1, false);
        let clamped = labels.clamp(-radius, radius) + radius;
        let word = clamped.select(-1, 0) * f64::from(2 * CORE_RADIUS + 1) + clamped.select(-1, 1);
        let groups = labels.size()[1];
        let group = Tensor::arange(groups, (Kind::Float, labels.device())) + first_group as f64;
        let rows = (word + group.unsqueeze(0) * CODEBOOK_WORDS as f64).to_kind(Kind::Int64);
        (rows, core)
    }

    fn codewords(&self, params: &Params, labels: &Tensor, first_group: i64) -> Tensor {
        let (rows, core) = self.rows(labels, first_group);
        let offsets = params
            .get(self.offsets)
            .index_select(0, &rows.flatten(0, -1));
        labels + offsets.view_as(labels) * core.unsqueeze(-1).to_kind(Kind::Float)
    }

    /// Quantises residuals `[N, C]` of channels `first..first + C` (both even).
    pub fn quantise(
        &self,
        pass: &Pass,
        r: &Tensor,
        log_scale: &Tensor,
        first: i64,
        mode: Mode,
    ) -> Quantised {
        let (n, c) = r.size2().expect("2 dimensions");
        let shape = [n, c / 2, 2];
        let target = r.detach().view(shape);
        let labels = tch::no_grad(|| match mode {
            Mode::Relaxed | Mode::Nearest => target.round(),
            Mode::Mixed | Mode::Hard => {
                self.search(pass, &target, &log_scale.detach().view(shape), first / 2)
            }
        });
        let (codewords, codebook_loss) = match mode {
            Mode::Relaxed => (
                labels.shallow_clone(),
                Tensor::zeros([1], (Kind::Float, r.device())),
            ),
            Mode::Mixed | Mode::Hard | Mode::Nearest => {
                let words = self.codewords(pass.params, &labels, first / 2);
                let loss = (&target - &words).square().sum(Kind::Float) / n as f64;
                (words.detach(), loss)
            }
        };
        let labels = labels.view([n, c]);
        let mut error = codewords.view([n, c]) - r.detach();
        if self.error < 1.0 && mode == Mode::Hard {
            error *= labels.ne(0.0).to_kind(Kind::Float) * (self.error - 1.0) + 1.0;
        }
        Quantised {
            value: r + error,
            labels,
            codebook_loss,
        }
    }

    fn search(&self, pass: &Pass, r: &Tensor, log_scale: &Tensor, first_group: i64) -> Tensor {
        let groups = r.size()[1];
        let beta = self.biases.narrow(0, first_group, groups);
        if r.device() == Device::Cpu && pass.costs.is_none() {
            let words = CODEBOOK_WORDS as i64;
            let offsets = pass.params.get(self.offsets);
            let offsets = offsets.narrow(0, first_group * words, groups * words);
            return search(r, log_scale, &offsets, &beta);
        }
        self.search_by_tensors(pass, r, log_scale, first_group)
    }

    /// The same on any device, with bits from tables too.
    fn search_by_tensors(
        &self,
        pass: &Pass,
        r: &Tensor,
        log_scale: &Tensor,
        first_group: i64,
    ) -> Tensor {
        let beta = self.biases.narrow(0, first_group, r.size()[1]).unsqueeze(0);
        let mut base = r.round();
        if let Some(costs) = pass.costs {
            // Table 0 has the label 0 alone.
            base *= table_index(log_scale, costs.size()[0]).clamp_max(1.0);
        }
        let scales = [log_scale.select(-1, 0), log_scale.select(-1, 1)];
        let rate = |dim: usize, delta: f64| {
            label_bits(
                &(base.select(-1, dim as i64) + delta),
                &scales[dim],
                pass.costs,
            ) * &beta
        };
        let deltas = [-1.0, 0.0, 1.0];
        let rates: Vec<[Tensor; 3]> = (0..2)
            .map(|dim| deltas.map(|delta| rate(dim, delta)))
            .collect();
        let mut best: Option<(Tensor, Tensor)> = None;
        for (a, da) in deltas.iter().enumerate() {
            for (b, db) in deltas.iter().enumerate() {
                let delta = Tensor::from_slice(&[*da as f32, *db as f32]).to_device(r.device());
                let labels = &base + delta;
                let words = self.codewords(pass.params, &labels, first_group);
                let cost = (r - words).square().sum_dim_intlist(-1, false, Kind::Float)
                    + &rates[0][a]
                    + &rates[1][b];
                best = Some(match best {
                    None => (cost, labels),
                    Some((least, chosen)) => {
                        let better = cost.lt_tensor(&least);
                        (
                            cost.where_self(&better, &least),
                            labels.where_self(&better.unsqueeze(-1), &chosen),
                        )
                    }
                });
            }
        }
        best.expect("nine candidates").1
    }

    /// Adds labels `[N, C]` of all channels to the counts of use, after letting old counts decay.
    pub fn count(&mut self, labels: &Tensor, decay: f64) {
        tch::no_grad(|| {
            let shape = [labels.size()[0], self.channels / 2, 2];
            let (rows, core) = self.rows(&labels.view(shape), 0);
            let counts = rows.flatten(0, -1).bincount(
                Some(core.flatten(0, -1).to_kind(Kind::Float)),
                self.usage.numel() as i64,
            );
            self.usage = &self.usage * decay + counts.to_kind(Kind::Float).view_as(&self.usage);
        });
    }

    /// Mean perplexity of the codebooks, and how many words in all have not been used lately.
    pub fn health(&self) -> (f64, i64) {
        let total = self.usage.sum_dim_intlist(1, true, Kind::Float);
        let p = &self.usage / total.clamp_min(1e-9);
        let entropy =
            (&p * p.clamp_min(1e-12).log2()).sum_dim_intlist(1, false, Kind::Float) * -1.0;
        let perplexity = entropy.exp2().mean(Kind::Float).double_value(&[]);
        let dead = self.usage.lt(0.5).sum(Kind::Int64).int64_value(&[]);
        (perplexity, dead)
    }

    /// Restarts dead codewords at their lattice points: an offset learned in use that has since ceased would mislead the search.
    pub fn restart_dead(&self, params: &mut Params) {
        let dead = self.usage.lt(0.5).view([-1, 1]).to_kind(Kind::Float);
        let kept = tch::no_grad(|| params.get(self.offsets) * (1.0f64 - dead));
        params.set(self.offsets, &kept);
    }

    /// Lloyd's step of k-means (entropy-constrained, since the labels come from the biased search): every
    /// codeword moves to the mean of the residuals it stands for. `sums` and `counts` come from [`Codebook::accumulate`].
    pub fn move_to_means(&self, params: &mut Params, sums: &Tensor, counts: &Tensor) {
        let enough = counts.ge(20.0).to_kind(Kind::Float).unsqueeze(-1);
        let mean = sums / counts.clamp_min(1.0).unsqueeze(-1) * enough;
        params.set(self.offsets, &mean.clamp(-0.5, 0.5));
    }

    /// Sums of r − label and counts per word: `([G·49, 2], [G·49])`, for residuals and labels `[N, C]`.
    pub fn accumulate(&self, r: &Tensor, labels: &Tensor) -> (Tensor, Tensor) {
        tch::no_grad(|| {
            let shape = [labels.size()[0], self.channels / 2, 2];
            let labels = labels.view(shape);
            let (rows, core) = self.rows(&labels, 0);
            let (rows, weight) = (
                rows.flatten(0, -1),
                core.flatten(0, -1).to_kind(Kind::Float),
            );
            let difference = (r.view(shape) - labels).reshape([-1, 2]) * weight.unsqueeze(-1);
            let length = self.usage.numel() as i64;
            let sums: Vec<Tensor> = (0..2)
                .map(|dim| rows.bincount(Some(difference.select(1, dim).contiguous()), length))
                .collect();
            (
                Tensor::stack(&sums, 1).to_kind(Kind::Float),
                rows.bincount(Some(weight), length).to_kind(Kind::Float),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(params: &Params) -> Pass<'_> {
        Pass {
            params,
            knots: Tensor::new(),
            kind: Kind::Float,
            peaks: None,
            costs: None,
        }
    }

    /// Labels inside and outside the core, certain ones and flat densities.
    #[test]
    fn both_searches_choose_the_same_labels() {
        let _turn = crate::tests::deterministic();
        tch::manual_seed(7);
        let (n, channels) = (500, 6);
        let cpu = (Kind::Float, Device::Cpu);
        let mut params = Params::new(Device::Cpu);
        let codebook = Codebook::new(&mut params, "y", channels, &RateBias::rising(6));
        let offsets = Tensor::rand(params.get(codebook.offsets).size(), cpu) * 0.6 - 0.3;
        params.set(codebook.offsets, &offsets);
        let pass = pass(&params);
        let shape = [n, 2, 2];
        let log_scale = Tensor::rand(shape, cpu) * 8.0 - 4.0;
        let r = Tensor::randn(shape, cpu) * log_scale.exp2();
        let [fast, slow] = [
            codebook.search(&pass, &r, &log_scale, 1),
            codebook.search_by_tensors(&pass, &r, &log_scale, 1),
        ];
        let different = fast
            .not_equal_tensor(&slow)
            .sum(Kind::Int64)
            .int64_value(&[]);
        assert!(different <= 2, "{different} of {} labels", fast.numel());
        let rounded = fast
            .not_equal_tensor(&r.round())
            .sum(Kind::Int64)
            .int64_value(&[]);
        assert!(rounded > n / 10, "rates made no difference");
    }

    #[test]
    fn a_smaller_error_is_that_of_labels_other_than_0() {
        let _turn = crate::tests::deterministic();
        tch::manual_seed(8);
        let cpu = (Kind::Float, Device::Cpu);
        let mut params = Params::new(Device::Cpu);
        let mut codebook = Codebook::new(&mut params, "y", 4, &RateBias::rising(4));
        let pass = pass(&params);
        let r = Tensor::randn([300, 4], cpu) * 2.0;
        let log_scale = Tensor::ones([300, 4], cpu);
        let errors = [1.0, 0.5].map(|error| {
            codebook.error = error;
            let out = codebook.quantise(&pass, &r, &log_scale, 0, Mode::Hard);
            (out.value - &r, out.labels)
        });
        let [(whole, labels), (half, same)] = errors;
        assert!(labels.equal(&same));
        let zeros = labels.eq(0.0);
        assert!(zeros.any().int64_value(&[]) == 1 && zeros.all().int64_value(&[]) == 0);
        let expected = whole.where_self(&zeros, &(&whole * 0.5));
        assert!((expected - half).abs().max().double_value(&[]) < 1e-6);
    }
}
