//! ICC, EXIF and XMP go through the codec byte for byte.

mod common;

use common::{message, Bench};
use image::{ExtendedColorType, ImageDecoder as _, ImageEncoder as _, ImageReader};
use std::io::Cursor;

/// Little-endian TIFF with one entry: orientation 6 (turned by 90°).
const EXIF: &[u8] = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
/// Big-endian, with a maker's name too.
const RICH_EXIF: &[u8] = b"MM\0*\0\0\0\x08\0\x02\x01\x0f\0\x02\0\0\0\x1e\0\0\0\x26\x01\x12\0\x03\0\0\0\x01\0\x01\0\0\0\0\0\0A company that makes cameras.\0";
const XMP: &[u8] = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>h\xc3\xa9</x:xmpmeta>";

/// A header with the length and the signature; nobody looks further here.
fn icc(space: &[u8; 4]) -> Vec<u8> {
    let mut profile = vec![0; 200];
    profile[3] = 200;
    profile[16..20].copy_from_slice(space);
    profile[36..40].copy_from_slice(b"acsp");
    profile
}

struct Found {
    icc: Option<Vec<u8>>,
    exif: Option<Vec<u8>>,
    xmp: Option<Vec<u8>>,
    dimensions: (u32, u32),
}

fn find(file: Vec<u8>) -> Found {
    let reader = ImageReader::new(Cursor::new(file))
        .with_guessed_format()
        .unwrap();
    let mut decoder = reader.into_decoder().unwrap();
    Found {
        icc: decoder.icc_profile().unwrap(),
        exif: decoder.exif_metadata().unwrap(),
        xmp: decoder.xmp_metadata().unwrap(),
        dimensions: decoder.dimensions(),
    }
}

/// A 12×8 picture with all three.
fn png() -> Vec<u8> {
    png_with(icc(b"RGB "), EXIF)
}

fn png_with(profile: Vec<u8>, exif: &'static [u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut info = png::Info::with_size(12, 8);
    info.icc_profile = Some(profile.into());
    info.exif_metadata = Some(exif.into());
    let mut encoder = png::Encoder::with_info(&mut bytes, info).unwrap();
    encoder.set_color(png::ColorType::Rgb);
    let xmp = String::from_utf8(XMP.to_vec()).unwrap();
    encoder
        .add_itxt_chunk("XML:com.adobe.xmp".into(), xmp)
        .unwrap();
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&[90; 12 * 8 * 3])
        .unwrap();
    bytes
}

#[test]
fn all_three_survive_from_and_to_the_formats_that_hold_them() {
    let bench = Bench::new();
    bench.write("a.png", &png());
    let mut input = "a.png".to_string();
    // Each output is the next input.
    for output in ["b.png", "c.webp", "d.jpg", "e.png"] {
        bench.ok(&["encode", &input, "a.vqz"]);
        assert_eq!(
            message(&bench.ok(&["decode", "a.vqz", output])),
            "",
            "{input} → {output}"
        );
        let found = find(bench.read(output));
        assert_eq!(found.icc, Some(icc(b"RGB ")), "{input} → {output}");
        assert_eq!(found.exif.as_deref(), Some(EXIF), "{input} → {output}");
        assert_eq!(found.xmp.as_deref(), Some(XMP), "{input} → {output}");
        assert_eq!(found.dimensions, (12, 8), "orientation must not be applied");
        input = output.into();
    }
}

#[test]
fn png_metadata_behind_the_pixels_is_found() {
    let bench = Bench::new();
    let early = png();
    // exiftool's order: EXIF and XMP go to the end.
    let find = |kind: &[u8]| early.windows(4).position(|w| w == kind).unwrap() - 4;
    let (icc_end, pixels, end) = (find(b"eXIf"), find(b"IDAT"), find(b"IEND"));
    let late = [
        &early[..icc_end],
        &early[pixels..end],
        &early[icc_end..pixels],
        &early[end..],
    ];
    assert!(icc_end < pixels);
    bench.write("a.png", &late.concat());
    bench.ok(&["encode", "a.png", "a.vqz"]);
    bench.ok(&["decode", "a.vqz", "b.png"]);
    let found = self::find(bench.read("b.png"));
    assert_eq!(found.exif.as_deref(), Some(EXIF));
    assert_eq!(found.xmp.as_deref(), Some(XMP));
}

#[test]
fn what_a_format_cannot_hold_is_noted() {
    let bench = Bench::new();
    bench.write("a.png", &png_with(icc(b"RGB "), RICH_EXIF));
    bench.ok(&["encode", "a.png", "a.vqz"]);
    let text = message(&bench.ok(&["decode", "a.vqz", "a.tiff"]));
    assert!(
        text.starts_with("a.tiff: note: EXIF of 68 bytes left out") && text.lines().count() == 1,
        "{text}"
    );
    bench.ok(&["encode", "a.tiff", "b.vqz"]);
    bench.ok(&["decode", "b.vqz", "b.png"]);
    let found = find(bench.read("b.png"));
    assert_eq!(found.icc, Some(icc(b"RGB ")));
    assert_eq!(found.xmp.as_deref(), Some(XMP));
    let text = message(&bench.ok(&["decode", "a.vqz", "a.bmp"]));
    assert!(
        text.contains("ICC profile of 200 bytes left out: bmp cannot hold it"),
        "{text}"
    );
}

/// A profile with a wrong checksum, one that does not unpack, one that no decoder would take, and one of which a few kilobytes unpack to
/// very many: told, and no reason to refuse the picture.
#[test]
fn profiles_that_cannot_be_kept_are_noted() {
    let bench = Bench::new();
    let mut wrong = png();
    let iccp = wrong.windows(4).position(|w| w == b"iCCP").unwrap();
    let length = u32::from_be_bytes(wrong[iccp - 4..iccp].try_into().unwrap()) as usize;
    let checksum = iccp + 4 + length;
    // The first byte of the zlib stream, behind a name and the method.
    let name = wrong[iccp..].iter().position(|&b| b == 0).unwrap();
    wrong[iccp + name + 2] ^= 0x55;
    let mut damaged = wrong.clone();
    let crc = crc32fast::hash(&damaged[iccp..checksum]);
    damaged[checksum..checksum + 4].copy_from_slice(&crc.to_be_bytes());
    for (png, why) in [
        (wrong, "cannot be unpacked"),
        (damaged, "cannot be unpacked"),
        (png_with(vec![0; 17 << 20], EXIF), "17825792 bytes"),
        (png_with(vec![0; 80 << 20], EXIF), "memory allowed"),
        (png_with(noise(40 << 20), EXIF), "41943040 bytes"),
    ] {
        bench.write("a.png", &png);
        let text = message(&bench.ok(&["encode", "a.png", "a.vqz"]));
        assert!(
            text.contains("ICC profile") && text.contains(why),
            "{why}: {text}"
        );
        bench.ok(&["decode", "--overwrite", "a.vqz", "b.png"]);
        let found = find(bench.read("b.png"));
        assert_eq!((found.icc, found.exif.as_deref()), (None, Some(EXIF)));
    }
}

/// What zlib cannot make smaller.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1u32;
    let byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(byte).take(bytes).collect()
}

#[test]
fn large_chunks_that_nobody_reads_do_no_harm() {
    let bench = Bench::new();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 64, 8);
    let text = "x".repeat(33 << 20);
    encoder.add_text_chunk("Comment".into(), text).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[90; 64 * 8]).unwrap();
    drop(writer);
    bench.write("a.png", &bytes);
    assert_eq!(
        common::notes(&bench.ok(&["encode", "a.png", "a.vqz"])),
        "a.png: note: left out: text\n"
    );
}

#[test]
fn the_jpeg_prefix_of_exif_is_not_part_of_it() {
    let bench = Bench::new();
    let mut bytes = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut bytes);
    encoder.set_exif_metadata([b"Exif\0\0", EXIF].concat());
    encoder
        .encode(&[1, 2, 3], 1, 1, image_webp::ColorType::Rgb8)
        .unwrap();
    bench.write("a.webp", &bytes);
    bench.ok(&["encode", "a.webp", "a.vqz"]);
    bench.ok(&["decode", "a.vqz", "a.png"]);
    assert_eq!(find(bench.read("a.png")).exif.as_deref(), Some(EXIF));
}

#[test]
fn exif_too_large_for_jpeg_is_noted_not_fatal() {
    let bench = Bench::new();
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let large = [EXIF, &[7; 70_000]].concat();
    encoder.set_exif_metadata(large.clone()).unwrap();
    encoder
        .write_image(&[5; 16], 4, 4, ExtendedColorType::L8)
        .unwrap();
    bench.write("a.png", &bytes);
    bench.ok(&["encode", "a.png", "a.vqz"]);
    let text = message(&bench.ok(&["decode", "a.vqz", "a.jpg"]));
    assert!(
        text.contains("EXIF of 70026 bytes left out: jpg cannot hold it"),
        "{text}"
    );
    bench.ok(&["decode", "a.vqz", "b.png"]);
    assert_eq!(find(bench.read("b.png")).exif, Some(large));
}

/// Found by trying: a file was written that no decoder takes.
#[test]
fn metadata_beyond_the_limit_is_noted_and_left_out() {
    let bench = Bench::new();
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder.set_exif_metadata(vec![7; (16 << 20) + 1]).unwrap();
    encoder
        .write_image(&[5; 16], 4, 4, ExtendedColorType::L8)
        .unwrap();
    bench.write("a.png", &bytes);
    let text = message(&bench.ok(&["encode", "a.png", "a.vqz"]));
    assert!(text.contains("EXIF of 16777217 bytes left out"), "{text}");
    bench.ok(&["decode", "a.vqz", "b.png"]);
    assert_eq!(find(bench.read("b.png")).exif, None);
}
