//! Correction of the context model's scales by what the labels have turned out to be so far (SPEC.md section 9.4).
//!
//! Online gradient descent (Zinkevich 2003) on the cost of the labels, over the index of the table that they are coded with: one
//! correction per channel, kept over a tile, for what is true of a picture's channel; and one per position, for what its channels share.

use crate::entropy::LabelTables;
use crate::model::{LatentBlock, Parity};

/// Corrections are in Q12 tables, an eighth of an octave each.
const FRACTION: u32 = 12;
/// The part of the neighbours' mean correction that a position begins with, Q8.
const PART: i32 = 205;
/// Largest correction.
const LIMIT: i32 = 32 << FRACTION;

/// The corrections of a latent block while a tile is coded.
pub(super) struct Correction<'m> {
    tables: &'m LabelTables,
    rates: [i32; 2],
    channels: Vec<i32>,
    /// Width of the tile, in positions.
    width: usize,
    /// What the corrections of positions have become, row by row.
    positions: Vec<i32>,
    /// That of the position that is being coded.
    position: i32,
}

impl<'m> Correction<'m> {
    pub fn new(
        block: &LatentBlock,
        tables: &'m LabelTables,
        (width, height): (usize, usize),
    ) -> Self {
        Self {
            tables,
            rates: [block.channel_rate, block.position_rate].map(i32::from),
            channels: vec![0; usize::from(block.channels)],
            width,
            positions: vec![0; width * height],
            position: 0,
        }
    }

    /// Begins another position, or the same one in another coding step: with a part of what the neighbours' corrections have become in it.
    pub fn begin_position(&mut self, position: usize, parity: Parity) {
        [self.position] = self.begins_if((position, usize::MAX), parity, &[0]);
    }

    /// With what a position would begin, if the correction of the one before it (the second of the two) had become one of `corrections`.
    pub fn begins_if<const N: usize>(
        &self,
        (position, before): (usize, usize),
        parity: Parity,
        corrections: &[i32; N],
    ) -> [i32; N] {
        let (mut sums, mut count) = ([0; N], 0);
        for neighbour in parity
            .neighbours_of(position, self.width)
            .into_iter()
            .flatten()
        {
            for (sum, &correction) in sums.iter_mut().zip(corrections) {
                *sum += match neighbour == before {
                    true => correction,
                    false => self.positions[neighbour],
                };
            }
            count += 1;
        }
        sums.map(|sum| match count {
            0 => 0,
            _ => (sum * PART + 128 * count).div_euclid(256 * count),
        })
    }

    /// Ends it.
    pub fn end_position(&mut self, position: usize) {
        self.positions[position] = self.position;
    }

    /// The correction of the position that is being coded.
    pub fn position(&self) -> i32 {
        self.position
    }

    pub fn tables(&self) -> &'m LabelTables {
        self.tables
    }

    /// The scale to code `channel` at where the context model says `expected`. Scale 0 is certain to be right, and nothing is
    /// corrected to it.
    #[inline]
    pub fn scale(&self, channel: usize, expected: u16) -> usize {
        match expected {
            0 => 0,
            _ => self.scales_if(channel, expected, &[self.position])[0].into(),
        }
    }

    /// The same where `expected` is not 0, if what is shared by the channels of the position were one of `positions`.
    #[inline(always)]
    pub fn scales_if<const N: usize>(
        &self,
        channel: usize,
        expected: u16,
        positions: &[i32; N],
    ) -> [u16; N] {
        let (correction, last) = (self.channels[channel], self.tables.scales() as i32 - 1);
        let mut scales = [0; N];
        for (scale, position) in scales.iter_mut().zip(positions) {
            let by = (correction + position + (1 << (FRACTION - 1))) >> FRACTION;
            *scale = (i32::from(expected) + by).clamp(1, last) as u16;
        }
        scales
    }

    /// `label` of `channel`, which is for `codebook`, has been coded at `scale`.
    #[inline]
    pub fn learn(&mut self, channel: usize, codebook: usize, scale: usize, label: i32) {
        let score = self.tables.score(codebook, scale, label);
        let corrected = [&mut self.channels[channel], &mut self.position];
        for (correction, rate) in corrected.into_iter().zip(self.rates) {
            *correction = corrected_by(*correction, rate, score);
        }
    }

    /// What would become of `position`, which is shared by the channels of the position, if a label of such a score had been coded.
    #[inline]
    pub fn position_after(&self, position: i32, score: i32) -> i32 {
        corrected_by(position, self.rates[1], score)
    }
}

#[inline]
fn corrected_by(correction: i32, rate: i32, score: i32) -> i32 {
    (correction - rate * score).clamp(-LIMIT, LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tiny;

    #[test]
    fn corrections_follow_the_labels_and_stay_within_the_tables() {
        let model = tiny(1);
        let (block, tables) = (&model.y, model.label_tables());
        let last = tables.scales() - 1;
        let mut correction = Correction::new(block, &tables, (3, 2));
        let table = |c: &Correction, expected| c.scale(0, expected as u16);
        assert_eq!(table(&correction, 0), 0);
        assert_eq!(table(&correction, 3), 3);
        let middle = last / 2;
        for _ in 0..9 {
            correction.learn(0, 1, middle, tables.get(1, middle).radius());
        }
        assert!(table(&correction, 1) > 1);
        assert_eq!(table(&correction, last), last);
        // Escapes of any length are no trouble.
        correction.learn(0, 1, 1, -32_767);
        for _ in 0..20_000 {
            correction.learn(0, 0, last - 1, 0);
        }
        assert_eq!(table(&correction, 3), 1);
        assert_eq!(table(&correction, 0), 0);
        // Another channel shares what was learned of the position alone.
        assert!(correction.scale(1, last as u16) < last);
        correction.begin_position(0, Parity::All);
        assert_eq!(correction.scale(1, last as u16), last);
    }

    /// What a position would begin with is what it begins with once the one before it has ended like that.
    #[test]
    fn what_positions_begin_with_can_be_told_before() {
        let model = tiny(1);
        let tables = model.label_tables();
        let middle = tables.scales() / 2;
        let (width, height) = (5, 3);
        let mut correction = Correction::new(&model.y, &tables, (width, height));
        let mut begins = Vec::new();
        for position in 0..width * height {
            correction.begin_position(position, Parity::All);
            begins.push(correction.position());
            for _ in 0..position % 4 {
                correction.learn(0, 1, middle, tables.get(1, middle).radius());
            }
            let becomes = correction.position();
            let told = correction.begins_if((position + 1, position), Parity::All, &[0, becomes]);
            correction.end_position(position);
            correction.begin_position(position + 1, Parity::All);
            assert_eq!(told[1], correction.position(), "{position}");
        }
        assert!(begins.iter().any(|&begin| begin != 0));
    }
}
