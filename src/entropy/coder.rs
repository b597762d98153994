//! Labels to bytes and back: `constriction`'s range coder (Martin 1979), 32-bit words, 64-bit state.

use std::borrow::Borrow;
use std::num::NonZeroU32;

use byteorder::{BigEndian, ByteOrder};
use constriction::backends::{BoundedReadWords, Cursor};
use constriction::stream::model::{DecoderModel, EncoderModel, EntropyModel};
use constriction::stream::queue::{DefaultRangeDecoder, DefaultRangeEncoder};
use constriction::stream::{Decode, Encode};
use constriction::Queue;

use super::table::{LabelTable, PRECISION};
use crate::{Error, Result};

/// Labels have magnitudes up to 2^15 − 1: what an escape can say, and what the arithmetic downstream is proved for.
pub(crate) const LABEL_MAX: i32 = 32_767;

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
#[derive(Default)]
pub(crate) struct LabelEncoder(DefaultRangeEncoder);

impl LabelEncoder {
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

    /// The stream: words, most significant byte first, without the zero bytes at the end (a decoder reads zeros past the end).
    pub(crate) fn finish(self) -> Vec<u8> {
        let words = self.0.into_compressed().expect("a Vec takes any word");
        let mut bytes = vec![0; words.len() * 4];
        BigEndian::write_u32_into(&words, &mut bytes);
        let length = bytes
            .iter()
            .rposition(|&b| b != 0)
            .map_or(0, |last| last + 1);
        bytes.truncate(length);
        bytes
    }
}

/// Reads labels.
pub(crate) struct LabelDecoder(DefaultRangeDecoder<Cursor<u32, Vec<u32>>>);

impl LabelDecoder {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let words: Vec<u32> = bytes
            .chunks(4)
            .map(|chunk| {
                let mut word = [0; 4];
                word[..chunk.len()].copy_from_slice(chunk);
                u32::from_be_bytes(word)
            })
            .collect();
        let Ok(decoder) = DefaultRangeDecoder::from_compressed(words);
        Self(decoder)
    }

    /// The next label.
    ///
    /// # Errors
    /// [`Error::Format`] if the stream is none that an encoder writes.
    pub(crate) fn decode(&mut self, table: &LabelTable) -> Result<i32> {
        let symbol = self.symbol(table)?;
        if symbol != table.escape() {
            return Ok(symbol as i32 - table.radius());
        }
        let mut bits = 0;
        while self.symbol(&Bit)? == 0 {
            bits += 1;
            if bits > LABEL_MAX.ilog2() {
                return Err(Error::Format(format!(
                    "escaped label has more than {bits} bits, the limit is 15"
                )));
            }
        }
        let mut excess = 1i32;
        for _ in 0..bits {
            excess = excess << 1 | self.symbol(&Bit)? as i32;
        }
        let magnitude = excess + table.radius();
        if magnitude > LABEL_MAX {
            return Err(Error::Format(format!(
                "label is {magnitude}, the limit is {LABEL_MAX}"
            )));
        }
        Ok(if self.symbol(&Bit)? == 1 {
            -magnitude
        } else {
            magnitude
        })
    }

    fn symbol<M: DecoderModel<PRECISION, Symbol = u32, Probability = u32>>(
        &mut self,
        model: &M,
    ) -> Result<u32> {
        self.0
            .decode_symbol(model)
            .map_err(|_| Error::Format("range coder reached an impossible state".into()))
    }

    /// Call after the last label.
    ///
    /// # Errors
    /// [`Error::Format`] if the stream goes on.
    pub(crate) fn finish(self) -> Result<()> {
        let (unread, ..) = self.0.into_raw_parts();
        if BoundedReadWords::<u32, Queue>::is_exhausted(&unread) {
            return Ok(());
        }
        Err(Error::Format(
            "a stream goes on after its last label".into(),
        ))
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
