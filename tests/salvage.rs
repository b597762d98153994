//! What `Decoder::salvage` gives for damaged files.

use std::path::Path;
use std::time::{Duration, Instant};

use vqz::{Color, Decoder, Encoder, Error, Image, Model, Salvaged};
use vqz_testkit::files::{join, ranges, split, SIGNATURE};
use vqz_testkit::{picture, psnr, tiny, with_alpha};

fn photo() -> Image {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/photo.png");
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut samples).unwrap();
    Image::new(info.width, info.height, Color::Rgb, samples).unwrap()
}

/// 1100×40, two tiles, each in three layers.
fn two_tiles(model: &Model, progressive: bool) -> (Vec<u8>, Image) {
    let image = picture(1100, 40, Color::Rgb);
    let bytes = Encoder::new(model)
        .progressive(progressive)
        .encode(&image)
        .unwrap();
    let back = Decoder::new(model).decode(&bytes).unwrap();
    (bytes, back)
}

/// Columns `from..to` of a picture.
fn columns(image: &Image, from: usize, to: usize) -> Vec<&[u8]> {
    let rows = image.samples().chunks_exact(image.width() as usize * 3);
    rows.map(|row| &row[from * 3..to * 3]).collect()
}

fn tiles(saved: &Salvaged) -> Vec<(u32, usize, bool)> {
    let tiles = saved.report.tiles.iter();
    tiles
        .map(|t| (t.x, t.layers_whole, t.next_layer_begun))
        .collect()
}

/// Ranges of the `TILE` chunks.
fn tile_ranges(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let tiles = split(bytes).into_iter().zip(ranges(bytes));
    tiles
        .filter(|((kind, _), _)| kind == b"TILE")
        .map(|(_, range)| range)
        .collect()
}

#[test]
fn whole_files_are_decoded_as_ever() {
    let model = tiny();
    for progressive in [false, true] {
        let (bytes, back) = two_tiles(&model, progressive);
        let saved = Decoder::new(&model).salvage(&bytes).unwrap();
        assert!(saved.image == back && saved.report.is_undamaged());
        assert_eq!(saved.report.tile_count, 2);
    }
}

/// One tile's damage stays within it (and the few pixels that the synthesis sees across its edge), whether its payload or its type was
/// hit, and with the index or without. A damaged length costs nothing: the checksum tells which one is right.
#[test]
fn damage_is_confined_to_its_tile() {
    let model = tiny();
    let (whole, back) = two_tiles(&model, false);
    let index: Vec<_> = split(&whole)
        .into_iter()
        .filter(|(kind, _)| kind != b"tidx")
        .collect();
    for bytes in [whole, join(&index)] {
        for (tile, x) in [(0, 0), (1, 1024)] {
            let range = &tile_ranges(&bytes)[tile];
            for at in [0, 3, 4, 7, 12, range.len() - 5] {
                let mut damaged = bytes.clone();
                damaged[range.start + at] ^= 0x20;
                let saved = Decoder::new(&model).salvage(&damaged).unwrap();
                assert!(!saved.report.notes.is_empty());
                if at < 4 {
                    assert!(saved.report.tiles.is_empty() && saved.image == back);
                    continue;
                }
                assert_eq!(
                    saved.report.tiles.len(),
                    1,
                    "tile {tile}, byte {at}: {:?}",
                    saved.report
                );
                let hit = saved.report.tiles[0];
                assert_eq!((hit.x, hit.y, hit.height, hit.layers), (x, 0, 40, 1));
                let rest = if tile == 0 { (1070, 1100) } else { (0, 970) };
                assert!(columns(&saved.image, rest.0, rest.1) == columns(&back, rest.0, rest.1));
            }
        }
    }
}

/// A checksum is the last thing to be lost with a chunk: the next chunk, which is linked to it, tells what it was. Of the last chunk
/// nothing does.
#[test]
fn a_damaged_checksum_costs_nothing_but_in_the_last_chunk() {
    let model = tiny();
    for progressive in [false, true] {
        let (bytes, back) = two_tiles(&model, progressive);
        let ranges = ranges(&bytes);
        for (i, range) in ranges.iter().enumerate() {
            let mut damaged = bytes.clone();
            damaged[range.end - 4..range.end].copy_from_slice(b"lost");
            Decoder::new(&model).decode(&damaged).unwrap_err();
            let saved = Decoder::new(&model).salvage(&damaged).unwrap();
            assert_eq!(saved.report.notes.len(), 1, "{:?}", saved.report);
            let last = i + 1 == ranges.len();
            assert_eq!(saved.image == back, !last);
            assert_eq!(saved.report.tiles.len(), usize::from(last));
        }
    }
}

/// Without the checksum nobody knows whether the last label is right, so that such a tile is not called whole.
#[test]
fn a_stream_without_checksum_is_not_whole() {
    let model = tiny();
    let (bytes, _) = two_tiles(&model, false);
    let last = tile_ranges(&bytes).pop().unwrap();
    for cut in 1..=4 {
        let saved = Decoder::new(&model).salvage(&bytes[..bytes.len() - cut]);
        assert_eq!(tiles(&saved.unwrap()), [(1024, 0, true)]);
    }
    for bit in 0..8 * 12 {
        let mut damaged = bytes.clone();
        // Beyond the end of the file.
        damaged[last.start + 3] ^= 0x20;
        damaged[last.end - 16 + bit / 8] ^= 1 << (bit % 8);
        let saved = Decoder::new(&model).salvage(&damaged).unwrap();
        assert_eq!(saved.report.tiles.len(), 1, "bit {bit}");
    }
}

/// An index whose lengths lead beyond any address: what it says of the first stream is all that can be used.
#[test]
fn an_absurd_index_misplaces_nothing() {
    let model = tiny();
    let (bytes, _) = two_tiles(&model, false);
    for absurd in [u32::MAX, u32::MAX - 11, u32::MAX - 12, 1 << 31] {
        let mut chunks = split(&bytes);
        let index = chunks.iter_mut().find(|(kind, _)| kind == b"tidx").unwrap();
        index.1[..4].copy_from_slice(&absurd.to_le_bytes());
        let saved = Decoder::new(&model).salvage(&join(&chunks));
        assert!(matches!(saved, Err(Error::Format(_))), "{absurd:#x}");
    }
}

#[test]
fn layers_count_up_to_the_first_lost_one() {
    let model = tiny();
    let (bytes, _) = two_tiles(&model, true);
    let ranges = tile_ranges(&bytes);
    assert_eq!(ranges.len(), 6);
    for (chunk, expected) in [
        (0, (0, 0, false)),
        (1, (1024, 0, false)),
        (2, (0, 1, false)),
        (5, (1024, 2, false)),
    ] {
        let mut damaged = bytes.clone();
        damaged[ranges[chunk].end - 5] ^= 1;
        let saved = Decoder::new(&model).salvage(&damaged).unwrap();
        assert_eq!(tiles(&saved), [expected], "chunk {chunk}");
    }
    let mut damaged = bytes;
    for range in &ranges[..2] {
        damaged[range.end - 1] ^= 1;
    }
    let error = Decoder::new(&model).salvage(&damaged).unwrap_err();
    assert!(
        matches!(&error, Error::Format(text) if text.contains("nothing is left")),
        "{error}"
    );
}

/// Every prefix gives an error or a picture, and from the first picture on always pictures.
#[test]
fn every_truncation() {
    let model = tiny();
    for progressive in [false, true] {
        let mut image = with_alpha(picture(40, 24, Color::Rgb));
        image.metadata.exif = Some(vec![1, 2, 3]);
        let bytes = Encoder::new(&model)
            .progressive(progressive)
            .encode(&image)
            .unwrap();
        let mut begun = false;
        for length in 0..bytes.len() {
            match Decoder::new(&model).salvage(&bytes[..length]) {
                Ok(saved) => {
                    begun = true;
                    assert!(!saved.report.is_undamaged(), "{length}");
                    assert_eq!(saved.image.alpha(), image.alpha());
                    assert_eq!(saved.image.metadata, image.metadata);
                }
                Err(Error::Signature(_) | Error::Truncated { .. } | Error::Format(_)) => {
                    assert!(!begun, "{length}")
                }
                Err(error) => panic!("{length}: {error}"),
            }
        }
        assert!(begun);
    }
}

/// The more there is of a progressive file, the better the picture.
#[test]
fn a_prefix_of_a_progressive_file_is_a_picture() {
    let model = Model::embedded().unwrap();
    let image = photo();
    let bytes = Encoder::new(model)
        .quality(90.0)
        .unwrap()
        .progressive(true)
        .encode(&image)
        .unwrap();
    let ranges = tile_ranges(&bytes);
    let mut best = 0.0;
    let mut report = Vec::new();
    for (layer, range) in ranges.iter().enumerate() {
        // Half of a layer, then all of it.
        for (length, begun) in [(range.start + range.len() / 2, true), (range.end, false)] {
            let saved = Decoder::new(model).salvage(&bytes[..length]).unwrap();
            let db = psnr(&image, &saved.image);
            report.push(format!("{length}: {db:.2} dB"));
            let last = layer + 1 == ranges.len() && !begun;
            match tiles(&saved)[..] {
                [] => assert!(last),
                [tile] => assert_eq!(tile, (0, layer + usize::from(!begun), begun), "{length}"),
                _ => panic!("one tile"),
            }
            assert!(db > best, "{report:?}");
            best = db;
        }
    }
    println!("{report:?}");
    let back = Decoder::new(model).decode(&bytes).unwrap();
    assert_eq!(best, psnr(&image, &back));
}

#[test]
fn damaged_metadata_and_alpha_are_left_out_and_named() {
    let model = tiny();
    let mut image = with_alpha(picture(20, 20, Color::Rgb));
    image.metadata.icc = Some(vec![1; 30]);
    image.metadata.xmp = Some(b"<x/>".to_vec());
    let bytes = Encoder::new(&model).encode(&image).unwrap();
    let kinds: Vec<[u8; 4]> = split(&bytes).into_iter().map(|(kind, _)| kind).collect();
    for (kind, range) in kinds.iter().zip(ranges(&bytes)) {
        let mut damaged = bytes.clone();
        damaged[range.end - 5] ^= 4;
        let outcome = Decoder::new(&model).salvage(&damaged);
        match kind {
            b"VHDR" => assert!(matches!(outcome, Err(Error::Crc { .. }))),
            b"TILE" => assert!(matches!(outcome, Err(Error::Format(_)))),
            _ => {
                let saved = outcome.unwrap();
                let name = std::str::from_utf8(kind).unwrap();
                assert!(
                    saved.report.notes.iter().any(|note| note.contains(name)),
                    "{name}: {:?}",
                    saved.report
                );
                assert!(saved.report.tiles.is_empty());
                assert_eq!(saved.image.alpha().is_none(), kind == b"ALPH");
                assert_eq!(saved.image.metadata.icc.is_none(), kind == b"iccp");
                assert_eq!(saved.image.metadata.xmp.is_none(), kind == b"xmpp");
            }
        }
    }
}

/// Found by trying: a chunk whose type was damaged took the place of the first tile, and that of the second, and so on.
#[test]
fn a_damaged_type_in_front_takes_no_tiles_place() {
    let model = tiny();
    let mut image = with_alpha(picture(1100, 40, Color::Rgb));
    image.metadata.icc = Some(b"not a profile".to_vec());
    let bytes = Encoder::new(&model).encode(&image).unwrap();
    let back = Decoder::new(&model).decode(&bytes).unwrap();
    for ((kind, _), range) in split(&bytes).into_iter().zip(ranges(&bytes)) {
        if kind == *b"VHDR" || kind == *b"TILE" {
            continue;
        }
        for bit in 0..32 {
            let mut damaged = bytes.clone();
            damaged[range.start + 4 + bit / 8] ^= 1 << (bit % 8);
            Decoder::new(&model).decode(&damaged).unwrap_err();
            let saved = Decoder::new(&model).salvage(&damaged).unwrap();
            // Without its filter it is nearly the same picture.
            let same = saved.image.samples() == back.samples();
            assert_eq!(same, kind != *b"FILT", "{kind:?}, bit {bit}");
            assert!(saved.report.tiles.is_empty() && !saved.report.notes.is_empty());
        }
    }
}

/// Whatever a file makes salvage say, nobody has to read a million lines.
#[test]
fn notes_are_bounded_in_number() {
    let model = tiny();
    let bytes = Encoder::new(&model)
        .encode(&picture(20, 20, Color::Rgb))
        .unwrap();
    let mut chunks = split(&bytes);
    for _ in 0..1000 {
        chunks.insert(1, (*b"tidx", Vec::new()));
    }
    let saved = Decoder::new(&model).salvage(&join(&chunks)).unwrap();
    assert_eq!(saved.report.notes.len(), 101);
    assert_eq!(saved.report.notes[100], "900 more such notes");
}

/// A chunk taken out or put in whole shifts all behind it: without an index nothing is shown in another tile's place.
#[test]
fn whole_chunks_taken_out_or_put_in_misplace_nothing() {
    let model = tiny();
    let image = picture(4100, 24, Color::Rgb);
    let bytes = Encoder::new(&model).encode(&image).unwrap();
    let mut chunks = split(&bytes);
    for index in [true, false] {
        chunks.retain(|(kind, _)| index || kind != b"tidx");
        let bytes = join(&chunks);
        let back = Decoder::new(&model).decode(&bytes).unwrap();
        let ranges = tile_ranges(&bytes);
        assert_eq!(ranges.len(), 5);
        for (i, range) in ranges.iter().enumerate() {
            let mut less = bytes.clone();
            less.drain(range.clone());
            let mut more = bytes.clone();
            more.splice(range.end..range.end, bytes[range.clone()].to_vec());
            for (damaged, whole) in [(less, i), (more, i + 1)] {
                let saved = Decoder::new(&model).salvage(&damaged);
                if whole == 0 {
                    assert!(matches!(saved, Err(Error::Format(_))));
                    continue;
                }
                let saved = saved.unwrap();
                assert!(!saved.report.is_undamaged());
                let lost: Vec<u32> = tiles(&saved).into_iter().map(|t| t.0).collect();
                assert_eq!(
                    lost,
                    (whole as u32..5).map(|t| t * 1024).collect::<Vec<_>>()
                );
                let exact = (whole * 1024).saturating_sub(40).min(4100);
                assert!(columns(&saved.image, 0, exact) == columns(&back, 0, exact));
            }
        }
    }
}

/// A file that is nothing but beginnings of long chunks: looking for whole ones must not take the square of its length. (The
/// square would be days.)
#[test]
fn looking_for_chunks_takes_bounded_time() {
    let model = tiny();
    let mut file = SIGNATURE.to_vec();
    file.extend(
        &join(&[vqz_testkit::files::header(
            64,
            64,
            10,
            model.digest().short(),
        )])[8..],
    );
    let size = 8 << 20;
    while file.len() < size {
        file.extend(((size - file.len()) as u32 / 2).to_le_bytes());
        file.extend(b"TILE");
    }
    let started = Instant::now();
    assert!(Decoder::new(&model).salvage(&file).is_err());
    assert!(started.elapsed() < Duration::from_secs(60));
}

/// The same for a file full of indices with no `TILE` behind them, each of which had the rest searched. (The square would be minutes.)
#[test]
fn looking_for_the_first_tile_takes_bounded_time() {
    let model = tiny();
    let header = vqz_testkit::files::header(64, 64, 10, model.digest().short());
    let mut chunks = vec![header];
    chunks.resize(250_000, (*b"tidx", vec![0; 4]));
    let file = join(&chunks);
    let started = Instant::now();
    assert!(Decoder::new(&model).salvage(&file).is_err());
    assert!(started.elapsed() < Duration::from_secs(60));
}

/// Found by fuzzing: a file that `decode` refuses is never called undamaged.
#[test]
fn a_chunk_behind_the_last_tile_is_reported() {
    let model = tiny();
    let (bytes, back) = two_tiles(&model, false);
    let mut chunks = split(&bytes);
    chunks.push((*b"late", Vec::new()));
    let bytes = join(&chunks);
    Decoder::new(&model).decode(&bytes).unwrap_err();
    let saved = Decoder::new(&model).salvage(&bytes).unwrap();
    assert!(saved.image == back && saved.report.tiles.is_empty());
    let notes = saved.report.notes.join("\n");
    assert!(notes.contains("follow the last TILE"), "{notes}");
}
