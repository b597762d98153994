//! Bytes and pixels that must never change: files in `testdata/golden/`, written by the first version of the format with a small
//! model kept beside them, and their pixel hashes. `VQZ_BLESS=1 cargo test --test golden` writes them anew: only together with a
//! new format version and a line in CHANGELOG.md.

mod common;

use std::path::{Path, PathBuf};

use common::{picture, pixel_hash, with_alpha};
use vqz::{Color, Decoder, Encoder, Image, Model};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/golden")
}

fn blessing() -> bool {
    std::env::var_os("VQZ_BLESS").is_some_and(|v| v == "1")
}

fn model() -> Model {
    let path = folder().join("tiny.vqzm");
    if blessing() {
        let mut data = vqz::model::testing::tiny(1);
        // Large labels, so that learned codewords, lattice points and escapes all occur.
        data.y.gain.iter_mut().for_each(|gain| *gain *= 24);
        data.z.gain.iter_mut().for_each(|gain| *gain *= 24);
        let bytes = data.to_bytes().expect("a valid model");
        std::fs::write(&path, bytes).expect("testdata can be written");
    }
    Model::from_bytes(&std::fs::read(path).expect("tiny.vqzm")).expect("a valid model")
}

struct Case {
    name: &'static str,
    image: Image,
    quality: f32,
    progressive: bool,
}

fn cases() -> Vec<Case> {
    let case = |name, image, quality, progressive| Case {
        name,
        image,
        quality,
        progressive,
    };
    let rgb = |w, h| picture(w, h, Color::Rgb);
    let mut annotated = with_alpha(rgb(33, 50));
    annotated.metadata.icc = Some(vec![1, 2, 3]);
    annotated.metadata.exif = Some(b"MM\0*\0\0\0\x08\0\0".to_vec());
    annotated.metadata.xmp = Some(b"<x:xmpmeta/>".to_vec());
    vec![
        case("one-pixel", rgb(1, 1), 50.0, false),
        case("row", rgb(131, 1), 50.0, false),
        case("column", rgb(1, 67), 50.0, false),
        case("primes", rgb(97, 61), 37.5, false),
        case("lowest", rgb(64, 64), 0.0, false),
        case("highest", rgb(64, 64), 100.0, false),
        case("gray", picture(70, 40, Color::Gray), 60.0, false),
        case(
            "gray-alpha",
            with_alpha(picture(20, 30, Color::Gray)),
            60.0,
            false,
        ),
        case("metadata", annotated, 60.0, false),
        case("progressive", rgb(80, 80), 50.0, true),
        case("tiles", rgb(1100, 20), 20.0, false),
        case("tiles-progressive", rgb(20, 1100), 20.0, true),
    ]
}

#[test]
fn bytes_and_pixels_have_not_changed() {
    let model = model();
    let mut table = String::new();
    for case in cases() {
        let encoder = Encoder::new(&model)
            .quality(case.quality)
            .unwrap()
            .progressive(case.progressive);
        let bytes = encoder.encode(&case.image).unwrap();
        let path = folder().join(case.name).with_extension("vqz");
        if blessing() {
            std::fs::write(&path, &bytes).unwrap();
        }
        assert_eq!(
            bytes,
            std::fs::read(&path).unwrap(),
            "{}: the encoder writes other bytes",
            case.name
        );
        let back = Decoder::new(&model).decode(&bytes).unwrap();
        assert_eq!(back.metadata, case.image.metadata, "{}", case.name);
        assert_eq!(back.alpha(), case.image.alpha(), "{}", case.name);
        table += &format!("{}  {}.vqz\n", pixel_hash(&back), case.name);
    }
    let path = folder().join("hashes.txt");
    if blessing() {
        std::fs::write(&path, &table).unwrap();
    }
    assert_eq!(
        table,
        std::fs::read_to_string(path).unwrap(),
        "the decoder gives other pixels"
    );
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("SPEC.md");
    let spec = std::fs::read_to_string(spec).unwrap();
    for line in table.lines() {
        assert!(
            spec.contains(&format!("    {line}\n")),
            "SPEC.md lacks `{line}`"
        );
    }
    println!(
        "golden files checked with the kernels: {}",
        vqz::simd_level().unwrap()
    );
}

/// The leg of the tests that forces a level must really run it.
#[test]
fn the_forced_level_runs() {
    let level = vqz::simd_level().unwrap();
    if let Ok(forced) = std::env::var("VQZ_SIMD") {
        let best = ["scalar", "avx2", "avx512"]
            .iter()
            .position(|&l| l == forced)
            .expect("a known level");
        let got = ["scalar", "avx2", "avx512"]
            .iter()
            .position(|&l| l == level)
            .expect("a known level");
        assert!(got <= best, "VQZ_SIMD={forced}, but {level} runs");
        assert!(forced != "scalar" || level == "scalar");
    }
}

/// The built-in model on a real photo: changes with the model, and only then.
#[test]
fn photo_with_the_embedded_model() {
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/photo.vqz");
    let hash = folder().join("photo.txt");
    let model = Model::embedded().unwrap();
    if blessing() {
        let image = picture(192, 130, Color::Rgb);
        let bytes = Encoder::new(model)
            .quality(40.0)
            .unwrap()
            .encode(&image)
            .unwrap();
        std::fs::write(&photo, bytes).unwrap();
    }
    let back = Decoder::new(model)
        .decode(&std::fs::read(photo).unwrap())
        .unwrap();
    if blessing() {
        std::fs::write(&hash, pixel_hash(&back)).unwrap();
    }
    assert_eq!(pixel_hash(&back), std::fs::read_to_string(hash).unwrap());
}
