//! The distributions that labels are coded with, from narrow to wide.

use std::ops::Index;

use super::table::LabelTable;

/// Largest score, Q8 bits.
const SCORE_LIMIT: i32 = 1 << 12;

/// Tables an eighth of an octave apart. Number 0 is never coded with: its label is certainly 0.
#[derive(Debug)]
pub(crate) struct LabelTables {
    tables: Vec<LabelTable>,
    /// The scores of the labels within each table's radius, one table after the other.
    scores: Vec<i32>,
    /// For each table its radius, and where the score of label 0 is.
    places: Vec<(i32, i32)>,
}

impl LabelTables {
    pub(crate) fn new(tables: Vec<LabelTable>) -> Self {
        let (mut scores, mut places) = (Vec::new(), Vec::new());
        for (index, table) in tables.iter().enumerate() {
            let radius = table.radius();
            places.push((radius, scores.len() as i32 + radius));
            scores.extend((-radius..=radius).map(|label| score(&tables, index, label)));
        }
        Self {
            tables,
            scores,
            places,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.tables.len()
    }

    /// What `label`, coded with table `index` ≥ 1, would have cost more with the next wider table than with the next narrower one: Q8 bits.
    #[inline]
    pub(crate) fn score(&self, index: usize, label: i32) -> i32 {
        let (radius, zero) = self.places[index];
        match label.abs() <= radius {
            true => self.scores[(zero + label) as usize],
            false => score(&self.tables, index, label),
        }
    }
}

impl Index<usize> for LabelTables {
    type Output = LabelTable;

    #[inline]
    fn index(&self, index: usize) -> &LabelTable {
        &self.tables[index]
    }
}

fn score(tables: &[LabelTable], index: usize, label: i32) -> i32 {
    let wider = (index + 1).min(tables.len() - 1);
    let narrower = index.saturating_sub(1).max(1);
    let cost = |index: usize| tables[index].cost(label) as i32;
    (cost(wider) - cost(narrower)).clamp(-SCORE_LIMIT, SCORE_LIMIT)
}
