//! `vqz encode` of what is a .vqz file already.

mod common;

use common::{message, Bench};
use image::{ColorType, ImageDecoder as _};
use std::path::Path;

fn suite(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/conformance");
    folder.join(name).to_str().unwrap().into()
}

#[test]
fn its_pixels_are_encoded_with_a_note() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgba8, 64, 48);
    bench.ok(&["encode", "-q", "90", "a.png", "a.vqz"]);
    let done = bench.ok(&["encode", "-q", "20", "a.vqz", "b.vqz"]);
    let text = message(&done);
    assert!(
        text.contains("a.vqz: note: is a .vqz file already"),
        "{text}"
    );
    assert!(bench.read("b.vqz").len() < bench.read("a.vqz").len());

    // The same as by way of a picture without loss, from stdin too.
    bench.ok(&["decode", "a.vqz", "c.png"]);
    bench.ok(&["encode", "-q", "20", "c.png", "c.vqz"]);
    assert_eq!(bench.read("b.vqz"), bench.read("c.vqz"));
    let done = bench.run(&["encode", "-q", "20", "-", "-"], &bench.read("a.vqz"));
    assert_eq!(done.stdout, bench.read("c.vqz"), "{}", message(&done));
}

#[test]
fn metadata_goes_along_and_the_picture_is_resized() {
    let bench = Bench::new();
    let (model, file) = (suite("models/tiny.vqzm"), suite("encoded/metadata.vqz"));
    bench.ok(&["encode", "--model", &model, &file, "same.vqz"]);
    bench.ok(&["decode", "--model", &model, &file, "before.png"]);
    bench.ok(&["decode", "--model", &model, "same.vqz", "after.png"]);
    let metadata = |name: &str| {
        let mut decoder = image::ImageReader::open(bench.path(name))
            .unwrap()
            .into_decoder()
            .unwrap();
        [
            decoder.icc_profile().unwrap(),
            decoder.exif_metadata().unwrap(),
            decoder.xmp_metadata().unwrap(),
        ]
    };
    assert!(metadata("before.png").iter().all(Option::is_some));
    assert_eq!(metadata("before.png"), metadata("after.png"));

    // --model does not take the one away that is built in.
    bench.gradient("a.png", ColorType::Rgb8, 64, 48);
    bench.ok(&["encode", "a.png", "a.vqz"]);
    bench.ok(&[
        "encode",
        "--model",
        &model,
        "--max-size",
        "16",
        "a.vqz",
        "small.vqz",
    ]);
    bench.ok(&["decode", "--model", &model, "small.vqz", "small.png"]);
    let small = bench.picture("small.png");
    assert_eq!((small.width(), small.height()), (16, 12));
}

#[test]
fn damaged_files_and_missing_models_are_told() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 16, 16);
    bench.ok(&["encode", "a.png", "a.vqz"]);
    let mut bytes = bench.read("a.vqz");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    bench.write("bad.vqz", &bytes);
    let text = message(&bench.fails(1, &["encode", "bad.vqz", "b.vqz"]));
    assert!(
        text.contains("bad.vqz: ") && text.contains("--salvage"),
        "{text}"
    );
    let text = message(&bench.fails(1, &["encode", &suite("encoded/gray.vqz"), "b.vqz"]));
    assert!(text.contains("needs model"), "{text}");
    assert!(!bench.exists("b.vqz"));
}

#[test]
fn folders_are_not_searched_for_them() {
    let bench = Bench::new();
    bench.mkdir("in");
    bench.gradient("in/a.png", ColorType::Rgb8, 16, 16);
    bench.ok(&["encode", "in/a.png", "in/b.vqz"]);
    bench.ok(&["encode", "in", "out"]);
    assert_eq!(bench.names("out"), ["a.vqz"]);
    bench.ok(&["encode", "in/a.png", "in/b.vqz", "both"]);
    assert_eq!(bench.names("both"), ["a.vqz", "b.vqz"]);
}
