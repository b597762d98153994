//! What must hold for any bytes whatsoever.

use std::mem::discriminant;

use vqz::model::testing::encode_and_predict;
use vqz::model::{ModelData, QUALITY_MAX};
use vqz::{Color, Decoder, Encoder, Error, Image, Limits, Model};

use super::models;

pub use super::network::check as levels;
pub use super::picture::check as roundtrip;

/// As a file, container only: every byte of a valid one belongs to the signature or to a chunk.
pub fn inspect(bytes: &[u8]) {
    let Ok(info) = vqz::inspect(bytes, &Limits::default()) else {
        return;
    };
    assert_eq!(info.file_bytes, bytes.len());
    let chunks: usize = info.chunks.iter().map(|chunk| chunk.bytes + 12).sum();
    assert_eq!(chunks + 8, bytes.len());
}

/// As a file that arrives byte by byte: until there is a verdict it is "truncated", and more bytes never change a verdict, but
/// that nothing may follow a valid file. At most 2,048 bytes.
pub fn prefix(bytes: &[u8]) {
    if bytes.len() > 2_048 {
        return;
    }
    let verdict = |length: usize| vqz::inspect(&bytes[..length], &Limits::default());
    assert!(matches!(verdict(0), Err(Error::Signature(_))));
    let mut known = None;
    for length in 1..=bytes.len() {
        let result = verdict(length);
        match (&known, &result) {
            (
                None,
                Err(Error::Truncated {
                    offset,
                    needed,
                    have,
                    ..
                }),
            ) => {
                assert_eq!(offset + have, length);
                assert!(needed > have);
                continue;
            }
            (None, _) => {}
            (Some(Ok(_)), Err(Error::Format(what))) => {
                assert!(what.contains("follow the last TILE"), "{what}");
            }
            (Some(Err(before)), Err(now)) => {
                assert_eq!(discriminant(before), discriminant(now), "{before} / {now}");
            }
            (Some(before), _) => panic!("after {length} bytes {result:?}, before that {before:?}"),
        }
        known = Some(result);
    }
}

/// As a file, with the model that it names: a picture within the limits, or one of the errors that files may have.
pub fn decode(bytes: &[u8]) {
    let (model, limits) = models::for_file(bytes);
    let container = vqz::inspect(bytes, &limits);
    match Decoder::new(model).limits(limits.clone()).decode(bytes) {
        Ok(image) => {
            let info = container.expect("a container whose picture could be decoded");
            assert_eq!(
                (info.width, info.height, info.color),
                (image.width(), image.height(), image.color())
            );
            assert_eq!(info.alpha, image.alpha().is_some());
            assert!(u64::from(image.width()) * u64::from(image.height()) <= limits.max_pixels);
        }
        Err(error @ (Error::Model(_) | Error::Parameter(_) | Error::Unreachable { .. })) => {
            panic!("a file cannot be at fault for this: {error}")
        }
        Err(error) => {
            if let Err(before) = container {
                assert_eq!(
                    discriminant(&before),
                    discriminant(&error),
                    "{before} / {error}"
                );
            }
        }
    }
}

/// As a file to be salvaged, with the model that it names: a report that says "undamaged" of exactly those that can be decoded, with
/// the same pixels.
pub fn salvage(bytes: &[u8]) {
    let (model, limits) = models::for_file(bytes);
    let decoder = Decoder::new(model).limits(limits);
    let picture = decoder.decode(bytes);
    match decoder.salvage(bytes) {
        Ok(rescued) if rescued.report.is_undamaged() => {
            assert_eq!(rescued.image, picture.expect("a file that is not damaged"));
        }
        Ok(rescued) => {
            assert!(picture.is_err(), "{:?}", rescued.report);
            assert!(rescued.report.tiles.len() <= rescued.report.tile_count);
        }
        Err(error) => assert!(picture.is_err(), "{error}"),
    }
}

/// As a model file: what is accepted is written back as the same bytes, and codes a picture to what its encoder predicted.
pub fn model(bytes: &[u8]) {
    match ModelData::from_bytes(bytes) {
        Ok(data) => assert_eq!(
            data.to_bytes().expect("what was read can be written"),
            bytes
        ),
        Err(Error::Model(_) | Error::Crc { .. } | Error::Unsupported(_)) => {
            assert!(Model::from_bytes(bytes).is_err());
            return;
        }
        Err(error) => panic!("a model file cannot be at fault for this: {error}"),
    }
    let model = Model::from_bytes(bytes).expect("the same rules");
    let samples = (0..18 * 17).map(|i| (i * i % 251) as u8).collect();
    let image = Image::new(18, 17, Color::Gray, samples).expect("a picture");
    for quality in [0, 300, QUALITY_MAX] {
        let (file, expected) =
            encode_and_predict(&Encoder::new(&model), &image, quality).expect("a file");
        let back = Decoder::new(&model).decode(&file).expect("its picture");
        assert_eq!(back.samples(), expected);
    }
}
