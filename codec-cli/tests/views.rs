//! `decode --region`, `decode --scale`, `decode --rendering` and `thumbnail`.

mod common;

use common::{message, psnr, Bench};
use image::{imageops, ColorType, DynamicImage};
use std::io::Read as _;

#[test]
fn a_region_is_a_crop_and_a_scale_is_smaller() {
    let bench = Bench::new();
    bench.gradient("in.png", ColorType::Rgba8, 200, 120);
    bench.ok(&["encode", "-q", "90", "in.png", "a.vqz"]);
    bench.ok(&["decode", "a.vqz", "whole.png"]);
    let whole = bench.picture("whole.png");

    bench.ok(&["decode", "--region", "64x32+100+60", "a.vqz", "part.png"]);
    assert_eq!(bench.picture("part.png"), whole.crop_imm(100, 60, 64, 32));

    bench.ok(&["decode", "--scale", "1/4", "a.vqz", "small.png"]);
    let small = bench.picture("small.png");
    let expected = imageops::thumbnail(&whole, 50, 30);
    assert!(psnr(&small, &DynamicImage::from(expected)) > 35.0);

    let args = [
        "decode",
        "--scale",
        "8",
        "--region",
        "5x5+20+10",
        "a.vqz",
        "both.png",
    ];
    bench.ok(&args);
    assert_eq!(bench.picture("both.png").to_rgba8().dimensions(), (5, 5));

    let outside = bench.fails(1, &["decode", "--region", "64x32+190+60", "a.vqz", "x.png"]);
    assert!(
        message(&outside).contains("region"),
        "{}",
        message(&outside)
    );
    bench.fails(2, &["decode", "--region", "64x32", "a.vqz", "x.png"]);
    bench.fails(2, &["decode", "--scale", "1/3", "a.vqz", "x.png"]);
    bench.fails(
        2,
        &["decode", "--scale", "1/2", "--salvage", "a.vqz", "x.png"],
    );
}

#[test]
fn thumbnails_fit_whatever_they_are_called() {
    let bench = Bench::new();
    bench.gradient("in.png", ColorType::Rgb8, 900, 300);
    bench.ok(&["encode", "in.png", "a.vqz"]);
    for (size, expected) in [("128", (128, 43)), ("256", (256, 85)), ("2000", (900, 300))] {
        // Desktops ask for names that they make up.
        bench.ok(&["thumbnail", "--size", size, "a.vqz", "thumbnail.tmp"]);
        let thumbnail = image::load_from_memory(&bench.read("thumbnail.tmp")).unwrap();
        assert_eq!(thumbnail.to_rgb8().dimensions(), expected);
        let (width, height) = expected;
        let whole = bench.picture("in.png").to_rgb8();
        let small = imageops::resize(&whole, width, height, imageops::FilterType::CatmullRom);
        assert!(
            psnr(&thumbnail, &DynamicImage::from(small)) > 35.0,
            "{size}"
        );
    }
    let broken = bench.read("a.vqz");
    bench.write("broken.vqz", &broken[..broken.len() / 2]);
    bench.fails(1, &["thumbnail", "broken.vqz", "t.png"]);
    assert!(!bench.exists("t.png"));
    // tumblerd makes an empty file, and reads what it has opened then.
    bench.write("made.png", &[]);
    let mut opened = std::fs::File::open(bench.path("made.png")).unwrap();
    bench.fails(1, &["thumbnail", "broken.vqz", "made.png"]);
    assert!(bench.read("made.png").is_empty());
    bench.ok(&["thumbnail", "a.vqz", "made.png"]);
    let mut seen = Vec::new();
    opened.read_to_end(&mut seen).unwrap();
    assert!(image::load_from_memory(&seen).is_ok());
}

#[test]
fn a_rendering_is_drawn_when_it_is_asked_for() {
    let suite = |name: &str| {
        format!(
            "{}/../testdata/conformance/{name}",
            env!("CARGO_MANIFEST_DIR")
        )
    };
    let (model, file) = (suite("models/small.vqzm"), suite("valid/size-primes.vqz"));
    let rendering = suite("renderings/small.vqzr");
    let bench = Bench::new();
    let decode = |out: &str, options: &[&str]| {
        let args = [&["decode", "--model", &model], options, &[&file, out]].concat();
        bench.run(&args, b"")
    };
    assert!(decode("a.png", &[]).status.success());
    assert!(decode("b.png", &["--rendering", "faithful"])
        .status
        .success());
    assert!(bench.picture("a.png") == bench.picture("b.png"));
    let perceptual = ["--rendering", "perceptual", "--rendering-file", &rendering];
    assert!(decode("c.png", &perceptual).status.success());
    assert!(bench.picture("c.png") != bench.picture("a.png"));
    let missing = decode("d.png", &["--rendering", "perceptual"]);
    assert_eq!(missing.status.code(), Some(1));
    let text = message(&missing);
    for part in [
        "none is at hand",
        "vqzr",
        "pass it with --rendering-file FILE",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let idle = decode("d.png", &["--rendering-file", &rendering]);
    assert_eq!(idle.status.code(), Some(2));
    let wrong = decode(
        "d.png",
        &["--rendering", "perceptual", "--rendering-file", &model],
    );
    assert!(
        message(&wrong).contains("not a .vqzr file"),
        "{}",
        message(&wrong)
    );

    let told = bench.ok(&["info", &rendering]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(
        told.contains("small – zweite") && told.contains("of model"),
        "{told}"
    );
    let json = bench.ok(&["info", "--json", &suite("default/picture.vqz")]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["renderings"][0], "faithful");
    let json = bench.ok(&["info", "--json", &file]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["renderings"], serde_json::json!([]));
}
