//! The encoder's search on the CPU, pair by pair: what [`crate::quantiser`] does with whole tensors takes several times as long there.

use std::sync::LazyLock;

use tch::Tensor;

use crate::quantiser::{CODEBOOK_WORDS, CORE_RADIUS, LOG_SCALE_MAX, LOG_SCALE_MIN};

/// Labels `[N, G, 2]` of residuals `r` `[N, G, 2]`: of the 3 × 3 around the nearest ones those of least ‖r − c‖² + β·bits, with bits of the logistic density.
/// `offsets` are those of the G groups, `[G · 49, 2]`; `beta` is `[G]`.
pub(crate) fn search(r: &Tensor, log_scale: &Tensor, offsets: &Tensor, beta: &Tensor) -> Tensor {
    let [r_values, scales, offsets, beta] = [r, log_scale, offsets, beta].map(values);
    let groups = beta.len();
    let mut labels = Vec::with_capacity(r_values.len());
    let pairs = r_values
        .as_chunks::<2>()
        .0
        .iter()
        .zip(scales.as_chunks::<2>().0);
    for (index, (&target, &scale)) in pairs.enumerate() {
        let group = index % groups;
        let words = &offsets.as_chunks::<2>().0[group * CODEBOOK_WORDS..][..CODEBOOK_WORDS];
        labels.extend(pair(target, scale, words, beta[group]));
    }
    Tensor::from_slice(&labels).view_as(r)
}

fn values(x: &Tensor) -> Vec<f32> {
    Vec::try_from(x.flatten(0, -1)).expect("floats on the CPU")
}

fn pair(target: [f32; 2], log_scale: [f32; 2], words: &[[f32; 2]], beta: f32) -> [f32; 2] {
    let base = target.map(f32::round_ties_even);
    let rates = [0, 1].map(|dim| bits(base[dim], log_scale[dim]).map(|bits| bits * beta));
    let cost = |a: usize, b: usize| {
        let label = [base[0] + a as f32 - 1.0, base[1] + b as f32 - 1.0];
        let word = codeword(label, words);
        let error = [target[0] - word[0], target[1] - word[1]];
        let cost = error[0] * error[0] + error[1] * error[1] + rates[0][a] + rates[1][b];
        (cost, label)
    };
    let nearest = cost(1, 1);
    // Most often the bits of every other label alone are more.
    let least = rates.map(|of| of[0].min(of[1]).min(of[2]));
    let beside = rates.map(|of| of[0].min(of[2]));
    if nearest.0 < (beside[0] + least[1]).min(least[0] + beside[1]) {
        return base;
    }
    let mut best = (f32::INFINITY, base);
    for a in 0..3 {
        for b in 0..3 {
            let found = cost(a, b);
            if found.0 < best.0 {
                best = found;
            }
        }
    }
    best.1
}

fn codeword(label: [f32; 2], words: &[[f32; 2]]) -> [f32; 2] {
    let radius = CORE_RADIUS as f32;
    if label.iter().any(|x| x.abs() > radius) {
        return label;
    }
    let [i, j] = label.map(|x| (x + radius) as usize);
    let offset = words[i * (2 * CORE_RADIUS as usize + 1) + j];
    [label[0] + offset[0], label[1] + offset[1]]
}

/// Bits of the labels x − 1, x and x + 1: those of [`crate::quantiser::bits`] for a log2 σ rounded to 1/32.
fn bits(x: f32, log_scale: f32) -> [f32; 3] {
    let least = LOG_SCALE_MIN as f32;
    let row = ((log_scale.clamp(least, LOG_SCALE_MAX as f32) - least) * ROWS_PER_OCTAVE).round();
    [x - 1.0, x, x + 1.0].map(|label| {
        let magnitude = (label.abs() as usize).min(MAGNITUDES - 1);
        BITS[row as usize][magnitude]
    })
}

const ROWS_PER_OCTAVE: f32 = 32.0;
/// Larger labels have the bits of the largest of these; the search compares neighbours, which differ little there.
const MAGNITUDES: usize = 256;

static BITS: LazyLock<Vec<[f32; MAGNITUDES]>> = LazyLock::new(|| {
    let rows = ((LOG_SCALE_MAX - LOG_SCALE_MIN) * f64::from(ROWS_PER_OCTAVE)).round() as u32;
    let row = |row: u32| {
        let log_scale = LOG_SCALE_MIN + f64::from(row) / f64::from(ROWS_PER_OCTAVE);
        let inverse = (-log_scale).exp2() * (std::f64::consts::PI / 3f64.sqrt());
        let below = |edge: f64| 1.0 / (1.0 + (-edge * inverse).exp());
        // In the left tail, where floats subtract small numbers without loss.
        std::array::from_fn(|magnitude| {
            let magnitude = magnitude as f64;
            let probability = below(0.5 - magnitude) - below(-0.5 - magnitude);
            -probability.max(1e-30).log2() as f32
        })
    };
    (0..=rows).map(row).collect()
});
