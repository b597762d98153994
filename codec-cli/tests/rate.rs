//! `vqz encode --size`, `--bpp`, `--psnr`.

mod common;

use common::{message, psnr, Bench};
use image::{ColorType, GenericImageView as _};

const PHOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/photo.png");

#[test]
fn sizes_are_kept_and_used() {
    let bench = Bench::new();
    let (width, height) = image::open(PHOTO).unwrap().dimensions();
    let pixels = (width * height) as usize;
    for (option, value, limit) in [
        ("--size", "9000", 9000),
        ("--size", "31415", 31415),
        ("--bpp", "0.4", pixels * 4 / 80),
        ("--bpp", "1.1", pixels * 11 / 80),
    ] {
        let done = bench.ok(&["-v", "encode", option, value, PHOTO, "a.vqz"]);
        let bytes = bench.read("a.vqz").len();
        assert!(bytes <= limit, "{option} {value}: {bytes} bytes");
        assert!(bytes * 100 >= limit * 98, "{option} {value}: {bytes} bytes");
        let text = message(&done);
        assert!(
            text.contains("a.vqz: quality ") && text.contains("trial encodes"),
            "{text}"
        );
        assert!(!text.contains("note"), "{text}");
    }
}

#[test]
fn psnr_is_that_of_the_decoded_picture() {
    let bench = Bench::new();
    bench.ok(&["encode", "--psnr", "31", PHOTO, "a.vqz"]);
    bench.ok(&["decode", "a.vqz", "a.png"]);
    let psnr = psnr(&image::open(PHOTO).unwrap(), &bench.picture("a.png"));
    assert!((31.0..31.06).contains(&psnr), "{psnr} dB");
}

#[test]
fn beyond_the_dial() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 64, 64);
    for (goal, expected) in [
        (
            ["--size", "60"],
            "a.png: file size of 60 bytes cannot be reached, the limit for this picture is ",
        ),
        (
            ["--bpp", "0.01"],
            "a.png: 0.01 bits per pixel are 5 bytes: file size of 5 bytes cannot",
        ),
        (
            ["--psnr", "99"],
            "a.png: PSNR of 99 dB cannot be reached, the limit for this picture is ",
        ),
    ] {
        let text =
            message(&bench.fails(1, &[&["encode"], &goal[..], &["a.png", "a.vqz"]].concat()));
        assert!(text.contains(expected), "{text}");
        assert!(!bench.exists("a.vqz"));
    }
    for (goal, expected) in [
        (
            ["--size", "1000000"],
            "a.vqz: note: quality 100, the best, takes ",
        ),
        (
            ["--psnr", "1"],
            "a.vqz: note: quality 0, the smallest file, PSNR ",
        ),
    ] {
        let text = message(&bench.ok(&[&["encode"], &goal[..], &["a.png", "a.vqz"]].concat()));
        assert!(text.contains(expected), "{text}");
    }
    let text = message(&bench.fails(
        2,
        &["encode", "-q", "9", "--size", "1000", "a.png", "b.vqz"],
    ));
    assert!(text.contains("cannot be used with"), "{text}");
}
