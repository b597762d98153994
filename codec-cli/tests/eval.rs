//! `vqz eval` (feature `measure`) says what files really are: its numbers are those of `vqz encode` and `vqz decode`.
#![cfg(feature = "measure")]

mod common;

use common::{message, psnr, Bench};
use image::ColorType;
use serde_json::Value;

const PHOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/photo.png");

fn json(bench: &Bench, name: &str) -> Value {
    serde_json::from_slice(&bench.read(name)).unwrap()
}

fn close(value: &Value, expected: f64) -> bool {
    (value.as_f64().unwrap() - expected).abs() < 1e-9
}

#[test]
fn numbers_are_those_of_encode_and_decode() {
    let bench = Bench::new();
    bench.gradient("gray.png", ColorType::L8, 61, 40);
    bench.write("broken.png", b"not a picture");
    let photos = ["gray.png", "broken.png", PHOTO];
    let options = ["--qualities", "20,70", "--out", "all.json"];
    let done = bench.run(&[&["eval"], &photos[..], &options].concat(), b"");
    let text = message(&done);
    assert_eq!(done.status.code(), Some(1), "{text}");
    assert!(text.contains("error: broken.png: is no picture"), "{text}");
    assert!(text.contains("1 of 3 files failed"), "{text}");
    assert!(text.contains("gray.png: note: no MS-SSIM"), "{text}");

    let report = json(&bench, "all.json");
    assert_eq!(
        report["command"],
        format!("vqz eval gray.png broken.png {PHOTO} --qualities 20,70 --out all.json")
    );
    assert_eq!(report["photos"].as_array().unwrap().len(), 2);
    assert!(report["results"].get("ms-ssim-rgb").is_none(), "{report}");
    for (k, quality) in ["20", "70"].into_iter().enumerate() {
        let (mut rates, mut psnrs) = (0.0, 0.0);
        for (photo, name) in ["gray.png", PHOTO].into_iter().enumerate() {
            bench.ok(&["encode", "-q", quality, name, "a.vqz"]);
            bench.ok(&["decode", "--overwrite", "a.vqz", "a.png"]);
            let original = image::open(bench.path(name)).unwrap();
            let point = &report["photos"][photo]["points"][k];
            let bytes = bench.read("a.vqz").len();
            assert_eq!(point["bytes"], bytes, "{point}");
            let bpp = bytes as f64 * 8.0 / f64::from(original.width() * original.height());
            let psnr = psnr(&original, &bench.picture("a.png"));
            assert!(
                close(&point["bpp"], bpp) && close(&point["psnr"], psnr),
                "{point}, not {bpp}, {psnr}"
            );
            assert_eq!(point["ms_ssim"].is_null(), photo == 0);
            rates += bpp / 2.0;
            psnrs += psnr / 2.0;
        }
        let means = &report["results"];
        assert!(close(&means["bpp"][k], rates), "{means}");
        assert!(close(&means["psnr-rgb"][k], psnrs), "{means}");
    }
    let model: Value =
        serde_json::from_slice(&bench.ok(&["info", "--model", "--json"]).stdout).unwrap();
    assert_eq!(report["model"]["digest"], model["digest"]);
}

#[test]
fn an_evaluation_is_an_anchor_for_others() {
    let bench = Bench::new();
    let eval = |options: &[&str]| bench.ok(&[&["eval", PHOTO], options].concat());
    eval(&["--qualities", "0,40,80", "--out", "a.json"]);
    // On a photo, the published curve gives some number; only the evaluation itself gives 0.
    bench.write(
        "two.json",
        br#"{"anchors": {"x": {"results": {"bpp": [0.1, 1, 2], "psnr-rgb": [20, 28, 40]}}, "y": {"results": {"bpp": [1], "psnr-rgb": [1]}}}}"#,
    );
    let options = ["--qualities", "0,40,80", "--out", "b.json"];
    let anchors = [
        "--anchor",
        "self=a.json",
        "--anchor",
        "x=two.json",
        "--anchor",
        "y=two.json",
    ];
    let table = String::from_utf8(eval(&[&options[..], &anchors].concat()).stdout).unwrap();
    let report = json(&bench, "b.json");
    let rates = &report["bd-rate"];
    assert_eq!(rates[0]["anchor"], "self");
    assert!(close(&rates[0]["psnr-rgb"]["percent"], 0.0), "{rates}");
    assert!(
        close(&rates[0]["ms-ssim-db-rgb"]["percent"], 0.0),
        "{rates}"
    );
    assert!(rates[1]["psnr-rgb"]["percent"].is_number(), "{rates}");
    assert!(rates[1]["ms-ssim-db-rgb"].is_null(), "{rates}");
    assert!(rates[2]["psnr-rgb"].is_null(), "{rates}");
    assert!(
        table.contains("self") && table.contains("+0.0 %"),
        "{table}"
    );
}

#[test]
fn jpeg_as_a_baseline() {
    let bench = Bench::new();
    let args = ["eval", "--codec", "jpeg", PHOTO, "--out", "j.json"];
    bench.ok(&args);
    let report = json(&bench, "j.json");
    let results = &report["results"];
    assert_eq!(results["quality"].as_array().unwrap().len(), 11);
    assert!(report["description"].as_str().unwrap().contains("4:2:0"));
    assert!(report["model"].is_null());
    for list in ["bpp", "psnr-rgb", "ms-ssim-rgb"] {
        let values: Vec<f64> = serde_json::from_value(results[list].clone()).unwrap();
        assert!(
            values.is_sorted() && values[0] < values[10],
            "{list}: {values:?}"
        );
    }
}

#[test]
fn mistakes_are_told_before_any_work() {
    let bench = Bench::new();
    bench.write("bad.json", b"[]");
    let cases: [(i32, &[&str], &str); 6] = [
        (2, &["--out", "nowhere/x.json"], "there is no such folder"),
        (2, &["--out", "."], "is a folder"),
        (
            2,
            &["--out", "x.json", "--qualities", "10,101"],
            "quality is 101",
        ),
        (
            2,
            &["--out", "x.json", "--codec", "jpeg", "--qualities", "0"],
            "jpeg: quality is 0, it must be 1 to 100",
        ),
        (
            2,
            &["--out", "x.json", "--anchor", "a.json"],
            "NAME=FILE.json",
        ),
        (
            1,
            &["--out", "x.json", "--anchor", "a=bad.json"],
            "bad.json: is not an anchor",
        ),
    ];
    for (code, options, expected) in cases {
        let done = bench.fails(code, &[&["eval", PHOTO], options].concat());
        assert!(message(&done).contains(expected), "{}", message(&done));
    }
    assert_eq!(bench.names("."), ["bad.json"]);
}
