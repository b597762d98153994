//! Correction of the context model's scales by what the labels have turned out to be so far (SPEC.md section 9.4).
//!
//! Online gradient descent (Zinkevich 2003) on the cost of the labels, over the index of the table that they are coded with: one
//! correction per channel, kept over a tile, for what is true of a picture's channel; and one per position, for what its channels share.

use crate::entropy::LabelTable;
use crate::model::LatentBlock;

/// Corrections are in Q12 tables, an eighth of an octave each.
const FRACTION: u32 = 12;
/// Largest correction.
const LIMIT: i32 = 32 << FRACTION;
/// Largest score, Q8 bits.
const SCORE_LIMIT: i32 = 1 << 12;

/// The corrections of a latent block while a tile is coded.
pub(super) struct Correction<'m> {
    tables: &'m [LabelTable],
    rates: [i32; 2],
    channels: Vec<i32>,
    position: i32,
}

impl<'m> Correction<'m> {
    pub fn new(block: &LatentBlock, tables: &'m [LabelTable]) -> Self {
        Self {
            tables,
            rates: [block.channel_rate, block.position_rate].map(i32::from),
            channels: vec![0; usize::from(block.channels)],
            position: 0,
        }
    }

    /// Another position, or the same in another coding step.
    pub fn begin_position(&mut self) {
        self.position = 0;
    }

    /// Index of the table to code `channel` with, and the table, where the context model says `expected`. Table 0 is certain to be
    /// right, and none to be corrected to.
    pub fn table(&self, channel: usize, expected: usize) -> Option<(usize, &'m LabelTable)> {
        if expected == 0 {
            return None;
        }
        let by = (self.channels[channel] + self.position + (1 << (FRACTION - 1))) >> FRACTION;
        let last = self.tables.len() - 1;
        let index = expected.saturating_add_signed(by as isize).clamp(1, last);
        Some((index, &self.tables[index]))
    }

    /// `label` of `channel` has been coded with table `index`.
    pub fn learn(&mut self, channel: usize, index: usize, label: i32) {
        let wider = (index + 1).min(self.tables.len() - 1);
        let narrower = (index - 1).max(1);
        let cost = |index: usize| self.tables[index].cost(label) as i32;
        let score = (cost(wider) - cost(narrower)).clamp(-SCORE_LIMIT, SCORE_LIMIT);
        let corrected = [&mut self.channels[channel], &mut self.position];
        for (correction, rate) in corrected.into_iter().zip(self.rates) {
            *correction = (*correction - rate * score).clamp(-LIMIT, LIMIT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tiny;

    fn tables() -> Vec<LabelTable> {
        let data = tiny(1);
        let tables = data.tables.iter();
        tables.map(|t| LabelTable::new(&t.frequencies)).collect()
    }

    #[test]
    fn corrections_follow_the_labels_and_stay_within_the_tables() {
        let (block, tables) = (tiny(1).y, tables());
        let last = tables.len() - 1;
        let mut correction = Correction::new(&block, &tables);
        let table = |c: &Correction, expected| c.table(0, expected).map(|(index, _)| index);
        assert_eq!(table(&correction, 0), None);
        assert_eq!(table(&correction, 3), Some(3));
        let middle = last / 2;
        for _ in 0..9 {
            correction.learn(0, middle, tables[middle].radius());
        }
        assert!(table(&correction, 1).unwrap() > 1);
        assert_eq!(table(&correction, last), Some(last));
        // Escapes of any length are no trouble.
        correction.learn(0, 1, -32_767);
        for _ in 0..20_000 {
            correction.learn(0, last - 1, 0);
        }
        assert_eq!(table(&correction, 3), Some(1));
        assert_eq!(table(&correction, 0), None);
        // Another channel shares what was learned of the position alone.
        assert!(correction.table(1, last).unwrap().0 < last);
        correction.begin_position();
        assert_eq!(correction.table(1, last).unwrap().0, last);
    }
}
