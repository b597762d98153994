//! What labels stand for (SPEC.md section 8.3).

use super::{FrequencyTable, CODEBOOKS, LEARNED_CODEWORDS};
use crate::entropy::LABEL_MAX;

/// The codewords of both codebooks, for each scale.
#[derive(Debug)]
pub(crate) struct Codewords {
    /// `[codebook][scale][magnitude − 1]`, Q6 quantiser steps.
    learned: [Vec<[i16; LEARNED_CODEWORDS]>; CODEBOOKS],
    spacing: i32,
}

impl Codewords {
    pub(crate) fn new(tables: &[Vec<FrequencyTable>; CODEBOOKS], spacing: u8) -> Self {
        let codewords = |tables: &Vec<FrequencyTable>| {
            let codewords = tables.iter().map(|table| table.codewords);
            codewords.collect()
        };
        Self {
            learned: tables.each_ref().map(codewords),
            spacing: spacing.into(),
        }
    }

    /// The codeword of `label` in a codebook at scale `number`, Q6 quantiser steps.
    #[inline]
    pub(crate) fn get(&self, codebook: usize, number: usize, label: i32) -> i32 {
        let magnitude = label.unsigned_abs() as usize;
        let codeword = match magnitude {
            0 => 0,
            1..=LEARNED_CODEWORDS => self.learned[codebook][number][magnitude - 1].into(),
            _ => self.point(codebook, magnitude as i32),
        };
        codeword * label.signum()
    }

    /// The point of a codebook that a magnitude's codewords are near, Q6 quantiser steps.
    pub(crate) fn point(&self, codebook: usize, magnitude: i32) -> i32 {
        match magnitude {
            0 => 0,
            _ => lattice(codebook, magnitude) * self.spacing,
        }
    }

    /// The largest magnitude below [`LABEL_MAX`] whose point is not beyond `distance` ≥ 0.
    pub(crate) fn magnitude_below(&self, codebook: usize, distance: i64) -> i32 {
        let spacing = i64::from(self.spacing);
        let distance = distance + codebook as i64 * spacing;
        // Shorter divisions are faster.
        let magnitude = match u32::try_from(distance) {
            Ok(distance) => (distance / (2 * spacing) as u32).into(),
            Err(_) => distance / (2 * spacing),
        };
        magnitude.min(i64::from(LABEL_MAX) - 1) as i32
    }
}

/// The point of a codebook that a label's magnitude ≥ 1 stands for, in units of the spacing: even ones, odd ones.
pub(super) fn lattice(codebook: usize, magnitude: i32) -> i32 {
    2 * magnitude - codebook as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learned_near_0_and_a_lattice_beyond() {
        let table = |codewords| FrequencyTable {
            codewords,
            frequencies: vec![1, 65_533, 1, 1],
        };
        let tables = [[70, 140, 215], [40, 100, 180]].map(|words| vec![table(words); 2]);
        let codewords = Codewords::new(&tables, 36);
        let of = |codebook| [-4, -3, 0, 1, 4].map(|label| codewords.get(codebook, 1, label));
        assert_eq!(of(0), [-288, -215, 0, 70, 288]);
        assert_eq!(of(1), [-252, -180, 0, 40, 252]);
        assert_eq!(codewords.get(1, 1, 32_767), 65_533 * 36);
    }

    #[test]
    fn points_are_found_from_distances() {
        let codewords = Codewords::new(&[Vec::new(), Vec::new()], 36);
        for codebook in [0, 1] {
            for magnitude in 0..5 {
                let point = codewords.point(codebook, magnitude);
                let below = |distance: i32| codewords.magnitude_below(codebook, distance.into());
                assert_eq!(below(point), magnitude);
                assert_eq!(
                    below(codewords.point(codebook, magnitude + 1) - 1),
                    magnitude
                );
            }
            for distance in [1 << 22, 1 << 40] {
                let below = codewords.magnitude_below(codebook, distance);
                assert_eq!(below, LABEL_MAX - 1);
            }
        }
    }
}
