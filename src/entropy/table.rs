//! The distribution of a label: exact 16-bit frequencies as a model for `constriction`, and what each label costs.

use std::borrow::Borrow;
use std::num::NonZeroU32;

use constriction::stream::model::{DecoderModel, EncoderModel, EntropyModel};

/// Frequencies sum to 2^PRECISION.
pub(crate) const PRECISION: usize = 16;

/// Quantiles that have one entry in [`LabelTable::starts`]: few enough that a search rarely takes a second step.
const PART: u32 = 1 << 8;

/// Labels −radius..=radius are symbols 0..=2·radius; the escape is symbol 2·radius + 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelTable {
    /// Left cumulative frequency of each symbol, and 2^16 at the end.
    cumulative: Vec<u32>,
    /// The symbol that each [`PART`] of the quantiles begins in: where the search for one starts.
    starts: Vec<u16>,
    /// Bits of each symbol, Q8.
    cost: Vec<u32>,
}

impl LabelTable {
    /// From 2·radius + 2 frequencies, each ≥ 1, sum 2^16 (the model loader has checked).
    pub fn new(frequencies: &[u16]) -> Self {
        let mut cumulative = vec![0];
        let mut sum = 0;
        for &f in frequencies {
            sum += u32::from(f);
            cumulative.push(sum);
        }
        debug_assert_eq!(sum, 1 << PRECISION);
        let cost = frequencies
            .iter()
            .map(|&f| ((PRECISION as u32) << 8) - log2_q8(u32::from(f)))
            .collect();
        let symbol = |quantile: u32| cumulative.partition_point(|&c| c <= quantile) - 1;
        let starts = (0..(1 << PRECISION) / PART)
            .map(|part| symbol(part * PART) as u16)
            .collect();
        Self {
            cumulative,
            starts,
            cost,
        }
    }

    /// Largest magnitude that is not an escape.
    pub(crate) fn radius(&self) -> i32 {
        self.escape() as i32 / 2
    }

    /// The escape symbol.
    pub(crate) fn escape(&self) -> u32 {
        self.cost.len() as u32 - 1
    }

    /// Bits that `label` costs, Q8.
    #[inline]
    pub fn cost(&self, label: i32) -> u32 {
        let radius = self.radius();
        if label.abs() <= radius {
            return self.cost[(label + radius) as usize];
        }
        let excess = label.unsigned_abs() - radius as u32;
        self.cost[self.escape() as usize] + 256 * (2 * excess.ilog2() + 2)
    }
}

/// log2 in Q8, rounded down, by repeated squaring: the same on every machine.
fn log2_q8(x: u32) -> u32 {
    let whole = x.ilog2();
    // Mantissa in [1, 2) as Q31.
    let mut mantissa = u64::from(x) << (31 - whole);
    let mut result = whole;
    for _ in 0..8 {
        mantissa = (mantissa * mantissa) >> 31;
        result <<= 1;
        if mantissa >= 1 << 32 {
            mantissa >>= 1;
            result += 1;
        }
    }
    result
}

impl EntropyModel<PRECISION> for LabelTable {
    type Symbol = u32;
    type Probability = u32;
}

impl EncoderModel<PRECISION> for LabelTable {
    fn left_cumulative_and_probability(
        &self,
        symbol: impl Borrow<u32>,
    ) -> Option<(u32, NonZeroU32)> {
        let symbol = *symbol.borrow() as usize;
        let (left, right) = (
            *self.cumulative.get(symbol)?,
            *self.cumulative.get(symbol + 1)?,
        );
        Some((left, NonZeroU32::new(right - left)?))
    }
}

impl DecoderModel<PRECISION> for LabelTable {
    #[inline]
    fn quantile_function(&self, quantile: u32) -> (u32, u32, NonZeroU32) {
        let mut symbol = usize::from(self.starts[(quantile / PART) as usize]);
        let (mut left, mut right) = (self.cumulative[symbol], self.cumulative[symbol + 1]);
        // The end is at 2^16, which is beyond any quantile.
        while right <= quantile {
            symbol += 1;
            (left, right) = (right, self.cumulative[symbol + 1]);
        }
        let probability = NonZeroU32::new(right - left).expect("frequencies are at least 1");
        (symbol as u32, left, probability)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_minus_log2_of_the_frequencies() {
        for f in 1..65_536u32 {
            let exact = f64::from(f).log2() * 256.0;
            let got = f64::from(log2_q8(f));
            assert!(
                got <= exact + 1e-6 && got > exact - 1.01,
                "{f}: {got} for {exact}"
            );
        }
    }

    #[test]
    fn every_quantile_finds_its_symbol() {
        let table = LabelTable::new(&[1, 100, 60_000, 5_000, 434, 1]);
        assert_eq!((table.radius(), table.escape()), (2, 5));
        for quantile in (0..1 << PRECISION).step_by(if cfg!(miri) { 251 } else { 1 }) {
            let (symbol, left, probability) = table.quantile_function(quantile);
            assert!(left <= quantile && quantile < left + probability.get());
            assert_eq!(
                table.left_cumulative_and_probability(symbol),
                Some((left, probability))
            );
        }
        assert_eq!(table.left_cumulative_and_probability(6), None);
    }

    #[test]
    fn escapes_cost_their_gamma_code() {
        let table = LabelTable::new(&[1, 65_533, 1, 1]);
        assert_eq!(table.cost(2), (16 << 8) + 256 * 2);
        assert_eq!(table.cost(-4), (16 << 8) + 256 * 4);
    }
}
