//! The row primitive: three weighted sums of rows of values, some of them clipped differences. Positions do not mix; which neighbours
//! they see is a matter of the offsets that rows are read from.

use super::Kernels;

/// Values that are computed together by the widest kernel: rows are read, and sums are written, in multiples of this.
pub(crate) const LANES: usize = 32;
/// Sums.
pub(crate) const SUMS: usize = 3;
/// Weights are in 128ths.
pub(super) const SHIFT: u32 = 7;

/// Two rows side by side, as kernels multiply them, and what each of them counts in each sum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowPair {
    /// Where the rows begin.
    pub(crate) offsets: [usize; 2],
    pub(crate) weights: [[i16; 2]; SUMS],
}

/// The same of differences between rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DifferencePair {
    pub(crate) rows: RowPair,
    /// Where the rows begin that are subtracted.
    pub(crate) subtracted: [usize; 2],
}

/// Sums of rows. Holding one proves that every read is inside `values`.
#[derive(Clone, Copy)]
pub(crate) struct RowsCall<'a> {
    pub(super) values: &'a [i16],
    pub(super) rows: &'a [RowPair],
    pub(super) differences: &'a [DifferencePair],
    /// Differences are clipped to ±this.
    pub(super) clip: i16,
    /// Values of each row: a multiple of [`LANES`].
    pub(super) width: usize,
}

impl<'a> RowsCall<'a> {
    /// Of each row, the first `width` values are taken, rounded up to [`LANES`].
    ///
    /// Magnitudes of weights times values have to stay below 2³¹ − 2⁶ for each sum, all added up.
    ///
    /// # Panics
    /// If any read would leave `values`.
    #[must_use]
    pub(crate) fn new(
        values: &'a [i16],
        rows: &'a [RowPair],
        differences: &'a [DifferencePair],
        clip: i16,
        width: usize,
    ) -> Self {
        let width = width.next_multiple_of(LANES);
        let of_rows = rows.iter().flat_map(|pair| pair.offsets);
        let of_differences = differences
            .iter()
            .flat_map(|pair| [pair.rows.offsets, pair.subtracted])
            .flatten();
        let last = of_rows.chain(of_differences).max().unwrap_or(0);
        let end = last.checked_add(width);
        assert!(
            end.is_some_and(|end| end <= values.len()),
            "rows reach to {end:?} of {} values",
            values.len()
        );
        Self {
            values,
            rows,
            differences,
            clip,
            width,
        }
    }

    /// Runs it: `output` is `[sum][position]`, `clamp(rshift(Σ w·v, 7), ±32767)`.
    ///
    /// The bits do not depend on `kernels`.
    ///
    /// # Panics
    /// If `output` has another length than [`SUMS`] rows of the rounded width.
    pub(crate) fn run(&self, kernels: Kernels, output: &mut [i16]) {
        assert_eq!(output.len(), SUMS * self.width, "output length");
        (kernels.rows)(self, output);
    }
}
