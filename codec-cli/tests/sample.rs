//! Pictures drawn from the model.

mod common;

use common::{message, Bench};
use image::ColorType;

#[test]
fn a_seed_is_a_picture_whatever_draws_it() {
    let bench = Bench::new();
    let draw = |seed: &str, out: &str, scalar: bool| {
        let size = ["--size", "80x48", "-q", "20", "--seed", seed];
        let mut command = bench.command(&[&["sample"], &size[..], &[out]].concat());
        if scalar {
            command.env("VQZ_SIMD", "scalar").arg("--threads=1");
        }
        assert!(command.output().unwrap().status.success());
        bench.read(out)
    };
    let first = draw("7", "a.png", false);
    assert_eq!(first, draw("7", "b.png", true));
    assert_ne!(first, draw("8", "c.png", false));
    assert_eq!(bench.picture("a.png").to_rgb8().dimensions(), (80, 48));
    // The file that it is decoded from.
    draw("7", "a.vqz", false);
    bench.ok(&["decode", "a.vqz", "d.png"]);
    assert_eq!(bench.picture("d.png"), bench.picture("a.png"));
}

#[test]
fn several_are_numbered_and_differ_and_nothing_is_replaced() {
    let bench = Bench::new();
    let args = ["sample", "--size", "32x32", "-n", "2", "a.png"];
    bench.ok(&args);
    assert_eq!(bench.names("."), ["a-1.png", "a-2.png"]);
    assert_ne!(bench.read("a-1.png"), bench.read("a-2.png"));
    assert!(message(&bench.fails(1, &args)).contains("a-1.png exists already"));
}

#[test]
fn a_file_is_completed_from_the_layers_that_are_kept() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 96, 64);
    bench.ok(&["encode", "--progressive", "a.png", "a.vqz"]);
    let info = bench.ok(&["info", "--json", "a.vqz"]).stdout;
    let info: serde_json::Value = serde_json::from_slice(&info).unwrap();
    let layers = info["layers"].to_string();
    bench.ok(&[
        "sample",
        "--complete",
        "a.vqz",
        "--layers",
        &layers,
        "all.vqz",
    ]);
    assert_eq!(bench.read("all.vqz"), bench.read("a.vqz"));
    // A file that is cut off: what has arrived is kept.
    let file = bench.read("a.vqz");
    bench.write("cut.vqz", &file[..file.len() - 1]);
    bench.ok(&["sample", "--complete", "cut.vqz", "cut.png"]);
    assert_eq!(bench.picture("cut.png").to_rgb8().dimensions(), (96, 64));
    let text = message(&bench.fails(2, &["sample", "--complete", "a.vqz", "b.png"]));
    assert!(text.contains("--layers"), "{text}");
    bench.ok(&["encode", "a.png", "one.vqz"]);
    let args = ["sample", "--complete", "one.vqz", "--layers", "1", "b.png"];
    let text = message(&bench.fails(1, &args));
    assert!(text.contains("one layer"), "{text}");
}
