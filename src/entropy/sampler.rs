//! Labels drawn at random, as likely as their tables say.

use constriction::stream::model::DecoderModel;

use super::coder::{next_label, Symbols};
use super::table::{LabelTable, PRECISION};
use crate::Result;

/// Draws labels by random numbers of 16 bits, all equally likely: what a decoder would read of a stream of random bits that has no end.
pub(crate) struct LabelSampler<R>(R);

impl<R: FnMut() -> u16> LabelSampler<R> {
    pub(crate) fn new(random: R) -> Self {
        Self(random)
    }

    /// A label with the probability that it has in `table`.
    pub(crate) fn draw(&mut self, table: &LabelTable) -> i32 {
        // One in 2^15 escapes is to a label that there is not: it is drawn again.
        loop {
            if let Ok(label) = next_label(self, table) {
                return label;
            }
        }
    }
}

impl<R: FnMut() -> u16> Symbols for LabelSampler<R> {
    /// By the inverse of the cumulative distribution, which is exact since frequencies have 16 bits too.
    fn next<M>(&mut self, model: &M) -> Result<u32>
    where
        M: DecoderModel<PRECISION, Symbol = u32, Probability = u32>,
    {
        Ok(model.quantile_function((self.0)().into()).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::LABEL_MAX;
    use crate::testing::Rng;

    fn sampler(seed: u64) -> LabelSampler<impl FnMut() -> u16> {
        let mut rng = Rng(seed);
        LabelSampler::new(move || rng.bits() as u16)
    }

    /// Pearson's test; escapes are a class of their own.
    #[test]
    fn labels_are_as_frequent_as_their_table_says() {
        let frequencies = [3_000, 20_000, 30_000, 12_000, 500, 36];
        let table = LabelTable::new(&frequencies);
        let (mut sampler, count) = (sampler(1), 200_000);
        let mut seen = [0u32; 6];
        for _ in 0..count {
            let label = sampler.draw(&table);
            let class = if label.abs() > 2 { 5 } else { label + 2 };
            seen[class as usize] += 1;
        }
        let statistic: f64 = seen
            .iter()
            .zip(frequencies)
            .map(|(&seen, frequency)| {
                let expected = f64::from(count) * f64::from(frequency) / 65_536.0;
                (f64::from(seen) - expected).powi(2) / expected
            })
            .sum();
        // 5 degrees of freedom: more than that for one seed in 1,000.
        assert!(statistic < 20.5, "{statistic}: {seen:?}");
    }

    /// A magnitude of radius + 1 has an excess of one bit: half of all escapes.
    #[test]
    fn escapes_reach_far_and_no_further_than_labels_do() {
        let table = LabelTable::new(&[1, 1, 1, 65_533]);
        let mut sampler = sampler(2);
        let labels: Vec<i32> = (0..100_000).map(|_| sampler.draw(&table)).collect();
        assert!(labels.iter().all(|label| label.abs() <= LABEL_MAX));
        assert!(labels.iter().any(|label| label.abs() > 4_000));
        let nearest = labels.iter().filter(|label| label.abs() == 2).count();
        assert!((49_000..51_000).contains(&nearest), "{nearest}");
        let negative = labels.iter().filter(|&&label| label < 0).count();
        assert!((49_000..51_000).contains(&negative), "{negative}");
    }
}
