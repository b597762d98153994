//! Where the weights of a layer are: in memory, or still in the model file.

use std::ops::Range;

/// A layer's weights.
pub trait Weights {
    /// How many there are.
    fn count(&self) -> usize;
    /// Those of a range.
    ///
    /// # Panics
    /// If it leaves `0..self.count()`.
    fn range(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = i16>;

    /// All of them.
    fn all(&self) -> impl ExactSizeIterator<Item = i16> {
        self.range(0..self.count())
    }
}

impl Weights for Vec<i16> {
    fn count(&self) -> usize {
        self.len()
    }

    fn range(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = i16> {
        self[range].iter().copied()
    }
}

/// Where they lie in a model file, little-endian: a loader packs them from there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InFile<'a>(pub(crate) &'a [[u8; 2]]);

impl Weights for InFile<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn range(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = i16> {
        self.0[range].iter().copied().map(i16::from_le_bytes)
    }
}
