//! Hostile and damaged files: a typed error, or the right picture; never a panic, never wrong pixels in silence.

mod common;

use common::{picture, with_alpha};
use vqz::{Color, Decoder, Encoder, Error, Model};

fn tiny() -> Model {
    Model::from_bytes(&vqz::model::testing::tiny(7).to_bytes().unwrap()).unwrap()
}

fn sample(model: &Model, progressive: bool) -> Vec<u8> {
    let mut image = with_alpha(picture(40, 24, Color::Rgb));
    image.metadata.exif = Some(vec![1, 2, 3, 4]);
    Encoder::new(model)
        .progressive(progressive)
        .encode(&image)
        .unwrap()
}

#[test]
fn every_truncation_is_an_error() {
    let model = tiny();
    for progressive in [false, true] {
        let bytes = sample(&model, progressive);
        for length in 0..bytes.len() {
            let error = Decoder::new(&model).decode(&bytes[..length]).unwrap_err();
            assert!(
                matches!(error, Error::Signature(_) | Error::Truncated { .. }),
                "{length}: {error}"
            );
        }
    }
}

#[test]
fn every_changed_byte_is_an_error() {
    let model = tiny();
    let bytes = sample(&model, true);
    for offset in 0..bytes.len() {
        for change in [0x01, 0x80, 0xFF] {
            let mut damaged = bytes.clone();
            damaged[offset] ^= change;
            assert!(
                Decoder::new(&model).decode(&damaged).is_err(),
                "byte {offset} ^ {change:#x} went unnoticed"
            );
        }
    }
}

/// Damage that an attacker has given a right checksum reaches the range decoder: it may decode to something, but must end.
#[test]
fn streams_of_rubbish_end_in_an_error_or_a_picture() {
    let model = tiny();
    let bytes = sample(&model, false);
    let mut pictures = 0;
    let mut errors = 0;
    for seed in 0..300u32 {
        let mut damaged = bytes.clone();
        let tile = damaged.windows(4).rposition(|w| w == b"TILE").unwrap();
        let payload = tile + 4..damaged.len() - 4;
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        for byte in &mut damaged[payload] {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if seed % 3 != 0 || state >> 29 == 0 {
                *byte = (state >> 24) as u8;
            }
        }
        let end = damaged.len() - 4;
        let crc = crc32fast::hash(&damaged[tile - 4..end]);
        damaged[end..].copy_from_slice(&crc.to_le_bytes());
        match Decoder::new(&model).decode(&damaged) {
            Ok(image) => {
                assert_eq!((image.width(), image.height()), (40, 24));
                pictures += 1;
            }
            Err(Error::Format(_)) => errors += 1,
            Err(other) => panic!("{other}"),
        }
    }
    println!("{pictures} pictures, {errors} errors");
    assert!(pictures > 0);
}

#[test]
fn a_stream_that_goes_on_after_its_last_label_is_an_error() {
    let model = tiny();
    let bytes = sample(&model, false);
    let tile = bytes.windows(4).rposition(|w| w == b"TILE").unwrap();
    let payload = &bytes[tile + 4..bytes.len() - 4];
    let mut longer = bytes[..tile - 4].to_vec();
    longer.extend((payload.len() as u32 + 16).to_le_bytes());
    longer.extend_from_slice(b"TILE");
    longer.extend_from_slice(payload);
    longer.extend([7; 16]);
    let crc = crc32fast::hash(&longer[tile - 4..]);
    longer.extend(crc.to_le_bytes());
    let error = Decoder::new(&model).decode(&longer).unwrap_err();
    assert!(matches!(error, Error::Format(_)), "{error}");
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    let model = tiny();
    let mut bytes = Encoder::new(&model)
        .encode(&picture(16, 16, Color::Rgb))
        .unwrap();
    // Signature 8, chunk length 4, type 4, version 1: then width and height.
    bytes[17..21].copy_from_slice(&[0xFF; 4]);
    let crc = crc32fast::hash(&bytes[8..35]);
    bytes[35..39].copy_from_slice(&crc.to_le_bytes());
    let error = Decoder::new(&model).decode(&bytes).unwrap_err();
    assert!(
        matches!(error, Error::Limit { limit, .. } if limit == 1 << 28),
        "{error}"
    );
}
