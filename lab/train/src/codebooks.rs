//! Codebooks of a model file and their frequency tables: from a density alone, or from the labels that the codec's encoder chose.

use std::f64::consts::PI;

use vqz::lab::{LabelCounts, ScaleCounts, CODEBOOKS, LEARNED_CODEWORDS};
use vqz::model::FrequencyTable;

use crate::tables::{first, frequencies, log_scale, scales};

/// Distance of the points of both codebooks together, Q6 quantiser steps. Those of either one are 1.125 steps apart: a little coarser than the labels
/// that networks are trained with, and both together much finer.
pub(crate) const SPACING: u8 = 36;
/// Weight of what a label stands for at all scales together, in samples.
const SHARED: f64 = 200.0;
/// How far from its point a model file lets a codeword be.
const REACH: f64 = 128.0;

/// `[codebook][scale]`.
pub(crate) type Tables = [Vec<FrequencyTable>; CODEBOOKS];
/// The same of counts.
pub(crate) type Counts = [Vec<ScaleCounts>; CODEBOOKS];

/// Before anything has been seen: the points, and rates of the logistic density.
pub(crate) fn initial() -> Tables {
    let nothing = LabelCounts::new(scales());
    fit(nothing.scales(), first(), SPACING)
}

/// Codewords at the means of what they stood for, and frequencies as seen; where little was seen, rather those of other scales and of the logistic
/// density. `scale_min` and `spacing` as in [`vqz::model::ModelData`].
pub(crate) fn fit(counts: &Counts, scale_min: i16, spacing: u8) -> Tables {
    [0, 1].map(|codebook| {
        let points = Points { codebook, spacing };
        let together = total(&counts[codebook]);
        let shared = points.means(&together, points.learned());
        let fit_one = |(index, seen): (usize, &ScaleCounts)| {
            let row = seen.magnitudes.map(|count| count as f64);
            FrequencyTable {
                codewords: points.allowed(points.means(seen, shared)),
                frequencies: frequencies(&row, &points.logistic(log_scale(scale_min, index))),
            }
        };
        counts[codebook].iter().enumerate().map(fit_one).collect()
    })
}

/// All counts together.
pub(crate) fn total<'a>(counts: impl IntoIterator<Item = &'a ScaleCounts>) -> ScaleCounts {
    let mut total = ScaleCounts {
        magnitudes: [0; LabelCounts::RADIUS + 1],
        sums: [0; LEARNED_CODEWORDS],
    };
    for seen in counts {
        (total.magnitudes.iter_mut().zip(&seen.magnitudes)).for_each(|(sum, count)| *sum += count);
        (total.sums.iter_mut().zip(&seen.sums)).for_each(|(sum, value)| *sum += value);
    }
    total
}

/// The points of a codebook, even or odd multiples of the spacing, and 0.
#[derive(Clone, Copy)]
struct Points {
    codebook: usize,
    spacing: u8,
}

impl Points {
    /// That of a magnitude, Q6 quantiser steps.
    fn get(self, magnitude: usize) -> f64 {
        let lattice = (2 * magnitude).saturating_sub(self.codebook);
        lattice as f64 * f64::from(self.spacing)
    }

    /// Those of the labels that have a codeword of their own.
    fn learned(self) -> [f64; LEARNED_CODEWORDS] {
        std::array::from_fn(|index| self.get(index + 1))
    }

    /// What these labels stood for, as if each had also stood for `shared` some [`SHARED`] times.
    fn means(
        self,
        seen: &ScaleCounts,
        shared: [f64; LEARNED_CODEWORDS],
    ) -> [f64; LEARNED_CODEWORDS] {
        std::array::from_fn(|index| {
            let (sum, count) = (seen.sums[index] as f64, seen.magnitudes[index + 1] as f64);
            (sum + SHARED * shared[index]) / (count + SHARED)
        })
    }

    /// As a model file can have them.
    fn allowed(self, codewords: [f64; LEARNED_CODEWORDS]) -> [i16; LEARNED_CODEWORDS] {
        std::array::from_fn(|index| {
            let point = self.get(index + 1);
            let codeword = codewords[index].clamp(point - REACH, point + REACH);
            codeword.round() as i16
        })
    }

    /// Probabilities of magnitudes, each for one of the two signs: those of a logistic density of that log2 σ within cells that are bounded half way
    /// between points.
    fn logistic(self, log_scale: f64) -> Vec<f64> {
        let scale = 64.0 * log_scale.exp2() * 3f64.sqrt() / PI;
        let beyond = |edge: usize| {
            let edge = (self.get(edge - 1) + self.get(edge)) / 2.0;
            1.0 / (1.0 + (edge / scale).exp())
        };
        let probability = |magnitude: usize| match magnitude {
            0 => 1.0 - 2.0 * beyond(1),
            _ => beyond(magnitude) - beyond(magnitude + 1),
        };
        (0..=LabelCounts::RADIUS).map(probability).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> Counts {
        LabelCounts::new(scales()).scales().clone()
    }

    #[test]
    fn the_first_tables_are_symmetric_and_wider_from_scale_to_scale() {
        for (codebook, tables) in initial().iter().enumerate() {
            assert_eq!(tables.len(), 75);
            let point = |label: i16| (2 * label - codebook as i16) * 36;
            let mut certain = u16::MAX;
            for table in tables {
                assert_eq!(table.codewords, [1, 2, 3].map(point));
                let (escape, labels) = table.frequencies.split_last().unwrap();
                let sum: u32 = table.frequencies.iter().map(|&f| u32::from(f)).sum();
                assert!(*escape >= 1 && sum == 1 << 16);
                assert!(labels.iter().eq(labels.iter().rev()));
                let middle = labels[labels.len() / 2];
                assert!(middle <= certain, "{middle}, {certain} before");
                certain = middle;
            }
            assert!(tables[0].frequencies.len() < 10 && tables[74].frequencies.len() > 300);
        }
    }

    #[test]
    fn cells_are_half_way_between_points_and_add_up() {
        let logistic = |codebook, log_scale: f64| {
            let spacing = 36;
            Points { codebook, spacing }.logistic(log_scale)
        };
        for log_scale in [-3.25, 0.0, 2.0, 4.0] {
            // D in units of the density's own scale.
            let spacing = 36.0 / 64.0 / (f64::exp2(log_scale) * 3f64.sqrt() / PI);
            let beyond = |edge: f64| 1.0 / (1.0 + (edge * spacing).exp());
            let [even, odd] = [0, 1].map(|codebook| logistic(codebook, log_scale));
            for (what, cell, expected) in [
                ("0 among the even", even[0], 1.0 - 2.0 * beyond(1.0)),
                ("2D", even[1], beyond(1.0) - beyond(3.0)),
                ("0 among the odd", odd[0], 1.0 - 2.0 * beyond(0.5)),
                ("D", odd[1], beyond(0.5) - beyond(2.0)),
                ("3D", odd[2], beyond(2.0) - beyond(4.0)),
            ] {
                assert!((cell - expected).abs() < 1e-12, "{what}, {log_scale}");
            }
            for cells in [even, odd] {
                let sum = cells[0] + 2.0 * cells[1..].iter().sum::<f64>();
                assert!((sum - 1.0).abs() < 1e-3, "{log_scale}: {sum}");
            }
        }
    }

    /// Of a million labels at scale 40 the density is forgotten; a scale without any has the codewords of the others.
    #[test]
    fn what_was_seen_often_is_what_is_expected() {
        let mut counts = nothing();
        let seen = &mut counts[1][40];
        seen.magnitudes[..4].copy_from_slice(&[500_000, 300_000, 150_000, 50_000]);
        // 40 and 100 instead of 36 and 108; beyond what is allowed instead of 180.
        seen.sums = [40 * 300_000, 100 * 150_000, 400 * 50_000];
        let [even, odd] = fit(&counts, first(), SPACING);
        assert_eq!(odd[40].codewords, [40, 100, 180 + 128]);
        assert_eq!(odd[3].codewords, odd[40].codewords);
        assert_eq!(even, initial()[0]);
        assert_eq!(odd[3].frequencies, initial()[1][3].frequencies);
        let frequencies = &odd[40].frequencies;
        let radius = frequencies.len() / 2 - 1;
        for (label, share) in [(0, 0.5), (1, 0.15), (2, 0.075), (3, 0.025)] {
            for place in [radius - label, radius + label] {
                let is = f64::from(frequencies[place]) / 65536.0;
                assert!((is - share).abs() < 1e-3, "{label}: {is}");
            }
        }
    }

    #[test]
    fn few_samples_move_a_codeword_little() {
        let mut counts = nothing();
        (counts[0][20].magnitudes[1], counts[0][20].sums[0]) = (10_000, 80 * 10_000);
        (counts[0][30].magnitudes[1], counts[0][30].sums[0]) = (20, 60 * 20);
        let codewords = fit(&counts, first(), SPACING)[0].clone();
        let [often, rarely, never] = [20, 30, 50].map(|scale| codewords[scale].codewords[0]);
        assert_eq!((often, rarely, never), (80, 78, 80));
    }
}
