//! IDX files, which MNIST and its kin come as: a magic number, the sizes, then bytes.

use std::io::Read;

use super::error::{check_samples, DataError};

/// An array of bytes.
#[derive(Debug)]
pub(super) struct Array {
    /// From the outermost to the innermost.
    pub sizes: Vec<usize>,
    /// As many as the product of the sizes.
    pub bytes: Vec<u8>,
}

/// The magic number's third byte: elements are unsigned bytes.
const UNSIGNED_BYTES: u8 = 8;

/// Reads an array of `dimensions` dimensions. Memory is taken for what is there, not for what the sizes claim.
///
/// # Errors
/// [`DataError::Format`] for another kind of file, or one that goes on behind the array; [`DataError::Cut`]; [`DataError::Limit`].
pub(super) fn read(mut input: impl Read, dimensions: u8) -> Result<Array, DataError> {
    let length = 4 + 4 * u64::from(dimensions);
    let mut head = Vec::new();
    input.by_ref().take(length).read_to_end(&mut head)?;
    match head.get(..4) {
        Some(&[0, 0, UNSIGNED_BYTES, found]) if found == dimensions => {}
        Some(&[0, 0, kind, found]) => {
            return Err(DataError::Format(format!(
                "is an IDX file of type {kind:#04x} with {found} dimensions, type 0x08 (bytes) with {dimensions} is needed"
            )))
        }
        _ => return Err(DataError::Format("is not an IDX file".into())),
    }
    if (head.len() as u64) < length {
        return Err(cut("the IDX header", length, head.len()));
    }
    let sizes: Vec<u32> = head[4..]
        .chunks_exact(4)
        .map(|size| u32::from_be_bytes(size.try_into().expect("4 bytes")))
        .collect();
    // Saturates, since three sizes of 32 bits may not fit into 64.
    let product = sizes
        .iter()
        .fold(1u64, |product, &size| product.saturating_mul(size.into()));
    check_samples(product)?;
    let mut bytes = Vec::new();
    input.take(product + 1).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < product {
        return Err(cut("the array", product, bytes.len()));
    }
    if bytes.len() as u64 > product {
        return Err(DataError::Format(format!(
            "goes on after the {product} bytes that its header announces"
        )));
    }
    Ok(Array {
        sizes: sizes.into_iter().map(|size| size as usize).collect(),
        bytes,
    })
}

fn cut(what: &'static str, needed: u64, have: usize) -> DataError {
    DataError::Cut {
        what,
        needed,
        have: have as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(sizes: [u32; 3], bytes: usize) -> Vec<u8> {
        let mut file = vec![0, 0, 8, 3];
        sizes
            .iter()
            .for_each(|size| file.extend(size.to_be_bytes()));
        file.extend((0..bytes).map(|i| i as u8));
        file
    }

    #[test]
    fn an_array_comes_back() {
        let array = read(&file([2, 3, 4], 24)[..], 3).unwrap();
        assert_eq!(array.sizes, [2, 3, 4]);
        assert_eq!(array.bytes, (0..24).collect::<Vec<u8>>());
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let whole = file([2, 3, 4], 24);
        for length in 0..whole.len() {
            let error = read(&whole[..length], 3).unwrap_err();
            match error {
                DataError::Format(_) => assert!(length < 4, "{length}"),
                DataError::Cut { .. } => assert!(length >= 4, "{length}"),
                other => panic!("{length}: {other}"),
            }
        }
        let format = |bytes: &[u8], dimensions| {
            let error = read(bytes, dimensions).unwrap_err();
            assert!(matches!(error, DataError::Format(_)), "{error}");
        };
        format(&file([2, 3, 4], 25), 3);
        format(&whole, 1);
        format(b"\x00\x00\x0d\x03", 3);
        format(b"\x89PNG\r\n", 3);
    }

    /// 2^96 bytes are announced, none is there.
    #[test]
    fn sizes_that_are_merely_claimed_take_no_memory() {
        for size in [u32::MAX, 1 << 12] {
            let error = read(&file([size; 3], 0)[..], 3).unwrap_err();
            assert!(matches!(error, DataError::Limit { .. }), "{error}");
        }
        let error = read(&file([1 << 10; 3], 5)[..], 3).unwrap_err();
        assert!(matches!(error, DataError::Cut { have: 5, .. }), "{error}");
    }
}
