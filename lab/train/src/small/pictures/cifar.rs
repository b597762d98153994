//! CIFAR-10's binary batches: records of a label and 32 × 32 pixels, plane by plane.

use std::io::Read;

use super::error::{check_samples, DataError};

pub(super) const SIDE: usize = 32;
const CLASSES: u8 = 10;
const PLANE: usize = SIDE * SIDE;
const RECORD: usize = 1 + 3 * PLANE;

/// Appends the labels and the samples (interleaved RGB) of a batch.
///
/// # Errors
/// [`DataError::Cut`] if the last record is not whole; [`DataError::Format`] if there is none, or a label that CIFAR-10 has not got;
/// [`DataError::Limit`].
pub(super) fn read(
    mut input: impl Read,
    labels: &mut Vec<u8>,
    samples: &mut Vec<u8>,
) -> Result<(), DataError> {
    let first = labels.len();
    loop {
        let mut record = Vec::with_capacity(RECORD);
        input
            .by_ref()
            .take(RECORD as u64)
            .read_to_end(&mut record)?;
        if record.is_empty() && labels.len() > first {
            return Ok(());
        }
        if record.len() < RECORD {
            return Err(DataError::Cut {
                what: "a record",
                needed: RECORD as u64,
                have: record.len() as u64,
            });
        }
        let (label, planes) = (record[0], &record[1..]);
        if label >= CLASSES {
            return Err(DataError::Format(format!(
                "label of record {} is {label}, CIFAR-10's are 0 to 9",
                labels.len() - first
            )));
        }
        check_samples((samples.len() + planes.len()) as u64)?;
        labels.push(label);
        samples.extend((0..PLANE).flat_map(|i| [0, 1, 2].map(|c| planes[c * PLANE + i])));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(labels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &label in labels {
            bytes.push(label);
            bytes.extend((0..3 * PLANE).map(|i| (i / PLANE * 100 + i % 7) as u8));
        }
        bytes
    }

    fn parse(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), DataError> {
        let (mut labels, mut samples) = (Vec::new(), Vec::new());
        read(bytes, &mut labels, &mut samples)?;
        Ok((labels, samples))
    }

    #[test]
    fn planes_become_pixels() {
        let (labels, samples) = parse(&batch(&[3, 9])).unwrap();
        assert_eq!(labels, [3, 9]);
        assert_eq!(samples.len(), 2 * 3 * PLANE);
        assert_eq!(samples[..6], [0, 102, 204, 1, 103, 205]);
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let whole = batch(&[0, 1]);
        for length in [0, 1, RECORD - 1, RECORD + 1, 2 * RECORD - 1] {
            let error = parse(&whole[..length]).unwrap_err();
            assert!(matches!(error, DataError::Cut { .. }), "{length}: {error}");
        }
        let error = parse(&batch(&[1, 10])).unwrap_err();
        assert!(error.to_string().contains("record 1 is 10"), "{error}");
    }
}
