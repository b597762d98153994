//! What the encoder writes must not change by accident: hashes of its files and of their pixels, in `testdata/encoder-hashes.txt`.
//! (What the decoder makes of files is the business of `testdata/conformance`, whose files stay when the encoder changes.)
//! `VQZ_BLESS=1` writes the hashes anew, and the suite's files for the built-in model if that is another one now; `VQZ_BLESS=format`
//! writes its model `tiny.vqzm` and the files coded with it as well: only together with a change of the format. See `scripts/bless.sh`.

use std::path::{Path, PathBuf};

use vqz::{Color, Decoder, Encoder, Image, Limits, Model, Tune};
use vqz_testkit::{picture, pixel_hash, sha256, with_alpha};

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

fn blessing() -> bool {
    std::env::var_os("VQZ_BLESS").is_some_and(|v| v == "1" || v == "format")
}

fn blessing_format() -> bool {
    std::env::var_os("VQZ_BLESS").is_some_and(|v| v == "format")
}

fn model() -> Model {
    let path = testdata("conformance/models/tiny.vqzm");
    if blessing_format() {
        let mut data = vqz::testing::tiny(1);
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
    effort: u8,
    tune: Tune,
}

impl Case {
    fn encode(&self, model: &Model) -> Vec<u8> {
        let encoder = Encoder::new(model).quality(self.quality).unwrap();
        let encoder = encoder.progressive(self.progressive);
        let encoder = encoder.effort(self.effort).unwrap().tune(self.tune);
        encoder.encode(&self.image).unwrap()
    }
}

fn case(name: &'static str, image: Image, quality: f32, progressive: bool) -> Case {
    Case {
        name,
        image,
        quality,
        progressive,
        effort: Encoder::DEFAULT_EFFORT,
        tune: Tune::Eye,
    }
}

fn rgb(width: u32, height: u32) -> Image {
    picture(width, height, Color::Rgb)
}

fn cases() -> Vec<Case> {
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
        Case {
            tune: Tune::Psnr,
            ..case("tuned", rgb(97, 61), 50.0, false)
        },
        Case {
            effort: 2,
            ..case("refined", rgb(150, 70), 55.0, false)
        },
    ]
}

#[test]
fn the_encoder_writes_what_it_wrote() {
    let (tiny, embedded) = (model(), Model::embedded().unwrap());
    let mut table = String::new();
    for case in cases() {
        // With a model of random weights there is nothing to refine.
        let model = match case.effort {
            Encoder::DEFAULT_EFFORT => &tiny,
            _ => embedded,
        };
        let bytes = case.encode(model);
        if blessing_format() && case.effort == Encoder::DEFAULT_EFFORT {
            let path = testdata("conformance/encoded").join(case.name);
            std::fs::write(path.with_extension("vqz"), &bytes).unwrap();
        }
        let back = Decoder::new(model).decode(&bytes).unwrap();
        assert_eq!(back.metadata, case.image.metadata, "{}", case.name);
        assert_eq!(back.alpha(), case.image.alpha(), "{}", case.name);
        table += &format!("{} {} {}\n", sha256(&bytes), pixel_hash(&back), case.name);
    }
    let path = testdata("encoder-hashes.txt");
    if blessing() {
        std::fs::write(&path, &table).unwrap();
    }
    assert_eq!(
        table,
        std::fs::read_to_string(path).unwrap(),
        "the encoder writes other files; if that is meant, run scripts/bless.sh"
    );
}

/// The suite's files for the built-in model: written anew when the model is another one, not when the encoder is.
#[test]
fn the_suite_has_files_of_the_embedded_model() {
    let model = Model::embedded().unwrap();
    let limits = Limits::default();
    for case in [
        case("picture", rgb(192, 130), 40.0, false),
        case("lowest", with_alpha(rgb(65, 33)), 0.0, true),
        case("highest", picture(40, 50, Color::Gray), 100.0, false),
        case("tiles", rgb(1030, 9), 25.0, true),
    ] {
        let path = testdata("conformance/default").join(case.name);
        let path = path.with_extension("vqz");
        let named = || {
            let file = std::fs::read(&path).ok()?;
            Some(vqz::inspect(&file, &limits).ok()?.model)
        };
        if blessing() && named() != Some(model.digest().short()) {
            std::fs::write(&path, case.encode(model)).unwrap();
        }
        assert_eq!(
            named(),
            Some(model.digest().short()),
            "{} is of another model; run scripts/bless.sh",
            path.display()
        );
    }
}

/// The leg of the tests that forces a set of kernels must really run it.
#[test]
fn the_forced_kernels_run() {
    let used = vqz::simd_level().unwrap();
    if let Ok(forced) = std::env::var("VQZ_SIMD") {
        let names = ["avx512", "avx2", "dotprod", "neon", "simd128", "scalar"];
        let place = |name| names.iter().position(|&n| n == name).expect("a known name");
        // What the machine lacks, a plainer one stands in for.
        assert!(
            place(used) >= place(&forced),
            "VQZ_SIMD={forced}, but {used} runs"
        );
    }
}
