//! The distributions that labels are coded with, from narrow to wide.

use std::ops::Index;

use super::table::LabelTable;

/// Largest score, Q8 bits.
const SCORE_LIMIT: i32 = 1 << 12;

/// Tables an eighth of an octave apart. Number 0 is never coded with: its label is certainly 0.
#[derive(Debug)]
pub(crate) struct LabelTables {
    tables: Vec<LabelTable>,
    /// For each table the scores of the labels within its radius.
    scores: Vec<Vec<i32>>,
}

impl LabelTables {
    pub(crate) fn new(tables: Vec<LabelTable>) -> Self {
        let scores = |(index, table): (usize, &LabelTable)| {
            let labels = -table.radius()..=table.radius();
            labels.map(|label| score(&tables, index, label)).collect()
        };
        Self {
            scores: tables.iter().enumerate().map(scores).collect(),
            tables,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.tables.len()
    }

    /// How many more bits (Q8) `label`, coded with table `index` ≥ 1, would have cost with the next wider table than with the next narrower one.
    #[inline]
    pub(crate) fn score(&self, index: usize, label: i32) -> i32 {
        let scores = &self.scores[index];
        let place = label + self.tables[index].radius();
        match scores.get(place as usize) {
            Some(&score) => score,
            None => score(&self.tables, index, label),
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
