//! JPEGs of which a part is missing or wrong: refused, unless they are asked for.

mod common;

use common::{message, Bench};
use image::GenericImageView as _;

const PROGRESSIVE: &[u8] = include_bytes!("data/progressive.jpg");

#[test]
fn a_cut_or_overwritten_jpeg_is_refused_and_told_where() {
    let bench = Bench::new();
    let baseline = include_bytes!("data/baseline.jpg");
    let mut overwritten = baseline.to_vec();
    let middle = overwritten.len() - 200;
    overwritten[middle..middle + 20].fill(0x55);
    for (what, bytes) in [
        ("cut", &baseline[..baseline.len() * 9 / 10]),
        ("cut, progressive", &PROGRESSIVE[..PROGRESSIVE.len() / 2]),
        ("overwritten", &overwritten),
    ] {
        bench.write("a.jpg", bytes);
        let text = message(&bench.fails(1, &["encode", "a.jpg", "a.vqz"]));
        assert!(
            text.contains("a.jpg: is damaged: its data break off at byte ")
                && text.contains("at row ")
                && text.contains("--accept-damaged"),
            "{what}: {text}"
        );
        assert!(!bench.exists("a.vqz"), "{what}");

        let text = message(&bench.ok(&["encode", "--accept-damaged", "a.jpg", "a.vqz"]));
        assert!(
            text.contains("a.jpg: note: is damaged") && text.contains("at byte "),
            "{what}: {text}"
        );
        bench.ok(&["decode", "a.vqz", "a.png"]);
        assert_eq!(bench.picture("a.png").dimensions(), (61, 45), "{what}");
        std::fs::remove_file(bench.path("a.vqz")).unwrap();
        std::fs::remove_file(bench.path("a.png")).unwrap();
    }
}

#[test]
fn what_is_no_loss_is_no_error() {
    let bench = Bench::new();
    let end = PROGRESSIVE.len() - 2;
    for (bytes, expected) in [
        (PROGRESSIVE.to_vec(), ""),
        (
            [PROGRESSIVE, b"a film"].concat(),
            "a.jpg: note: 6 bytes behind the picture (a second one, or a film) left out\n",
        ),
        (
            PROGRESSIVE[..end].to_vec(),
            "a.jpg: note: its end marker is missing, but its picture is whole\n",
        ),
    ] {
        bench.write("a.jpg", &bytes);
        assert_eq!(
            common::notes(&bench.ok(&["encode", "a.jpg", "a.vqz"])),
            expected
        );
    }
}
