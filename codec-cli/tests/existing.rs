//! What becomes of files that are there already.

mod common;

use common::{message, Bench};
use image::ColorType;

#[test]
fn decoding_beside_the_originals_leaves_them_alone() {
    let bench = Bench::new();
    bench.mkdir("d");
    bench.gradient("d/a.png", ColorType::Rgb8, 16, 16);
    bench.gradient("d/b.jpg", ColorType::Rgb8, 16, 16);
    let original = bench.read("d/a.png");
    bench.ok(&["encode", "d", "d"]);
    let text = message(&bench.fails(1, &["decode", "d", "d"]));
    assert!(
        text.contains("d/a.png exists already; name another output, or pass --overwrite")
            && text.contains("1 of 2 files failed"),
        "{text}"
    );
    assert_eq!(bench.read("d/a.png"), original);
    // The one that was in nobody's way.
    assert!(bench.exists("d/b.png"));
    bench.ok(&["decode", "--overwrite", "d", "d"]);
    assert_ne!(bench.read("d/a.png"), original);
    assert_eq!(
        bench.names("d"),
        ["a.png", "a.vqz", "b.jpg", "b.png", "b.vqz"]
    );
}

#[test]
fn encode_replaces_unless_told_not_to() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 16, 16);
    bench.write("a.vqz", b"old");
    let text = message(&bench.fails(1, &["encode", "--no-overwrite", "a.png", "a.vqz"]));
    assert!(text.contains("a.vqz exists already"), "{text}");
    assert_eq!(bench.read("a.vqz"), b"old");
    // The last one counts.
    bench.ok(&["encode", "--no-overwrite", "--overwrite", "a.png", "a.vqz"]);
    bench.write("b.vqz", b"old");
    bench.ok(&["encode", "a.png", "b.vqz"]);
    assert_eq!(bench.read("a.vqz"), bench.read("b.vqz"));
    bench.ok(&["encode", "--no-overwrite", "a.png", "c.vqz"]);
}
