//! The encoder's choice of codewords: least distortion + bias × rate (entropy-constrained vector quantisation, Chou et al. 1989).

use super::quantiser::Quantiser;
use super::refine::RefineTile;
use crate::entropy::{LabelTable, LABEL_MAX};

/// Whether to search at all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Effort {
    /// The nearest label, whatever it costs.
    Nearest,
    /// The best of the nearest label and its neighbours.
    Search,
    /// The same, of latents that have been moved until their picture is better. A pointer, so that programs that never ask for it do not
    /// carry it.
    Refine(RefineTile),
}

/// What a bit is worth, per pair of a latent block: squared quantiser steps (Q12).
pub struct RateBias(Vec<i64>);

impl RateBias {
    /// Of hyper-latents: the same for all pairs, 0.08 squared steps.
    pub fn flat(channels: usize) -> Self {
        Self(vec![328; channels / 2])
    }

    /// Of latents: from 0.02 at the first channel to 0.12 at the last one. What is coded early is what later channels are predicted
    /// from, and repays a finer choice: 0.7 % of rate at equal PSNR, 2.4 % at equal MS-SSIM (docs/notes/generation-1.md).
    pub fn rising(channels: usize) -> Self {
        let bias = |pair: usize| {
            let position = (2 * pair + 1) as f64 / channels as f64;
            ((0.02 + 0.103 * position.sqrt()) * 4096.0).round() as i64
        };
        Self((0..channels / 2).map(bias).collect())
    }

    /// Squared steps per bit of each pair, for the trainer's search.
    pub fn values(&self) -> Vec<f32> {
        self.0.iter().map(|&bias| bias as f32 / 4096.0).collect()
    }
}

/// Labels of one pair. `residual` is v − μ per channel (Q6); `tables` are `None` where only the label 0 exists.
pub(crate) fn best_labels(
    quantiser: &Quantiser,
    effort: Effort,
    bias: &RateBias,
    pair: usize,
    residual: [i64; 2],
    tables: [Option<&LabelTable>; 2],
) -> [i32; 2] {
    let nearest = [0, 1].map(|d| {
        let limit = i64::from(LABEL_MAX);
        match tables[d] {
            None => 0,
            Some(_) => ((residual[d] + 32) >> 6).clamp(1 - limit, limit - 1) as i32,
        }
    });
    if matches!(effort, Effort::Nearest) {
        return nearest;
    }
    let candidates = [0, 1].map(|d| {
        let distance = i32::from(tables[d].is_some());
        nearest[d] - distance..=nearest[d] + distance
    });
    let rate = |d: usize, label: i32| {
        tables[d].map_or(0, |table| {
            (i64::from(table.cost(label)) * bias.0[pair]) >> 8
        })
    };
    let mut best = (i64::MAX, [0, 0]);
    for i in candidates[0].clone() {
        for j in candidates[1].clone() {
            let word = quantiser.codeword(pair, [i, j]);
            let distortion: i64 = (0..2)
                .map(|d| (residual[d] - i64::from(word[d])).pow(2))
                .sum();
            let cost = distortion + rate(0, i) + rate(1, j);
            if cost < best.0 {
                best = (cost, [i, j]);
            }
        }
    }
    best.1
}
