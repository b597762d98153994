//! The encoder's choice of codewords: least distortion + bias × rate (entropy-constrained vector quantisation, Chou et al. 1989).

use super::levels::Levels;
use crate::entropy::{LabelTable, LABEL_MAX};

/// Squared quantiser steps (Q12) per bit/256, in 1/256: 0.08 squared steps per bit, the bias that the model was trained with, and the
/// best of those tried on validation photos (docs/training.md).
const RATE_BIAS: i64 = 328;

/// How many labels the search looks at per channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// The nearest label, whatever it costs.
    Nearest,
    /// The nearest one and its neighbours at this distance at most; and 0, the cheapest, from distance 2 on.
    Within(i32),
}

/// Labels of one group. `residual` is v − μ per channel (Q6); `tables` are `None` where only the label 0 exists.
pub(crate) fn best_labels(
    levels: &Levels,
    effort: Effort,
    group: usize,
    residual: [i64; 2],
    tables: [Option<&LabelTable>; 2],
) -> [i32; 2] {
    let nearest = [0, 1].map(|d| {
        let limit = i64::from(LABEL_MAX);
        match tables[d] {
            None => 0,
            Some(_) => ((residual[d] + 32) >> 6).clamp(3 - limit, limit - 3) as i32,
        }
    });
    let Effort::Within(distance) = effort else {
        return nearest;
    };
    let candidates = [0, 1].map(|d| {
        let around = nearest[d] - distance..=nearest[d] + distance;
        let zero = (distance > 1 && !around.contains(&0)).then_some(0);
        let any = tables[d].is_some();
        let alone = (!any).then_some(0);
        around.filter(move |_| any).chain(zero).chain(alone)
    });
    let rate = |d: usize, label: i32| {
        tables[d].map_or(0, |table| (i64::from(table.cost(label)) * RATE_BIAS) >> 8)
    };
    let mut best = (i64::MAX, [0, 0]);
    for i in candidates[0].clone() {
        for j in candidates[1].clone() {
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
