//! `vqz decode --salvage`.

mod common;

use common::{message, psnr, Bench};
use image::ColorType;

#[test]
fn a_truncated_file_is_shown_as_far_as_it_goes() {
    let bench = Bench::new();
    let original = bench.gradient("a.png", ColorType::Rgb8, 200, 150);
    bench.ok(&["encode", "--progressive", "a.png", "a.vqz"]);
    let whole = bench.read("a.vqz");
    bench.write("cut.vqz", &whole[..whole.len() / 2]);

    bench.fails(1, &["decode", "cut.vqz", "strict.png"]);
    assert!(!bench.exists("strict.png"));

    let done = bench.run(
        &[
            "decode",
            "--salvage",
            "--salvage-report",
            "r.json",
            "cut.vqz",
            "cut.png",
        ],
        b"",
    );
    assert_eq!(done.status.code(), Some(1));
    let text = message(&done);
    assert!(
        text.contains("cut.vqz: note: tile of 200×150 pixels at (0, 0): "),
        "{text}"
    );
    assert!(
        text.contains("error: cut.vqz: damaged: 0 of 1 tiles are whole"),
        "{text}"
    );
    assert!(psnr(&bench.picture("cut.png"), &original) > 20.0);
    let report: serde_json::Value = serde_json::from_slice(&bench.read("r.json")).unwrap();
    assert_eq!(report[0]["file"], "cut.vqz");
    assert_eq!(report[0]["whole"], false);
    assert_eq!(report[0]["damaged_tiles"][0]["width"], 200);
}

/// Found by trying: the report took the place of the damaged file.
#[test]
fn the_report_takes_no_other_files_place() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 60, 40);
    bench.ok(&["encode", "a.png", "a.vqz"]);
    let whole = bench.read("a.vqz");
    for report in ["a.vqz", "./a.vqz", "out.png", "./out.png", "nowhere/r.json"] {
        let arguments = [
            "decode",
            "--salvage",
            "--salvage-report",
            report,
            "a.vqz",
            "out.png",
        ];
        bench.fails(2, &arguments);
        assert!(!bench.exists("out.png"), "{report}");
        assert_eq!(bench.read("a.vqz"), whole, "{report}");
    }
    bench.fails(
        2,
        &[
            "decode",
            "--salvage",
            "--salvage-report",
            "-",
            "--format",
            "png",
            "a.vqz",
            "-",
        ],
    );
}

#[test]
fn whole_files_and_hopeless_ones() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgba8, 60, 40);
    bench.mkdir("in");
    bench.ok(&["encode", "a.png", "in/good.vqz"]);
    bench.write("in/bad.vqz", &bench.read("in/good.vqz")[..30]);
    bench.ok(&["decode", "in/good.vqz", "strict.png"]);

    let done = bench.run(
        &[
            "decode",
            "--salvage",
            "--salvage-report",
            "r.json",
            "in",
            "out",
        ],
        b"",
    );
    assert_eq!(done.status.code(), Some(1));
    assert!(
        message(&done).contains("bad.vqz: file is truncated"),
        "{}",
        message(&done)
    );
    assert_eq!(bench.names("out"), ["good.png"]);
    assert_eq!(bench.read("out/good.png"), bench.read("strict.png"));
    let report: serde_json::Value = serde_json::from_slice(&bench.read("r.json")).unwrap();
    assert!(report[0]["error"].as_str().unwrap().contains("truncated"));
    assert_eq!(
        (&report[1]["whole"], &report[1]["error"]),
        (&true.into(), &serde_json::Value::Null)
    );

    bench.ok(&["decode", "--salvage", "in/good.vqz", "again.png"]);
    bench.fails(
        2,
        &[
            "decode",
            "--salvage-report",
            "r.json",
            "in/good.vqz",
            "x.png",
        ],
    );
}
