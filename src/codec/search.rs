//! The encoder's choice of codewords: least distortion + bias × rate (entropy-constrained vector quantisation, Chou et al. 1989).

use super::levels::Levels;
use crate::entropy::{LabelTable, LABEL_MAX};

/// Squared quantiser steps (Q12) per bit/256, in 1/256: 0.08 squared steps per bit, the bias that the model was trained with.
const RATE_BIAS: i64 = 328;

/// Labels of one group. `residual` is v − μ per channel (Q6); `tables` are `None` where only the label 0 exists.
pub(crate) fn best_labels(
    levels: &Levels,
    group: usize,
    residual: [i64; 2],
    tables: [Option<&LabelTable>; 2],
) -> [i32; 2] {
    let candidates: [Vec<i32>; 2] = [0, 1].map(|d| {
        if tables[d].is_none() {
            return vec![0];
        }
        let limit = i64::from(LABEL_MAX);
        let nearest = ((residual[d] + 32) >> 6).clamp(1 - limit, limit - 1) as i32;
        vec![nearest - 1, nearest, nearest + 1]
    });
    let rate = |d: usize, label: i32| {
        tables[d].map_or(0, |table| (i64::from(table.cost(label)) * RATE_BIAS) >> 8)
    };
    let mut best = (i64::MAX, [0, 0]);
    for &i in &candidates[0] {
        for &j in &candidates[1] {
            let word = levels.codeword(group, [i, j]);
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
