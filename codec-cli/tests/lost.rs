//! What a .vqz file cannot hold is noted when it is lost.

mod common;

use common::{message, Bench};
use image::codecs::gif::GifEncoder;
use image::{ColorType, Frame, RgbaImage};
use tiff::encoder::{colortype::Gray8, TiffEncoder};

/// A PNG with more chunks in front of its pixels.
fn png_with(bench: &Bench, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    bench.gradient("plain.png", ColorType::Rgb8, 8, 8);
    let plain = bench.read("plain.png");
    // Behind the signature and IHDR.
    let mut png = plain[..33].to_vec();
    for (kind, data) in chunks {
        let body = [&kind[..], data].concat();
        png.extend((data.len() as u32).to_be_bytes());
        png.extend(&body);
        png.extend(crc32fast::hash(&body).to_be_bytes());
    }
    png.extend(&plain[33..]);
    png
}

fn notes(bench: &Bench, name: &str, bytes: &[u8]) -> String {
    bench.write(name, bytes);
    common::notes(&bench.ok(&["encode", name, "a.vqz"]))
}

#[test]
fn chunks_of_png() {
    let bench = Bench::new();
    let gamma = |value: u32| value.to_be_bytes();
    let (usual, linear) = (gamma(45_455), gamma(100_000));
    for (chunks, expected) in [
        (&[(b"gAMA", &usual[..])][..], ""),
        (&[(b"gAMA", &linear)], "gamma (gAMA)"),
        (&[(b"sRGB", &[0]), (b"gAMA", &linear)], ""),
        (&[(b"cICP", &[1, 13, 0, 1])], ""),
        (&[(b"cICP", &[12, 13, 0, 1])], "colour space (cICP)"),
        (
            &[(b"pHYs", &[0; 9]), (b"tEXt", b"Title\0x")],
            "resolution (pHYs), text",
        ),
    ] {
        let expected = match expected {
            "" => String::new(),
            lost => format!("a.png: note: left out: {lost}\n"),
        };
        let text = notes(&bench, "a.png", &png_with(&bench, chunks));
        assert_eq!(text, expected, "{chunks:?}");
    }
}

#[test]
fn hdr_is_refused() {
    let bench = Bench::new();
    for (transfer, name) in [(16, "PQ"), (18, "HLG")] {
        let png = png_with(&bench, &[(b"cICP", &[9, transfer, 0, 1])]);
        bench.write("a.png", &png);
        let text = message(&bench.fails(1, &["encode", "a.png", "a.vqz"]));
        let expected = format!("a.png: is an HDR picture ({name}, says its cICP chunk)");
        assert!(text.contains(&expected), "{text}");
    }
}

#[test]
fn frames_and_pages() {
    let bench = Bench::new();
    let gif = |frames| {
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new(&mut bytes);
        for _ in 0..frames {
            encoder
                .encode_frame(Frame::new(RgbaImage::new(9, 5)))
                .unwrap();
        }
        drop(encoder);
        bytes
    };
    let apng = |frames: u32| {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
        encoder.set_animated(frames, 0).unwrap();
        let mut writer = encoder.write_header().unwrap();
        (0..frames).for_each(|_| writer.write_image_data(&[1, 2]).unwrap());
        drop(writer);
        bytes
    };
    let tiff = |pages| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        for _ in 0..pages {
            encoder.write_image::<Gray8>(2, 1, &[1, 2]).unwrap();
        }
        bytes.into_inner()
    };
    let animation = "only the first frame of the animation is kept";
    for (name, one, two, lost) in [
        ("a.gif", gif(1), gif(2), animation),
        ("a.png", apng(1), apng(2), animation),
        (
            "a.tiff",
            tiff(1),
            tiff(2),
            "only the first of its pages is kept",
        ),
    ] {
        assert_eq!(notes(&bench, name, &one), "", "{name}");
        let expected = format!("{name}: note: {lost}\n");
        assert_eq!(notes(&bench, name, &two), expected);
    }
}

#[test]
fn profile_of_tiff_that_is_cut_off() {
    let bench = Bench::new();
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    let mut page = encoder.new_image::<Gray8>(2, 1).unwrap();
    let profile = tiff::tags::Tag::IccProfile;
    page.encoder().write_tag(profile, &[7_u8; 900][..]).unwrap();
    page.write_data(&[1, 2]).unwrap();
    let mut tiff = bytes.into_inner();
    assert_eq!(notes(&bench, "a.tiff", &tiff), "");
    // Where its bytes are said to be, nothing is.
    let entry = tiff
        .windows(4)
        .position(|w| w == [0x73, 0x87, 1, 0] || w == [0x73, 0x87, 7, 0]);
    let place = entry.unwrap() + 8;
    tiff[place..place + 4].fill(0x7f);
    let expected = "a.tiff: note: ICC profile left out: it cannot be read\n";
    assert_eq!(notes(&bench, "a.tiff", &tiff), expected);
}

#[test]
fn comments_of_jpeg() {
    let bench = Bench::new();
    bench.gradient("plain.jpg", ColorType::Rgb8, 8, 8);
    let plain = bench.read("plain.jpg");
    let jpeg = [&plain[..2], b"\xff\xfe\0\x07hello", &plain[2..]].concat();
    let text = notes(&bench, "a.jpg", &jpeg);
    assert_eq!(text, "a.jpg: note: 5 bytes of comments left out\n");
}
