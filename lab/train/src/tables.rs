//! Frequency tables from counts of labels, per quantised log2 σ; and those of the float model's own labels, on training patches.

use anyhow::Result;
use tch::{Kind, Tensor};
use vqz::lab::{LabelCounts, LabelTable, SCALES_PER_OCTAVE};

use crate::config::Recipe;
use crate::data::{self, Photo};
use crate::model::{FloatModel, Trace};
use crate::quantiser::{bits, Mode, LOG_SCALE_MAX, LOG_SCALE_MIN};

/// Labels counted one by one; larger magnitudes are escapes.
const RADIUS: i64 = LabelCounts::RADIUS as i64;
/// Weight of the logistic prior, in samples.
const PRIOR: f64 = 400.0;

/// `[scales][RADIUS + 1]` counts of label magnitudes.
pub(crate) type Counts = Vec<Vec<f64>>;

/// The smallest scale, in units of 1/[`SCALES_PER_OCTAVE`].
pub(crate) fn first() -> i16 {
    (LOG_SCALE_MIN * f64::from(SCALES_PER_OCTAVE)) as i16
}

/// Number of scales.
pub(crate) fn scales() -> usize {
    (LOG_SCALE_MAX * f64::from(SCALES_PER_OCTAVE)) as usize
        + usize::from(first().unsigned_abs())
        + 1
}

/// log2 σ of a scale.
pub(crate) fn log_scale(first: i16, index: usize) -> f64 {
    (f64::from(first) + index as f64) / f64::from(SCALES_PER_OCTAVE)
}

/// Counts over 64 batches of training patches at qualities spread over the dial.
pub(crate) fn count_labels(
    model: &FloatModel,
    photos: &[Photo],
    recipe: &Recipe,
) -> Result<Counts> {
    let mut total = Tensor::zeros(
        [scales() as i64 * (RADIUS + 1)],
        (Kind::Double, tch::Device::Cpu),
    );
    let side = i64::from(recipe.patch);
    let kind = recipe.kind();
    for index in 0..64 {
        let batch = data::batch(photos, &data::Draw::new(recipe, 0x7AB1), index)?;
        let x = data::to_tensor(&batch.seen, recipe.batch as i64, side, side)
            .to_device(model.params.device());
        let t: Vec<f32> = (0..recipe.batch)
            .map(|i| ((i as f32 + index as f32 / 64.0) / recipe.batch as f32).min(1.0))
            .collect();
        let t = Tensor::from_slice(&t).to_device(model.params.device());
        let out = tch::no_grad(|| model.forward(&x, &t, Mode::Hard, kind));
        for trace in [&out.y, &out.z] {
            total += count(trace);
        }
    }
    let flat = Vec::<f64>::try_from(total)?;
    Ok(flat
        .chunks_exact(RADIUS as usize + 1)
        .map(<[f64]>::to_vec)
        .collect())
}

fn count(trace: &Trace) -> Tensor {
    let table = (&trace.log_scales * f64::from(SCALES_PER_OCTAVE)).round() - f64::from(first());
    let table = table.clamp(0.0, scales() as f64 - 1.0).to_kind(Kind::Int64);
    let magnitude = trace
        .labels
        .abs()
        .clamp_max(RADIUS as f64)
        .to_kind(Kind::Int64);
    (table * (RADIUS + 1) + magnitude)
        .flatten(0, -1)
        .bincount(None::<Tensor>, scales() as i64 * (RADIUS + 1))
        .to_device(tch::Device::Cpu)
        .to_kind(Kind::Double)
}

/// Frequencies for each scale of the logistic density alone.
pub(crate) fn logistic() -> Vec<Vec<u16>> {
    fit(&vec![vec![0.0; RADIUS as usize + 1]; scales()])
}

/// Frequencies for each scale.
pub(crate) fn fit(counts: &Counts) -> Vec<Vec<u16>> {
    let labels = Tensor::arange(RADIUS + 1, (Kind::Double, tch::Device::Cpu));
    let fit_one = |(index, row): (usize, &Vec<f64>)| {
        let bits = bits(&labels, &Tensor::from(log_scale(first(), index)));
        let prior = Vec::try_from((bits * -1.0).exp2()).expect("a vector of doubles");
        frequencies(row, &prior)
    };
    counts.iter().enumerate().map(fit_one).collect()
}

/// Bits of label magnitudes 0 to [`RADIUS`] by the frequencies of each scale: `[scales, RADIUS + 1]`. Scale 0 has the label 0 alone.
pub(crate) fn costs(tables: &[Vec<u16>]) -> Tensor {
    let rows: Vec<f32> = tables
        .iter()
        .enumerate()
        .flat_map(|(index, frequencies)| {
            let table = LabelTable::new(frequencies);
            (0..=RADIUS as i32).map(move |label| match (index, label) {
                (0, 0) => 0.0,
                (0, _) => 1e6,
                _ => table.cost(label) as f32 / 256.0,
            })
        })
        .collect();
    Tensor::from_slice(&rows).view([-1, RADIUS + 1])
}

/// Integer frequencies of labels −M..=M and the escape, as a model file has them: from counts of magnitudes, and from the probabilities (each for one
/// of the two signs) that a density gives them.
pub(crate) fn frequencies(row: &[f64], prior: &[f64]) -> Vec<u16> {
    let samples: f64 = row.iter().sum();
    // Probability of each magnitude's either sign.
    let p: Vec<f64> = (0..=RADIUS as usize)
        .map(|m| {
            let seen = if m == 0 { row[0] } else { row[m] / 2.0 };
            (seen + PRIOR * prior[m]) / (samples + PRIOR)
        })
        .collect();
    let inside = |radius: usize| p[0] + 2.0 * p[1..=radius].iter().sum::<f64>();
    let radius = (1..RADIUS as usize)
        .find(|&r| inside(r) > 1.0 - 1e-4)
        .unwrap_or(RADIUS as usize - 1);
    let entries = 2 * radius + 2;
    let spread = f64::from(65536 - entries as u32);
    let whole = inside(radius).max(1e-9) + (1.0 - inside(radius)).max(0.0);
    let mut frequencies: Vec<u16> = (-(radius as i64)..=radius as i64)
        .map(|label| 1 + (p[label.unsigned_abs() as usize] / whole * spread) as u16)
        .collect();
    frequencies.push(1 + ((1.0 - inside(radius)).max(0.0) / whole * spread) as u16);
    let sum: u32 = frequencies.iter().map(|&f| u32::from(f)).sum();
    frequencies[radius] += (65536 - sum) as u16;
    frequencies
}
