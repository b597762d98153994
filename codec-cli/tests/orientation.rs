//! Which way up pictures come out.

mod common;

use common::{message, Bench};
use image::metadata::Orientation;
use image::{ColorType, GenericImageView as _, ImageDecoder as _, ImageReader};
use std::io::Cursor;

/// Little-endian TIFF with one entry: orientation 6 (to be turned by 90° to the right).
const EXIF: &[u8] = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";

/// 40×16, to be turned by 90°; as a file of vqz.
fn turned(bench: &Bench) {
    let mut bytes = Vec::new();
    let mut info = png::Info::with_size(40, 16);
    info.exif_metadata = Some(EXIF.into());
    let mut encoder = png::Encoder::with_info(&mut bytes, info).unwrap();
    encoder.set_color(png::ColorType::Rgb);
    let pixels = (0..16 * 40).flat_map(|i| [(i % 40 * 6) as u8, (i / 40 * 15) as u8, 90]);
    let pixels: Vec<u8> = pixels.collect();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    drop(writer);
    bench.write("in.png", &bytes);
    bench.ok(&["encode", "-q", "90", "in.png", "a.vqz"]);
}

fn orientation(file: Vec<u8>) -> Orientation {
    let reader = ImageReader::new(Cursor::new(file)).with_guessed_format();
    reader
        .unwrap()
        .into_decoder()
        .unwrap()
        .orientation()
        .unwrap()
}

#[test]
fn pixels_are_turned_where_the_format_cannot_say_it() {
    let bench = Bench::new();
    turned(&bench);
    bench.ok(&["decode", "a.vqz", "as-it-is.png"]);
    let upright = bench.picture("as-it-is.png").rotate90().to_rgb8();
    for name in ["a.bmp", "a.ppm", "a.qoi"] {
        let text = message(&bench.ok(&["decode", "a.vqz", name]));
        assert_eq!(bench.picture(name).to_rgb8(), upright, "{name}");
        let expected = format!("{name}: note: turned as its EXIF orientation (6) says, which");
        assert!(
            text.starts_with(&expected) && text.lines().count() == 1,
            "{text}"
        );

        let keep = [
            "decode",
            "--overwrite",
            "--orientation",
            "keep",
            "a.vqz",
            name,
        ];
        let text = message(&bench.ok(&keep));
        assert_eq!(bench.picture(name).dimensions(), (40, 16), "{name}");
        assert!(text.contains("note: orientation 6 is lost"), "{text}");
    }
    for name in ["a.png", "a.jpg", "a.webp", "a.tiff"] {
        assert_eq!(message(&bench.ok(&["decode", "a.vqz", name])), "", "{name}");
        assert_eq!(bench.picture(name).dimensions(), (40, 16), "{name}");
        assert_eq!(
            orientation(bench.read(name)),
            Orientation::Rotate90,
            "{name}"
        );

        let apply = [
            "decode",
            "--overwrite",
            "--orientation",
            "apply",
            "a.vqz",
            name,
        ];
        assert_eq!(message(&bench.ok(&apply)), "", "{name}");
        assert_eq!(bench.picture(name).dimensions(), (16, 40), "{name}");
        assert_eq!(
            orientation(bench.read(name)),
            Orientation::NoTransforms,
            "{name}"
        );
    }
}

#[test]
fn the_tag_of_tiff_becomes_exif() {
    let bench = Bench::new();
    turned(&bench);
    bench.ok(&["decode", "a.vqz", "a.tiff"]);
    assert_eq!(common::notes(&bench.ok(&["encode", "a.tiff", "b.vqz"])), "");
    bench.ok(&["decode", "b.vqz", "b.png"]);
    let reader = ImageReader::open(bench.path("b.png")).unwrap();
    let exif = reader.into_decoder().unwrap().exif_metadata().unwrap();
    assert_eq!(exif.as_deref(), Some(EXIF));
    // Upright ones get no EXIF.
    bench.gradient("c.tiff", ColorType::Rgb8, 8, 8);
    bench.ok(&["encode", "c.tiff", "c.vqz"]);
    bench.ok(&["decode", "c.vqz", "c.png"]);
    let reader = ImageReader::open(bench.path("c.png")).unwrap();
    assert_eq!(
        reader.into_decoder().unwrap().exif_metadata().unwrap(),
        None
    );
}
