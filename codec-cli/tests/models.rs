//! Models from files, with the encoder file beside them, behind them, or nowhere.

mod common;

use common::{message, Bench};
use image::ColorType;

/// The files of the built-in model in `models/`.
fn built_in(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../models/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn an_encoder_file_is_taken_from_beside_or_behind_its_model_file() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 40, 30);
    bench.ok(&["encode", "a.png", "expected.vqz"]);
    let (model, encoder) = (built_in("default.vqzm"), built_in("default.vqze"));
    bench.write("alone.vqzm", &model);
    bench.write("beside.vqzm", &model);
    bench.write("beside.vqze", &encoder);
    bench.write("behind.vqzm", &[&model[..], &encoder].concat());
    for name in ["beside.vqzm", "behind.vqzm"] {
        bench.ok(&["encode", "--model", name, "a.png", "a.vqz", "--overwrite"]);
        assert!(bench.read("a.vqz") == bench.read("expected.vqz"), "{name}");
        let text = bench.ok(&["info", "--model", name]);
        let text = String::from_utf8(text.stdout).unwrap();
        assert!(text.contains("encoder     1"), "{text}");
    }

    // Without one, it decodes what the others have made.
    bench.ok(&["decode", "--model", "alone.vqzm", "expected.vqz", "a.ppm"]);
    let text = message(&bench.fails(1, &["encode", "--model", "alone.vqzm", "a.png", "b.vqz"]));
    assert!(
        text.contains("can only decode") && text.contains("beside the model file"),
        "{text}"
    );
    let text = bench.ok(&["info", "--model", "alone.vqzm"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("none, it can only decode"), "{text}");

    // Another model's, and one that is damaged.
    let mut other = encoder.clone();
    other[40] ^= 1;
    bench.write("beside.vqze", &other);
    let text = message(&bench.fails(1, &["info", "--model", "beside.vqzm"]));
    assert!(text.contains("encoder file"), "{text}");
}
