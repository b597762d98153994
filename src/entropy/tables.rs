//! The distributions that labels are coded with: for each codebook, from narrow to wide.

use super::table::LabelTable;

/// Largest score, Q8 bits.
const SCORE_LIMIT: i32 = 1 << 12;

/// The tables of both codebooks, by their scale: an eighth of an octave apart. Scale 0 is never coded with: its label is certainly 0.
#[derive(Debug)]
pub(crate) struct LabelTables([Scales; 2]);

/// The tables of a codebook.
#[derive(Debug)]
struct Scales {
    tables: Vec<LabelTable>,
    /// The scores of the labels within each table's radius, one table after the other.
    scores: Vec<i32>,
    /// For each table its radius, and where the score of label 0 is.
    places: Vec<(i32, i32)>,
}

impl LabelTables {
    /// As many tables for the one codebook as for the other.
    pub(crate) fn new(tables: [Vec<LabelTable>; 2]) -> Self {
        Self(tables.map(Scales::new))
    }

    /// Number of scales.
    pub(crate) fn scales(&self) -> usize {
        self.0[0].tables.len()
    }

    /// The table of a codebook at a scale.
    #[inline]
    pub(crate) fn get(&self, codebook: usize, scale: usize) -> &LabelTable {
        &self.0[codebook].tables[scale]
    }

    /// What `label` of a codebook, coded at `scale` ≥ 1, would have cost more at the next wider one than at the next narrower one: Q8 bits.
    #[inline]
    pub(crate) fn score(&self, codebook: usize, scale: usize, label: i32) -> i32 {
        let scales = &self.0[codebook];
        let (radius, zero) = scales.places[scale];
        match label.abs() <= radius {
            true => scales.scores[(zero + label) as usize],
            false => score(&scales.tables, scale, label),
        }
    }
}

impl Scales {
    fn new(tables: Vec<LabelTable>) -> Self {
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
}

fn score(tables: &[LabelTable], index: usize, label: i32) -> i32 {
    let wider = (index + 1).min(tables.len() - 1);
    let narrower = index.saturating_sub(1).max(1);
    let cost = |index: usize| tables[index].cost(label) as i32;
    (cost(wider) - cost(narrower)).clamp(-SCORE_LIMIT, SCORE_LIMIT)
}
