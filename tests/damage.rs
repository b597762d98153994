//! Hostile and damaged files: a typed error, or the right picture; never a panic, never wrong pixels in silence.

use std::ops::Range;

use vqz::{Color, Decoder, Encoder, Error, Image, Limits, Model};
use vqz_testkit::files::{join, ranges, split, SIGNATURE};
use vqz_testkit::{picture, tiny, with_alpha, Random};

/// Valid files of all kinds, small: plain, with alpha and metadata, progressive, with several tiles.
fn samples(model: &Model) -> Vec<Vec<u8>> {
    let encode = |image, progressive| {
        let encoder = Encoder::new(model).progressive(progressive);
        encoder.encode(&image).unwrap()
    };
    vec![
        encode(picture(1, 1, Color::Rgb), false),
        encode(with_alpha(picture(5, 3, Color::Gray)), true),
        sample(model, false),
        sample(model, true),
        encode(picture(1030, 2, Color::Gray), false),
        encode(picture(2, 1030, Color::Rgb), true),
    ]
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
    for bytes in samples(&model) {
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
    for bytes in samples(&model) {
        // All that a byte can become, for the smallest file; a low bit, a high bit and all bits for the others.
        let changes: Vec<u8> = match bytes.len() {
            ..100 => (1..=255).collect(),
            _ => vec![0x01, 0x80, 0xFF],
        };
        for offset in 0..bytes.len() {
            for change in &changes {
                let mut damaged = bytes.clone();
                damaged[offset] ^= change;
                assert!(
                    Decoder::new(&model).decode(&damaged).is_err(),
                    "byte {offset} ^ {change:#x} went unnoticed"
                );
            }
        }
    }
}

/// Whole chunks, right in themselves, that are exchanged, repeated, moved, left out, or come from another picture's file: each would
/// fit in its new place, and only the checksums tell.
#[test]
fn chunks_that_change_places_are_an_error() {
    let model = tiny();
    let four = |seed: u32| {
        let (width, height) = (40, 24);
        let noise = (0..width * height * 3).map(|i| (i * (seed + 7) % 251) as u8);
        let mut image = with_alpha(Image::new(width, height, Color::Rgb, noise.collect()).unwrap());
        image.metadata.exif = Some(vec![seed as u8; 4]);
        let encoder = Encoder::new(&model).progressive(true);
        encoder.encode(&image).unwrap()
    };
    let mut pairs = vec![(four(1), four(2))];
    for bytes in samples(&model) {
        pairs.push((bytes, four(3)));
    }
    let mut tried = 0;
    for (bytes, other) in &pairs {
        let (here, there) = (ranges(bytes), ranges(other));
        let cut = |range: &Range<usize>| bytes[range.clone()].to_vec();
        let whole: Vec<_> = here.iter().map(cut).collect();
        let mut changed = Vec::new();
        for i in 0..whole.len() {
            for j in 0..whole.len() {
                let mut edit = |how: &dyn Fn(&mut Vec<Vec<u8>>)| {
                    let mut chunks = whole.clone();
                    how(&mut chunks);
                    changed.push(chunks);
                };
                edit(&|chunks| chunks.swap(i, j));
                edit(&|chunks| chunks[i] = whole[j].clone());
                edit(&|chunks| chunks.insert(i, whole[j].clone()));
                edit(&|chunks| {
                    let chunk = chunks.remove(i);
                    chunks.insert(j, chunk);
                });
                edit(&|chunks| drop(chunks.drain(i.min(j)..=i.max(j))));
            }
            for range in &there {
                let mut chunks = whole.clone();
                chunks[i] = other[range.clone()].to_vec();
                changed.push(chunks.clone());
                chunks.insert(i, whole[i].clone());
                changed.push(chunks);
            }
            if let (Some(front), Some(rest)) = (whole.get(..i), there.get(i..)) {
                let rest = rest.iter().map(|range| other[range.clone()].to_vec());
                changed.push(front.iter().cloned().chain(rest).collect());
            }
        }
        for chunks in changed.iter().filter(|chunks| **chunks != whole) {
            let file = [SIGNATURE, &chunks.concat()[..]].concat();
            if file == *other {
                continue;
            }
            let error = Decoder::new(&model).decode(&file).unwrap_err();
            // The end left out, or something put behind it: the rest is as it was.
            let expected = if bytes.starts_with(&file) {
                matches!(error, Error::Truncated { .. })
            } else if file.starts_with(bytes) {
                matches!(error, Error::Format(_))
            } else {
                matches!(error, Error::Crc { .. })
            };
            assert!(expected, "{error}");
            if let Ok(saved) = Decoder::new(&model).salvage(&file) {
                assert!(!saved.report.is_undamaged());
            }
            tried += 1;
        }
    }
    println!("{tried} files");
    assert!(tried > 1000);
}

/// Whatever an attacker may do who knows the format: chunks doubled, dropped, exchanged, longer, shorter, changed, all with right
/// checksums. Strict decoding and salvage both end in an error of the right kind or in a picture of the size that the header says.
#[test]
fn chunk_surgery_ends_in_an_error_or_a_picture() {
    let model = tiny();
    let mut limits = Limits::default();
    limits.max_pixels = 1 << 14;
    let decoder = Decoder::new(&model).limits(limits);
    let samples = samples(&model);
    let mut random = Random(1);
    let (mut pictures, mut errors, mut saved) = (0, 0, 0);
    for round in 0..4000 {
        let mut chunks = split(&samples[random.below(samples.len())]);
        for _ in 0..=random.below(3) {
            operate(&mut chunks, &mut random);
        }
        let mut file = join(&chunks);
        if random.below(4) == 0 && !chunks.is_empty() {
            let at = random.below(file.len());
            file[at] ^= 1 << random.below(8);
        }
        match decoder.decode(&file) {
            Ok(image) => {
                pictures += 1;
                let again = decoder.salvage(&file).unwrap();
                assert!(
                    again.image == image && again.report.is_undamaged(),
                    "round {round}: {:?}",
                    again.report
                );
            }
            Err(Error::Model(_) | Error::Parameter(_) | Error::Unreachable { .. }) => {
                panic!("round {round}")
            }
            Err(_) => errors += 1,
        }
        saved += usize::from(decoder.salvage(&file).is_ok());
    }
    println!("{pictures} pictures, {errors} errors; {saved} salvaged");
    assert!(pictures > 100 && errors > 1000 && saved > pictures + 100);
}

fn operate(chunks: &mut Vec<([u8; 4], Vec<u8>)>, random: &mut Random) {
    if chunks.is_empty() {
        return;
    }
    let (i, j) = (random.below(chunks.len()), random.below(chunks.len()));
    match random.below(8) {
        0 => chunks.insert(j, chunks[i].clone()),
        1 => drop(chunks.remove(i)),
        2 => chunks.swap(i, j),
        3 => {
            let more = random.below(40);
            chunks[i]
                .1
                .extend((0..more).map(|_| random.below(256) as u8));
        }
        4 => {
            let length = random.below(chunks[i].1.len() + 1);
            chunks[i].1.truncate(length);
        }
        5 => chunks[i].0[random.below(4)] ^= 1 << random.below(8),
        _ => {
            // Header fields at their ends as well as anything.
            let Some(last) = chunks[i].1.len().checked_sub(1) else {
                return;
            };
            let value = [0, 1, 0x7F, 0x80, 0xFF, random.below(256) as u8][random.below(6)];
            chunks[i].1[random.below(last + 1)] = value;
        }
    }
}

/// A header at its extremes in front of the streams of another picture.
#[test]
fn header_extremes() {
    let model = tiny();
    let limits = || {
        let mut limits = Limits::default();
        limits.max_pixels = 1 << 16;
        limits
    };
    for file in samples(&model) {
        let chunks = split(&file);
        for (at, values) in [
            (1, &[0u8, 1, 2, 255][..]),
            (2, &[0, 1, 255]),
            (3, &[0, 1, 255]),
            (4, &[0, 1, 255]),
            (5, &[0, 1, 2, 3, 4, 255]),
            (6, &[0, 1, 8, 16]),
            (15, &[0, 1, 255]),
            (16, &[0, 4, 255]),
            (17, &[0, 7, 8, 9, 12, 13, 255]),
            (18, &[0, 1, 2, 3, 255]),
        ] {
            for &value in values {
                let mut changed = chunks.clone();
                changed[0].1[at] = value;
                let decoder = Decoder::new(&model).limits(limits());
                let bytes = join(&changed);
                for outcome in [
                    decoder.decode(&bytes),
                    decoder.salvage(&bytes).map(|s| s.image),
                ] {
                    match outcome {
                        Ok(image) => {
                            let field = |at: usize| {
                                u32::from(changed[0].1[at]) + 256 * u32::from(changed[0].1[at + 1])
                            };
                            assert_eq!((image.width(), image.height()), (field(1), field(3)));
                        }
                        Err(
                            Error::Format(_)
                            | Error::Unsupported(_)
                            | Error::Truncated { .. }
                            | Error::Limit { .. },
                        ) => {}
                        Err(error) => panic!("byte {at} = {value}: {error}"),
                    }
                }
            }
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
        let mut damaged = split(&bytes);
        let (_, stream) = damaged.last_mut().unwrap();
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        for byte in stream {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if seed % 3 != 0 || state >> 29 == 0 {
                *byte = (state >> 24) as u8;
            }
        }
        match Decoder::new(&model).decode(&join(&damaged)) {
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
    let mut longer = split(&sample(&model, false));
    longer.last_mut().unwrap().1.extend([7; 16]);
    let error = Decoder::new(&model).decode(&join(&longer)).unwrap_err();
    assert!(matches!(error, Error::Format(_)), "{error}");
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    let model = tiny();
    let bytes = Encoder::new(&model)
        .encode(&picture(16, 16, Color::Rgb))
        .unwrap();
    let mut chunks = split(&bytes);
    // Width and height.
    chunks[0].1[1..5].copy_from_slice(&[0xFF; 4]);
    let error = Decoder::new(&model).decode(&join(&chunks)).unwrap_err();
    assert!(
        matches!(error, Error::Limit { limit, .. } if limit == 1 << 28),
        "{error}"
    );
}

/// A short file may not ask for much work: a size within the limit on pixels, but not for its length.
#[test]
fn large_pictures_in_short_files_are_refused() {
    let model = tiny();
    let decoder = Decoder::new(&model);
    let mut chunks = split(
        &Encoder::new(&model)
            .encode(&picture(16, 16, Color::Rgb))
            .unwrap(),
    );
    chunks[0].1[1..5].copy_from_slice(&[0, 6, 1, 4]);
    // One tile of 4096 pixels.
    chunks[0].1[17] = 12;
    let error = decoder.decode(&join(&chunks)).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Limit {
                value: 1_597_440,
                limit: 1_572_864,
                ..
            }
        ),
        "{error}"
    );
    assert!(decoder.salvage(&join(&chunks)).is_err());
}
