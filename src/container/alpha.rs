//! The alpha plane, lossless: PNG's row filters, then zlib.

use crate::{Error, Result};
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::core::{decompress, inflate_flags, DecompressorOxide};
use miniz_oxide::inflate::TINFLStatus;

/// Filter types 0 to 4: none, left, up, average, Paeth.
const FILTERS: u8 = 5;
/// zlib's level of most effort.
const LEVEL: u8 = 9;
/// A payload may have this many bytes more than twice those it holds (SPEC.md section 5).
const SLACK: usize = 1024;
/// DEFLATE makes at most 258 bytes from 2 bits.
const LARGEST_RATIO: usize = 1032;

/// Payload of the `ALPH` chunk for `width × height` samples, row by row. Each side is at least 1.
pub(crate) fn encode_alpha(plane: &[u8], width: u32, height: u32) -> Vec<u8> {
    let width = width as usize;
    assert_eq!(
        plane.len(),
        width * height as usize,
        "alpha plane does not fit the picture"
    );
    let mut filtered = Vec::with_capacity(plane.len() + height as usize);
    let mut above = vec![0; width];
    let (mut best, mut trial) = (Vec::new(), Vec::new());
    for row in plane.chunks_exact(width) {
        let mut least = u64::MAX;
        for filter in 0..FILTERS {
            trial.clear();
            trial.push(filter);
            trial.extend((0..width).map(|x| row[x].wrapping_sub(predict(filter, row, &above, x))));
            // PNG's heuristic: residuals near zero, read as signed, deflate best.
            let sum = trial[1..]
                .iter()
                .map(|&r| u64::from((r as i8).unsigned_abs()))
                .sum();
            if sum < least {
                least = sum;
                std::mem::swap(&mut best, &mut trial);
            }
        }
        filtered.extend_from_slice(&best);
        above.copy_from_slice(row);
    }
    compress_to_vec_zlib(&filtered, LEVEL)
}

/// The `width × height` samples of an `ALPH` payload. Memory is bounded by 1032 times the payload.
///
/// # Errors
/// [`Error::Format`] if the zlib stream is invalid, has another length than `height · (width + 1)`, or is followed by
/// something; if a row names an unknown filter; or if the payload is longer than any reasonable writer makes it.
pub(crate) fn decode_alpha(payload: &[u8], width: u32, height: u32) -> Result<Vec<u8>> {
    let (width, height) = (width as usize, height as usize);
    let size = height * (width + 1);
    // Empty blocks hold nothing and take time.
    let longest = size.saturating_mul(2).saturating_add(SLACK);
    if payload.len() > longest {
        return Err(invalid(format!(
            "{} bytes for {size}, the limit is {longest}",
            payload.len()
        )));
    }
    let filtered = inflate(payload, size)?;
    let mut plane: Vec<u8> = Vec::with_capacity(width * height);
    let mut above = vec![0; width];
    let mut row = vec![0; width];
    for (y, line) in filtered.chunks_exact(width + 1).enumerate() {
        let filter = line[0];
        if filter >= FILTERS {
            return Err(invalid(format!(
                "row {y} has filter {filter}, the limit is 4"
            )));
        }
        row.copy_from_slice(&line[1..]);
        for x in 0..width {
            row[x] = row[x].wrapping_add(predict(filter, &row, &above, x));
        }
        plane.extend_from_slice(&row);
        above.copy_from_slice(&row);
    }
    Ok(plane)
}

/// Exactly `size` bytes from a zlib stream, into one flat buffer, so that references to before its start are found out.
fn inflate(payload: &[u8], size: usize) -> Result<Vec<u8>> {
    // Before anything is allocated: no stream of this length can hold so much.
    if size / LARGEST_RATIO > payload.len() {
        return Err(invalid(format!(
            "{} compressed bytes cannot hold the {size} needed",
            payload.len()
        )));
    }
    let flags = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER
        | inflate_flags::TINFL_FLAG_COMPUTE_ADLER32
        | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut out = vec![0; size];
    let mut state = DecompressorOxide::new();
    let (status, read, written) = decompress(&mut state, payload, &mut out, 0, flags);
    match status {
        TINFLStatus::Done if written < size => Err(invalid(format!(
            "it holds {written} bytes, {size} are needed"
        ))),
        TINFLStatus::Done if read < payload.len() => Err(invalid(format!(
            "{} bytes follow the compressed data",
            payload.len() - read
        ))),
        TINFLStatus::Done => Ok(out),
        TINFLStatus::HasMoreOutput => Err(invalid(format!("it holds more than {size} bytes"))),
        TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => {
            Err(invalid("the compressed data ends early".into()))
        }
        TINFLStatus::Adler32Mismatch => Err(invalid("its Adler-32 does not match".into())),
        _ => Err(invalid("the compressed data is not valid zlib".into())),
    }
}

/// What a filter expects at column `x`, given the row so far and the one above (zeros above the first, left of column 0).
fn predict(filter: u8, row: &[u8], above: &[u8], x: usize) -> u8 {
    let up = above[x];
    let (left, corner) = if x > 0 {
        (row[x - 1], above[x - 1])
    } else {
        (0, 0)
    };
    match filter {
        1 => left,
        2 => up,
        3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
        4 => paeth(left, up, corner),
        _ => 0,
    }
}

/// The neighbour nearest to left + up − corner; ties go to left, then up.
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |v: u8| (estimate - i16::from(v)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}

fn invalid(what: String) -> Error {
    Error::Format(format!("alpha plane: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planes() -> Vec<(Vec<u8>, u32, u32)> {
        let noise = |n: usize| {
            let mut state = 1u32;
            let mut next = move || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            (0..n).map(|_| next()).collect::<Vec<_>>()
        };
        let ramp = (0..64 * 48)
            .map(|i| (i % 64 * 3 + i / 64 * 2) as u8)
            .collect();
        vec![
            (vec![0], 1, 1),
            (vec![255], 1, 1),
            (noise(300), 300, 1),
            (noise(300), 1, 300),
            (noise(37 * 41), 37, 41),
            (ramp, 64, 48),
            (vec![255; 500 * 300], 500, 300),
        ]
    }

    fn zlib(raw: &[u8]) -> Vec<u8> {
        compress_to_vec_zlib(raw, 6)
    }

    fn message(payload: &[u8], width: u32, height: u32) -> String {
        match decode_alpha(payload, width, height) {
            Err(Error::Format(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "too slow")]
    fn round_trip() {
        for (plane, w, h) in planes() {
            assert_eq!(
                decode_alpha(&encode_alpha(&plane, w, h), w, h).unwrap(),
                plane,
                "{w}×{h}"
            );
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "too slow")]
    fn flat_and_smooth_planes_are_small() {
        let (ramp, w, h) = planes().swap_remove(5);
        assert!(encode_alpha(&ramp, w, h).len() < ramp.len() / 20);
        let flat = encode_alpha(&vec![255; 1 << 20], 1024, 1024);
        assert!(flat.len() < 4096, "{} bytes", flat.len());
    }

    #[test]
    fn every_filter_decodes_by_hand() {
        // 3 columns; worked out with the PNG specification, section 9.
        let raw = [
            [0, 10, 20, 30],
            [1, 1, 1, 255],
            [2, 5, 5, 5],
            [3, 0, 10, 250],
            [4, 1, 2, 3],
        ]
        .concat();
        let rows = [[10, 20, 30], [1, 2, 1], [6, 7, 6], [3, 15, 4], [4, 17, 7]].concat();
        assert_eq!(decode_alpha(&zlib(&raw), 3, 5).unwrap(), rows);
        assert!(message(&zlib(&[0, 1, 2, 5, 1, 2]), 2, 2).contains("row 1 has filter 5"));
    }

    #[test]
    fn wrong_sizes_are_refused() {
        let payload = zlib(&[0; 12]);
        assert!(decode_alpha(&payload, 3, 3).is_ok());
        assert!(message(&payload, 3, 4).contains("it holds 12 bytes, 16 are needed"));
        assert!(message(&payload, 3, 2).contains("more than 8 bytes"));
        assert!(message(&[&payload[..], b"x"].concat(), 3, 3).contains("1 bytes follow"));
        // Huge and nearly empty: answered from what is there.
        assert!(message(&payload, 65_535, 65_535).contains("cannot hold"));
    }

    #[test]
    #[cfg_attr(miri, ignore = "too slow")]
    fn damage_is_refused() {
        let (plane, w, h) = planes().swap_remove(4);
        let payload = encode_alpha(&plane, w, h);
        for length in 0..payload.len() {
            assert!(
                decode_alpha(&payload[..length], w, h).is_err(),
                "cut to {length}"
            );
        }
        for bit in 0..payload.len() * 8 {
            let mut damaged = payload.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            // Some bits of a zlib stream say nothing about its contents (window size); none may change them unnoticed.
            if let Ok(decoded) = decode_alpha(&damaged, w, h) {
                assert!(decoded == plane, "bit {bit}");
            }
        }
    }

    /// RFC 1951 forbids a reference to before the first byte; found by the reference decoder, which refuses it.
    #[test]
    fn reference_to_before_the_start_is_refused() {
        let payload = [0x78, 0x01, 0xA3, 0x16, 0, 0, 0, 0x48, 0, 1];
        assert!(message(&payload, 8, 8).contains("not valid zlib"));
    }

    #[test]
    #[cfg_attr(miri, ignore = "too slow")]
    fn bomb_stops_at_the_size_of_the_picture() {
        assert!(message(&zlib(&vec![0; 1 << 19]), 1, 1).contains("more than 2 bytes"));
    }
}
