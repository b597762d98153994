//! The fields of model files: little-endian numbers, and lists preceded by their length.

use crate::{Error, Result};

/// Appends fields.
#[derive(Debug, Default)]
pub(crate) struct FieldWriter(pub(crate) Vec<u8>);

impl FieldWriter {
    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn list<T, I, const N: usize>(&mut self, values: I, bytes: fn(T) -> [u8; N])
    where
        I: IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    {
        let values = values.into_iter();
        self.u32(values.len() as u32);
        for value in values {
            self.0.extend_from_slice(&bytes(value));
        }
    }
}

/// Reads fields. Errors name the field that is missing, and where.
#[derive(Debug)]
pub(crate) struct FieldReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> FieldReader<'a> {
    /// A reader of `bytes`, from the byte `at` on.
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Bytes from the beginning to the next field.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Bytes that are left.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn take(&mut self, what: &str, needed: usize) -> Result<&'a [u8]> {
        let left = &self.bytes[self.at..];
        let taken = left.get(..needed).ok_or_else(|| {
            Error::Model(format!(
                "file is truncated: {what} at byte {} needs {needed} bytes, {} left",
                self.at,
                left.len()
            ))
        })?;
        self.at += needed;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(what, N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self, what: &str) -> Result<u8> {
        self.array(what).map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self, what: &str) -> Result<u16> {
        self.array(what).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self, what: &str) -> Result<u32> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// The items of a list, as they lie in the file: checked to be there before anything is allocated.
    pub(crate) fn items<const N: usize>(&mut self, what: &str) -> Result<&'a [[u8; N]]> {
        let count = self.u32(what)? as usize;
        Ok(self.take(what, count.saturating_mul(N))?.as_chunks().0)
    }

    pub(crate) fn list<T, const N: usize>(
        &mut self,
        what: &str,
        from: fn([u8; N]) -> T,
    ) -> Result<Vec<T>> {
        let items = self.items(what)?;
        Ok(items.iter().map(|&bytes| from(bytes)).collect())
    }

    /// One of `choices`, by its index.
    pub(crate) fn choice<T: Copy>(&mut self, what: &str, choices: &[T]) -> Result<T> {
        let code = self.u8(what)?;
        choices.get(usize::from(code)).copied().ok_or_else(|| {
            Error::Model(format!(
                "{what} at byte {}: {code}, expected less than {}",
                self.at - 1,
                choices.len()
            ))
        })
    }
}
