//! What labels an encoder chooses: what a model's tables and codewords are made from.

use super::geometry::{Geometry, Tile};
use super::pair::{PairIndex, Prediction};
use super::rehearsal::{rehearse, Watch};
use super::session::Session;
use crate::model::{CODEBOOKS, LEARNED_CODEWORDS};
use crate::{Image, Result};

/// Counts of labels for each codebook and scale.
#[derive(Debug, Clone)]
pub struct LabelCounts([Vec<ScaleCounts>; CODEBOOKS]);

/// Those of a codebook at a scale.
#[derive(Debug, Clone)]
pub struct ScaleCounts {
    /// By magnitude; the last one counts all larger ones too.
    pub magnitudes: [u64; LabelCounts::RADIUS + 1],
    /// For the magnitudes with a learned codeword, from 1 on: the sum of what they stood for, of the same sign as the label; Q6, adapted quantiser
    /// steps.
    pub sums: [i64; LEARNED_CODEWORDS],
}

impl LabelCounts {
    /// Magnitudes up to this are counted one by one.
    pub const RADIUS: usize = 200;

    /// Nothing yet.
    #[must_use]
    pub fn new(scales: usize) -> Self {
        let nothing = ScaleCounts {
            magnitudes: [0; Self::RADIUS + 1],
            sums: [0; LEARNED_CODEWORDS],
        };
        Self([(); CODEBOOKS].map(|()| vec![nothing.clone(); scales]))
    }

    /// `[codebook][scale]`.
    #[must_use]
    pub fn scales(&self) -> &[Vec<ScaleCounts>; CODEBOOKS] {
        &self.0
    }

    /// Counts the labels of a tile of `image`.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`].
    pub(crate) fn add_tile(
        &mut self,
        session: &Session,
        geometry: &Geometry,
        image: &Image,
        tile: &Tile,
    ) -> Result<()> {
        rehearse(session, geometry, image, tile, self).map(drop)
    }
}

impl Watch for LabelCounts {
    fn pair(&mut self, _: PairIndex, p: &Prediction, labels: [i32; 2], residual: [i64; 2]) {
        p.coded(labels, |coded| {
            let counts = &mut self.0[coded.codebook][coded.scale];
            let magnitude = coded.label.unsigned_abs() as usize;
            counts.magnitudes[magnitude.min(LabelCounts::RADIUS)] += 1;
            if (1..=LEARNED_CODEWORDS).contains(&magnitude) {
                let value = residual[coded.channel] * i64::from(coded.label.signum());
                counts.sums[magnitude - 1] += value;
            }
        });
    }
}
