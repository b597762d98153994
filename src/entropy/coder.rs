//! Labels to bytes and back: `constriction`'s range coder (Martin 1979), 32-bit words, 64-bit state.

use std::borrow::Borrow;
use std::num::NonZeroU32;

use byteorder::{BigEndian, ByteOrder};
use constriction::backends::ReadWords;
use constriction::stream::model::{DecoderModel, EncoderModel, EntropyModel};
use constriction::stream::queue::{DefaultRangeEncoder, RangeDecoder};
use constriction::stream::{Decode, Encode};
use constriction::{CoderError, Queue};

use super::table::{LabelTable, PRECISION};
use crate::{Error, Result};

/// Labels have magnitudes up to 2^15 − 1: what an escape can say, and what the arithmetic downstream is proved for.
pub(crate) const LABEL_MAX: i32 = 32_767;

/// Words that a decoder may read past the end of a stream, as zeros. It reads two ahead, so a stream that says nothing may be empty.
const WORDS_PAST_END: usize = 2;

/// One equiprobable bit.
struct Bit;

impl EntropyModel<PRECISION> for Bit {
    type Symbol = u32;
    type Probability = u32;
}

const HALF: NonZeroU32 = NonZeroU32::new(1 << (PRECISION - 1)).expect("not zero");

impl EncoderModel<PRECISION> for Bit {
    fn left_cumulative_and_probability(
        &self,
        symbol: impl Borrow<u32>,
    ) -> Option<(u32, NonZeroU32)> {
        let bit = *symbol.borrow();
        (bit < 2).then_some((bit << (PRECISION - 1), HALF))
    }
}

impl DecoderModel<PRECISION> for Bit {
    fn quantile_function(&self, quantile: u32) -> (u32, u32, NonZeroU32) {
        let bit = quantile >> (PRECISION - 1);
        (bit, bit << (PRECISION - 1), HALF)
    }
}

/// Writes labels.
#[derive(Default, Clone)]
pub(crate) struct LabelEncoder(DefaultRangeEncoder);

impl LabelEncoder {
    /// Bits of what has been written, in whole words.
    pub(crate) fn bits(&self) -> usize {
        self.0.num_bits()
    }

    /// Appends `label`, |label| ≤ [`LABEL_MAX`].
    pub(crate) fn encode(&mut self, table: &LabelTable, label: i32) {
        debug_assert!(label.abs() <= LABEL_MAX);
        let radius = table.radius();
        if label.abs() <= radius {
            self.symbol((label + radius) as u32, table);
            return;
        }
        self.symbol(table.escape(), table);
        // Elias gamma of the excess (≥ 1), then the sign.
        let excess = label.unsigned_abs() - radius as u32;
        let bits = excess.ilog2();
        (0..bits).for_each(|_| self.symbol(0, &Bit));
        (0..=bits)
            .rev()
            .for_each(|i| self.symbol((excess >> i) & 1, &Bit));
        self.symbol(u32::from(label < 0), &Bit);
    }

    fn symbol<M: EncoderModel<PRECISION, Symbol = u32, Probability = u32>>(
        &mut self,
        symbol: u32,
        model: &M,
    ) {
        self.0
            .encode_symbol(symbol, model)
            .expect("the symbol is in the model and a Vec takes any word");
    }

    /// The stream: words, most significant byte first, without the zero bytes at the end (a decoder reads zeros past the end), as
    /// long as that leaves no more than [`WORDS_PAST_END`] to be read there.
    pub(crate) fn finish(self) -> Vec<u8> {
        let words = self.0.into_compressed().expect("a Vec takes any word");
        let mut bytes = vec![0; words.len() * 4];
        BigEndian::write_u32_into(&words, &mut bytes);
        let length = bytes
            .iter()
            .rposition(|&b| b != 0)
            .map_or(0, |last| last + 1);
        // The decoder reads one word more than there are.
        let spare = 4 * (WORDS_PAST_END - 1) + 3;
        bytes.truncate(length.max(bytes.len().saturating_sub(spare)));
        bytes
    }
}

/// The words of a stream.
struct Words<'a> {
    rest: &'a [u8],
    /// How many zeros may still be read past the end.
    past_end: usize,
}

/// More was read than the stream holds.
#[derive(Debug)]
struct Exhausted;

impl ReadWords<u32, Queue> for Words<'_> {
    type ReadError = Exhausted;

    fn read(&mut self) -> std::result::Result<Option<u32>, Exhausted> {
        if self.rest.is_empty() {
            self.past_end = self.past_end.checked_sub(1).ok_or(Exhausted)?;
            return Ok(Some(0));
        }
        let (head, rest) = self.rest.split_at(self.rest.len().min(4));
        self.rest = rest;
        let mut word = [0; 4];
        word[..head.len()].copy_from_slice(head);
        Ok(Some(u32::from_be_bytes(word)))
    }
}

/// Symbols one after the other, each of a distribution that the reader knows.
pub(super) trait Symbols {
    /// The next symbol, which `model` is the distribution of.
    fn next<M>(&mut self, model: &M) -> Result<u32>
    where
        M: DecoderModel<PRECISION, Symbol = u32, Probability = u32>;
}

/// The label that the next symbols are.
///
/// # Errors
/// Those of `symbols`; [`Error::Format`] if they are an escape to a label beyond [`LABEL_MAX`].
#[inline]
pub(super) fn next_label(symbols: &mut impl Symbols, table: &LabelTable) -> Result<i32> {
    let symbol = symbols.next(table)?;
    if symbol != table.escape() {
        return Ok(symbol as i32 - table.radius());
    }
    escaped_label(symbols, table.radius())
}

/// The rest of a label beyond `radius`.
#[cold]
fn escaped_label(symbols: &mut impl Symbols, radius: i32) -> Result<i32> {
    let mut bits = 0;
    while symbols.next(&Bit)? == 0 {
        bits += 1;
        if bits > LABEL_MAX.ilog2() {
            return Err(Error::Format(format!(
                "escaped label has more than {bits} bits, the limit is 15"
            )));
        }
    }
    let mut excess = 1i32;
    for _ in 0..bits {
        excess = excess << 1 | symbols.next(&Bit)? as i32;
    }
    let magnitude = excess + radius;
    if magnitude > LABEL_MAX {
        return Err(Error::Format(format!(
            "label is {magnitude}, the limit is {LABEL_MAX}"
        )));
    }
    Ok(if symbols.next(&Bit)? == 1 {
        -magnitude
    } else {
        magnitude
    })
}

/// Reads labels.
pub(crate) struct LabelDecoder<'a>(RangeDecoder<u32, u64, Words<'a>>);

impl<'a> LabelDecoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let words = Words {
            rest: bytes,
            past_end: WORDS_PAST_END,
        };
        Self(RangeDecoder::with_backend(words).expect("the first two words may be past the end"))
    }

    /// A decoder of a stream whose end is missing: it is exhausted at the first words that depend on what is missing.
    pub(crate) fn of_beginning(bytes: &'a [u8]) -> Option<Self> {
        let words = Words {
            rest: &bytes[..bytes.len() / 4 * 4],
            past_end: 0,
        };
        RangeDecoder::with_backend(words).ok().map(Self)
    }

    /// The next label.
    ///
    /// # Errors
    /// [`Error::Format`] if the stream is not one that an encoder writes.
    #[inline]
    pub(crate) fn decode(&mut self, table: &LabelTable) -> Result<i32> {
        next_label(self, table)
    }

    /// Call after the last label.
    ///
    /// # Errors
    /// [`Error::Format`] if the stream goes on.
    pub(crate) fn finish(self) -> Result<()> {
        let (words, ..) = self.0.into_raw_parts();
        if words.rest.is_empty() {
            return Ok(());
        }
        Err(Error::Format(
            "a stream goes on after its last label".into(),
        ))
    }
}

impl Symbols for LabelDecoder<'_> {
    fn next<M>(&mut self, model: &M) -> Result<u32>
    where
        M: DecoderModel<PRECISION, Symbol = u32, Probability = u32>,
    {
        self.0.decode_symbol(model).map_err(|error| {
            Error::Format(match error {
                CoderError::Frontend(_) => "range coder reached an impossible state".into(),
                CoderError::Backend(Exhausted) => "a stream ends before its last label".into(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> [LabelTable; 2] {
        [
            LabelTable::new(&[1, 65_533, 1, 1]),
            LabelTable::new(&[3_000, 20_000, 30_000, 12_000, 500, 36]),
        ]
    }

    #[test]
    fn labels_come_back() {
        let tables = tables();
        let labels: Vec<i32> = (0..5_000)
            .map(|i: i32| (i * 7919 % 7 - 3) * if i % 500 == 0 { 4_000 } else { 1 })
            .collect();
        let mut encoder = LabelEncoder::default();
        for (i, &label) in labels.iter().enumerate() {
            encoder.encode(&tables[i % 2], label);
        }
        for extreme in [LABEL_MAX, -LABEL_MAX] {
            encoder.encode(&tables[0], extreme);
        }
        let bytes = encoder.finish();
        let mut decoder = LabelDecoder::new(&bytes);
        for (i, &label) in labels.iter().enumerate() {
            assert_eq!(decoder.decode(&tables[i % 2]).unwrap(), label, "label {i}");
        }
        assert_eq!(decoder.decode(&tables[0]).unwrap(), LABEL_MAX);
        assert_eq!(decoder.decode(&tables[0]).unwrap(), -LABEL_MAX);
        decoder.finish().unwrap();
    }

    #[test]
    fn likely_labels_cost_next_to_nothing() {
        let tables = tables();
        let mut encoder = LabelEncoder::default();
        (0..10_000).for_each(|_| encoder.encode(&tables[0], 0));
        assert!(encoder.finish().len() < 8);
    }

    #[test]
    fn a_longer_stream_is_refused() {
        let tables = tables();
        let mut encoder = LabelEncoder::default();
        (0..100).for_each(|i| encoder.encode(&tables[1], i % 3));
        let mut bytes = encoder.finish();
        bytes.extend([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let mut decoder = LabelDecoder::new(&bytes);
        for i in 0..100 {
            assert_eq!(decoder.decode(&tables[1]).unwrap(), i % 3);
        }
        assert!(matches!(decoder.finish(), Err(Error::Format(_))));
    }

    #[test]
    fn a_shorter_stream_is_refused() {
        let tables = tables();
        let mut encoder = LabelEncoder::default();
        (0..100).for_each(|i| encoder.encode(&tables[1], i % 3));
        let bytes = encoder.finish();
        // Zeros are labels of 4.4 bits here: more than the other half holds.
        for length in 0..bytes.len() / 2 {
            let mut decoder = LabelDecoder::new(&bytes[..length]);
            let labels: Result<Vec<i32>> = (0..100).map(|_| decoder.decode(&tables[1])).collect();
            assert!(matches!(labels, Err(Error::Format(_))), "cut to {length}");
        }
    }

    /// The likeliest stream of zeros: everything is the first symbol, so that the number coded is 0.
    #[test]
    fn zeros_are_dropped_as_far_as_they_may_be_read() {
        let table = LabelTable::new(&[16_384, 16_384, 16_384, 16_384]);
        for count in 0..if cfg!(miri) { 20 } else { 200 } {
            let mut encoder = LabelEncoder::default();
            (0..count).for_each(|_| encoder.encode(&table, -1));
            let bytes = encoder.finish();
            let mut decoder = LabelDecoder::new(&bytes);
            (0..count).for_each(|_| assert_eq!(decoder.decode(&table).unwrap(), -1));
            decoder.finish().unwrap();
        }
    }

    /// Bytes that a given version writes are a promise: these were written by the first one.
    #[test]
    fn golden_words() {
        let tables = tables();
        let mut encoder = LabelEncoder::default();
        for label in [0, 1, -2, 2, 9, -40, 0, 0, 1] {
            encoder.encode(&tables[1], label);
        }
        assert_eq!(encoder.finish(), GOLDEN);
    }

    const GOLDEN: &[u8] = &[185, 152, 202, 242, 218, 142, 6, 58];
}
