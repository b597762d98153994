//! The container as a whole: round trips, damage, and chunk surgery with right checksums.

use super::chunk::{write_chunk, Chunks, Kind};
use super::read::{parse, Parsed};
use super::*;
use crate::{Bound, Color, Error, Limits, Metadata, Result};

const CODING: Coding = Coding {
    model: *b"modelid!",
    quality: 512,
    uniform_steps: false,
    tile_steps: false,
    tile_log2: 8,
    layers: 1,
};

/// (type, payload) of every chunk of a file.
type Parts = Vec<(Kind, Vec<u8>)>;

fn split(file: &[u8]) -> Parts {
    let mut chunks = Chunks::of_file(file).unwrap();
    let mut parts = Parts::new();
    while chunks.remaining() > 0 {
        let chunk = chunks.next("chunk").unwrap();
        parts.push((chunk.kind, chunk.payload.to_vec()));
    }
    parts
}

fn join(parts: &Parts) -> Vec<u8> {
    let mut file = signature::SIGNATURE.to_vec();
    for (kind, payload) in parts {
        write_chunk(&mut file, *kind, payload).unwrap();
    }
    file
}

/// 300×200 with 256-pixel tiles: two tiles, two layers, and all there is of metadata.
fn full_file() -> Vec<u8> {
    let header = Header::new(
        300,
        200,
        Color::Rgb,
        true,
        Coding {
            layers: 2,
            ..CODING
        },
    )
    .unwrap();
    let metadata = Metadata {
        icc: Some(b"profile".to_vec()),
        exif: Some(b"II*\0".to_vec()),
        xmp: Some(b"<x/>".to_vec()),
    };
    let tiles = [&b"layer 0 tile 0"[..], b"", b"l1t0", b"l1t1"].map(<[u8]>::to_vec);
    write(&header, &metadata, Some(b"alpha"), None, &tiles)
        .unwrap()
        .bytes
}

fn check(file: &[u8]) -> Result<(Header, Parsed<'_>)> {
    parse(file, &Limits::default())
}

fn format_error(file: &[u8]) -> String {
    match check(file) {
        Err(Error::Format(text)) => text,
        other => panic!("expected a format error, got {other:?}"),
    }
}

#[test]
fn all_combinations_round_trip() {
    for mask in 0..128 {
        let has = |bit: u32| mask >> bit & 1 == 1;
        let (color, layers) = (
            if has(4) { Color::Gray } else { Color::Rgb },
            if has(5) { 3 } else { 1 },
        );
        for (width, height) in [(1, 1), (256, 256), (257, 1), (600, 513)] {
            let header =
                Header::new(width, height, color, has(3), Coding { layers, ..CODING }).unwrap();
            let metadata = Metadata {
                icc: has(0).then(|| vec![7; 1000]),
                exif: has(1).then(Vec::new),
                xmp: has(2).then(|| b"xmp".to_vec()),
            };
            let alpha = has(3).then_some(&b"plane"[..]);
            let bytes = Filter::BYTES[usize::from(has(5))];
            let filter = has(6).then(|| Filter::parse(&vec![0x87; bytes]).unwrap());
            let tiles: Vec<Vec<u8>> = (0..header.stream_count())
                .map(|i| vec![i as u8; i * 3])
                .collect();
            let file = write(&header, &metadata, alpha, filter.as_ref(), &tiles)
                .unwrap()
                .bytes;
            let (read, parsed) = check(&file).unwrap();
            assert_eq!(read, header);
            assert_eq!(parsed.icc, metadata.icc.as_deref());
            assert_eq!(parsed.exif, metadata.exif.as_deref());
            assert_eq!(parsed.xmp, metadata.xmp.as_deref());
            assert_eq!(parsed.alpha, alpha);
            assert_eq!(parsed.filter, filter);
            assert_eq!(parsed.tiles, tiles);
            assert_eq!(join(&split(&file)), file);
        }
    }
}

#[test]
fn a_filter_of_another_length_is_refused() {
    let header = Header::new(1, 1, Color::Gray, false, CODING).unwrap();
    for bytes in Filter::BYTES {
        let filter = Filter::parse(&vec![1; bytes]).unwrap();
        let file = write(
            &header,
            &Metadata::default(),
            None,
            Some(&filter),
            &[vec![0xAA; 5]],
        );
        let mut chunks = split(&file.unwrap().bytes);
        assert!(chunks[1].0 == Kind::FILT);
        chunks[1].1.pop();
        let text = format_error(&join(&chunks));
        let expected = format!(
            "`FILT` at byte 39 has {} bytes, expected 72 or 144",
            bytes - 1
        );
        assert!(text.contains(&expected), "{text}");
    }
}

#[test]
fn smallest_file_has_51_bytes_besides_its_stream() {
    let header = Header::new(1, 1, Color::Gray, false, CODING).unwrap();
    let file = write(&header, &Metadata::default(), None, None, &[vec![0xAA; 5]])
        .unwrap()
        .bytes;
    assert_eq!(file.len(), 51 + 5);
}

#[test]
fn every_truncation_is_found() {
    let file = full_file();
    for length in 1..file.len() {
        match check(&file[..length]) {
            Err(Error::Truncated {
                offset,
                needed,
                have,
                ..
            }) => {
                assert_eq!(offset + have, length);
                assert!(needed > have);
            }
            other => panic!("cut to {length}: {other:?}"),
        }
    }
    assert!(matches!(check(b""), Err(Error::Signature(text)) if text.contains("empty")));
}

#[test]
fn every_flipped_bit_is_found() {
    let file = full_file();
    assert!(check(&file).is_ok());
    for bit in 0..file.len() * 8 {
        let mut damaged = file.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match check(&damaged) {
            Err(Error::Signature(_)) => assert!(bit / 8 < 8),
            // Truncated and Format: a length that now reaches past the end, or past 2³¹.
            Err(Error::Crc { offset, .. } | Error::Truncated { offset, .. }) => {
                assert!(offset >= 8 && offset <= bit / 8)
            }
            Err(Error::Format(text)) => assert!(text.contains("has a length of"), "{text}"),
            other => panic!("bit {bit}: {other:?}"),
        }
    }
}

#[test]
fn crc_error_names_chunk_and_offset() {
    let mut file = full_file();
    let last = file.len() - 1;
    file[last] ^= 1;
    let text = check(&file).unwrap_err().to_string();
    assert!(
        text.starts_with(&format!(
            "chunk `TILE` at byte {} is damaged",
            last + 1 - 16
        )),
        "{text}"
    );
}

#[test]
fn dropped_chunks() {
    let parts = split(&full_file());
    for drop in 0..parts.len() {
        let mut rest = parts.clone();
        let (kind, _) = rest.remove(drop);
        let result = join(&rest);
        match kind {
            Kind::VHDR => assert!(format_error(&result).contains("must be `VHDR`")),
            Kind::ALPH => assert!(format_error(&result).contains("no ALPH")),
            Kind::TILE => assert!(matches!(
                check(&result),
                Err(Error::Truncated { what: "TILE chunk", offset, have: 0, .. }) if offset == result.len()
            )),
            _ => assert!(check(&result).is_ok(), "{kind} is optional"),
        }
    }
}

#[test]
fn duplicated_chunks() {
    let parts = split(&full_file());
    for (i, part) in parts.iter().enumerate() {
        let mut more = parts.clone();
        more.insert(i, part.clone());
        let text = format_error(&join(&more));
        let words = match part.0 {
            Kind::VHDR => "only one",
            Kind::TILE => "follow the last TILE",
            _ => "at most one",
        };
        assert!(text.contains(words), "{}: {text}", part.0);
    }
}

#[test]
fn order() {
    let parts = split(&full_file());
    let kinds: Vec<_> = parts.iter().map(|p| p.0 .0).collect();
    assert_eq!(kinds.concat(), *b"VHDRiccpexifxmppALPHtidxTILETILETILETILE");
    let with = |from: usize, to: usize| {
        let mut moved = parts.clone();
        let part = moved.remove(from);
        moved.insert(to, part);
        join(&moved)
    };
    // Metadata and alpha in any order.
    assert!(check(&with(1, 4)).is_ok());
    assert!(check(&with(4, 1)).is_ok());
    assert!(format_error(&with(0, 1)).contains("must be `VHDR`"));
    for metadata in 1..5 {
        assert!(format_error(&with(metadata, 5)).contains("before `tidx`"));
        assert!(format_error(&with(metadata, 7)).contains("only TILE"));
        assert!(format_error(&with(metadata, 9)).contains("follow the last TILE"));
    }
    assert!(format_error(&with(5, 6)).contains("only TILE"));
}

#[test]
fn unknown_chunks() {
    let parts = split(&full_file());
    let with = |at: usize, kind: &[u8; 4]| {
        let mut more = parts.clone();
        more.insert(at, (Kind(*kind), b"from the future".to_vec()));
        join(&more)
    };
    for at in 1..=6 {
        assert_eq!(
            check(&with(at, b"nEWS")).unwrap().1.tiles.len(),
            4,
            "ancillary at {at}"
        );
        assert!(matches!(
            check(&with(at, b"News")),
            Err(Error::Unsupported(text)) if text.contains("`News`")
        ));
    }
    assert!(format_error(&with(0, b"nEWS")).contains("must be `VHDR`"));
    assert!(format_error(&with(7, b"nEWS")).contains("only TILE"));
    assert!(matches!(
        check(&with(7, b"News")),
        Err(Error::Unsupported(_))
    ));
    assert!(format_error(&with(1, b"n0pe")).contains("four ASCII letters"));
    assert!(format_error(&with(1, b"n\xFF\0\n")).contains(r"`n\xff\x00\n`"));
    // A skipped chunk is checked all the same.
    let mut damaged = with(1, b"nEWS");
    let at = damaged.windows(6).position(|w| w == b"future").unwrap();
    damaged[at] ^= 1;
    assert!(matches!(check(&damaged), Err(Error::Crc { what, .. }) if what.contains("nEWS")));
}

#[test]
fn index_has_to_agree() {
    let parts = split(&full_file());
    let with = |index: &[u8]| {
        let mut changed = parts.clone();
        changed[5].1 = index.to_vec();
        join(&changed)
    };
    let right = parts[5].1.clone();
    assert!(check(&with(&right)).is_ok());
    assert!(format_error(&with(&right[..15])).contains("15 bytes, 4 TILE chunks need 16"));
    let mut wrong = right;
    wrong[12] += 1;
    assert!(format_error(&with(&wrong)).contains("5 bytes for TILE 3, which has 4"));

    let header = Header::new(9, 9, Color::Rgb, false, CODING).unwrap();
    let mut single = split(
        &write(&header, &Metadata::default(), None, None, &[vec![1]])
            .unwrap()
            .bytes,
    );
    single.insert(1, (Kind::TIDX, vec![1, 0, 0, 0]));
    assert!(format_error(&join(&single)).contains("only one TILE"));
}

#[test]
fn alpha_has_to_agree() {
    let header = Header::new(9, 9, Color::Rgb, false, CODING).unwrap();
    let mut parts = split(
        &write(&header, &Metadata::default(), None, None, &[vec![1]])
            .unwrap()
            .bytes,
    );
    parts.insert(1, (Kind::ALPH, vec![0]));
    assert!(format_error(&join(&parts)).contains("header says no alpha"));
}

#[test]
fn limits_come_first() {
    let huge = Header::new(65_535, 65_535, Color::Rgb, false, CODING).unwrap();
    let file = join(&vec![
        (Kind::VHDR, huge.to_bytes().to_vec()),
        (Kind::TILE, vec![0; 49]),
    ]);
    assert_eq!(file.len(), 100);
    assert!(matches!(
        check(&file),
        Err(Error::Limit {
            what: Bound::Pixels,
            value: 4_294_836_225,
            limit: 268_435_456
        })
    ));
    // Even with limits that allow it, the count of tiles that is declared (65,536) costs nothing.
    let mut limits = Limits {
        max_pixels: u64::MAX,
        max_expansion: u64::MAX,
        ..Limits::default()
    };
    assert!(matches!(
        parse(&file, &limits),
        Err(Error::Truncated {
            what: "TILE chunk",
            offset: 100,
            ..
        })
    ));

    let full = full_file();
    limits.max_metadata = 15;
    assert!(parse(&full, &limits).is_ok());
    limits.max_metadata = 14;
    assert!(matches!(
        parse(&full, &limits),
        Err(Error::Limit {
            value: 15,
            limit: 14,
            ..
        })
    ));
}

#[test]
fn writer_refuses_what_does_not_fit() {
    let header = Header::new(300, 200, Color::Rgb, false, CODING).unwrap();
    let none = Metadata::default();
    assert!(
        matches!(write(&header, &none, None, None, &[vec![]]), Err(Error::Parameter(text)) if text.contains("needs 2"))
    );
    assert!(matches!(
        write(&header, &none, Some(b""), None, &[vec![], vec![]]),
        Err(Error::Parameter(_))
    ));
}

/// The hex dump of SPEC.md's worked example is a valid file and says what the text says.
#[test]
fn worked_example_of_the_specification() {
    let spec = include_str!("../../SPEC.md");
    let dump = spec
        .split("<!-- example: begin -->")
        .nth(1)
        .and_then(|s| s.split("<!-- example: end -->").next());
    let file: Vec<u8> = dump
        .expect("SPEC.md marks its example")
        .lines()
        .filter_map(|line| line.split_once(": "))
        .flat_map(|(_, bytes)| {
            bytes
                .split_whitespace()
                .map(|b| u8::from_str_radix(b, 16).unwrap())
        })
        .collect();
    let (header, parsed) = check(&file).unwrap();
    assert_eq!((header.width(), header.height()), (3, 2));
    assert_eq!(header.color(), Color::Rgb);
    assert_eq!(
        header.coding(),
        &Coding {
            model: *b"\x01\x23\x45\x67\x89\xAB\xCD\xEF",
            tile_log2: 10,
            ..CODING
        }
    );
    assert_eq!((parsed.icc, parsed.exif, parsed.xmp), (None, None, None));
    assert_eq!(
        decode_alpha(parsed.alpha.unwrap(), 3, 2).unwrap(),
        [0, 128, 255, 0, 128, 255]
    );
    assert_eq!(parsed.tiles, [b"\xDE\xAD\xBE\xEF"]);
}

/// A file that would be too short for its picture is padded to just the length it needs, in front of the index and the streams.
#[test]
#[cfg_attr(miri, ignore = "too slow")]
fn short_files_of_large_pictures_are_padded() {
    let header = |width| Header::new(width, 1024, Color::Rgb, false, CODING).unwrap();
    let exif = Metadata {
        exif: Some(vec![1]),
        ..Metadata::default()
    };
    let fills = |file: &[u8]| {
        let parts = split(file);
        parts.iter().filter(|(kind, _)| *kind == Kind::FILL).count()
    };
    let bytes = |width: u32, stream: usize| {
        let header = header(width);
        let mut streams = vec![vec![]; header.stream_count()];
        streams[0] = vec![7; stream];
        let file = write(&header, &exif, None, None, &streams).unwrap().bytes;
        check(&file).unwrap();
        let index = if streams.len() > 1 {
            12 + 4 * streams.len()
        } else {
            0
        };
        let bare = 8 + 31 + 13 + index + 12 * streams.len() + stream;
        (file, bare)
    };
    // 1,572,864 pixels are free.
    assert_eq!(fills(&bytes(1536, 0).0), 0);
    for (width, least) in [
        (1537, 10_253),
        (1792, 10_445),
        (1868, 10_509),
        (4000, 12_212),
    ] {
        for missing in [0, 1, 11, 12, 13, 5_000] {
            let (_, overhead) = bytes(width, 0);
            let (file, bare) = bytes(width, least - missing - overhead);
            if missing == 0 {
                assert_eq!((fills(&file), file.len()), (0, bare));
                continue;
            }
            // The chunk itself takes 12 bytes.
            assert_eq!((fills(&file), file.len()), (1, least.max(bare + 12)));
            let chunks = split(&file).into_iter();
            let shorter = join(&chunks.filter(|(kind, _)| *kind != Kind::FILL).collect());
            assert!(matches!(check(&shorter), Err(Error::Limit { .. })));
        }
    }
}
