//! Where decoded rows go: a caller's buffer, or a function that is called as they are done.

use crate::work::zeros;
use crate::{Error, PixelFormat, Region, Result};

/// Some rows of a view, finished.
#[derive(Debug)]
pub struct Rows<'a> {
    /// Number of the first of these rows, counted from the top of the view.
    pub first: u32,
    /// How many rows there are.
    pub count: u32,
    /// Bytes per row.
    pub stride: usize,
    /// The pixels, row by row.
    pub data: &'a [u8],
}

/// See the module.
pub(super) trait Target {
    /// Memory for `count` rows from row `first` of the view, and the bytes from one row to the next.
    fn rows(&mut self, first: usize, count: usize) -> Result<(&mut [u8], usize)>;
    /// These rows are finished.
    fn done(&mut self, first: usize, count: usize) -> Result<()>;
}

/// A caller's buffer.
pub(super) struct Buffer<'a> {
    data: &'a mut [u8],
    stride: usize,
    /// Bytes of a row that are pixels.
    row: usize,
}

impl<'a> Buffer<'a> {
    /// # Errors
    /// [`Error::Parameter`] if the buffer is too small, or rows would overlap.
    pub(super) fn new(
        data: &'a mut [u8],
        stride: usize,
        region: Region,
        format: PixelFormat,
    ) -> Result<Self> {
        let row = region.width as usize * format.bytes();
        if stride < row {
            return Err(Error::Parameter(format!(
                "stride is {stride} bytes, a row of {} pixels has {row}",
                region.width
            )));
        }
        let needed = (region.height as usize - 1)
            .checked_mul(stride)
            .and_then(|bytes| bytes.checked_add(row));
        if needed.is_none_or(|needed| needed > data.len()) {
            return Err(Error::Parameter(format!(
                "buffer has {} bytes, {} rows of {stride} need more",
                data.len(),
                region.height
            )));
        }
        Ok(Self { data, stride, row })
    }
}

impl Target for Buffer<'_> {
    fn rows(&mut self, first: usize, count: usize) -> Result<(&mut [u8], usize)> {
        let start = first * self.stride;
        let end = start + (count - 1) * self.stride + self.row;
        Ok((&mut self.data[start..end], self.stride))
    }

    fn done(&mut self, _: usize, _: usize) -> Result<()> {
        Ok(())
    }
}

/// A function of the caller's. Returns whether it wants more.
pub(super) struct Callback<F> {
    call: F,
    data: Vec<u8>,
    stride: usize,
}

impl<F: FnMut(&Rows<'_>) -> bool> Callback<F> {
    pub(super) fn new(region: Region, format: PixelFormat, call: F) -> Self {
        Self {
            call,
            data: Vec::new(),
            stride: region.width as usize * format.bytes(),
        }
    }
}

impl<F: FnMut(&Rows<'_>) -> bool> Target for Callback<F> {
    fn rows(&mut self, _: usize, count: usize) -> Result<(&mut [u8], usize)> {
        let length = count * self.stride;
        if self.data.len() < length {
            self.data = zeros("rows of pixels", length)?;
        }
        Ok((&mut self.data[..length], self.stride))
    }

    fn done(&mut self, first: usize, count: usize) -> Result<()> {
        let rows = Rows {
            first: first as u32,
            count: count as u32,
            stride: self.stride,
            data: &self.data[..count * self.stride],
        };
        if (self.call)(&rows) {
            return Ok(());
        }
        Err(Error::Cancelled)
    }
}
