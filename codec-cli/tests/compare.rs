//! `vqz compare` (feature `measure`): its numbers are those of the files, nothing is measured twice.
//!
//! Needs a Python with the codecs' wheels: `eval "$(scripts/setup-compare.sh)"`.
#![cfg(feature = "measure")]

mod common;

use common::{message, psnr, Bench};
use serde_json::Value;
use std::time::{Duration, Instant};

const PHOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/photo.png");
/// Three qualities of each codec, few enough for a test and enough for a curve.
const QUALITIES: &[&str] = &[
    "--qualities",
    "vqz=20,50,80",
    "--qualities",
    "jpeg=20,50,85",
    "--qualities",
    "mozjpeg=20,50,85",
    "--qualities",
    "webp=10,50,85",
    "--qualities",
    "avif=20,50,80",
    "--qualities",
    "jxl=40,60,85",
];

fn json(bench: &Bench, name: &str) -> Value {
    serde_json::from_slice(&bench.read(name)).unwrap()
}

/// Two crops of a photo, large enough for MS-SSIM.
fn crops(bench: &Bench) {
    let photo = image::open(PHOTO).unwrap();
    photo
        .crop_imm(0, 0, 192, 168)
        .save(bench.path("a.png"))
        .unwrap();
    photo
        .crop_imm(60, 40, 176, 170)
        .save(bench.path("b.png"))
        .unwrap();
}

fn points<'a>(report: &'a Value, codec: &str, photo: &str) -> Vec<&'a Value> {
    let points = report["points"].as_array().unwrap().iter();
    points
        .filter(|p| p["codec"] == codec && p["photo"] == photo)
        .collect()
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn a_report_of_two_photos_and_a_broken_one() {
    let bench = Bench::new();
    crops(&bench);
    bench.write("broken.png", b"not a picture");
    let photos = ["compare", "a.png", "broken.png", "b.png", "--out", "out"];
    let done = bench.run(&[&photos, QUALITIES].concat(), b"");
    let said = message(&done);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("error: broken.png: is no picture"), "{said}");
    assert!(said.contains("1 of 3 files failed"), "{said}");
    let table = String::from_utf8(done.stdout).unwrap();
    for part in [
        "Bits for equal quality",
        " bits than JPEG by PSNR (RGB), ",
        "middle half",
        "SSIMULACRA2",
        "encode s",
        "JPEG XL",
    ] {
        assert!(table.contains(part), "{part} is missing in {table}");
    }

    let report = json(&bench, "out/report.json");
    assert_eq!(report["skipped"][0]["path"], "broken.png");
    assert_eq!(report["photos"].as_array().unwrap().len(), 2);
    assert_eq!(report["points"].as_array().unwrap().len(), 2 * 6 * 3);

    // What the codec's own commands make of the same photo.
    bench.ok(&["encode", "-q", "50", "a.png", "a.vqz"]);
    bench.ok(&["decode", "a.vqz", "back.png"]);
    let point = points(&report, "vqz", "a.png")[1];
    let bytes = bench.read("a.vqz").len();
    assert_eq!(point["bytes"], bytes);
    let bpp = bytes as f64 * 8.0 / (192.0 * 168.0);
    assert!((number(&point["bpp"]) - bpp).abs() < 1e-9);
    let expected = psnr(&bench.picture("a.png"), &bench.picture("back.png"));
    assert!((number(&point["scores"]["psnr-rgb"]) - expected).abs() < 1e-9);
    bench.ok(&["eval", "a.png", "--qualities", "50", "--out", "eval.json"]);
    let similarity = &json(&bench, "eval.json")["results"]["ms-ssim-rgb"][0];
    assert!((number(&point["scores"]["ms-ssim"]) - number(similarity)).abs() < 1e-12);
    if cfg!(target_os = "linux") {
        for key in ["encode_memory", "decode_memory"] {
            assert!(number(&point[key]) > 1e6, "{point}");
            assert!(points(&report, "vqz", "a.png")[0][key].is_null());
        }
    }

    // Means and BD-rates: every codec, every metric.
    let means = &report["means"][0];
    let mean = |key: &str, of: &dyn Fn(&Value) -> f64| {
        let both = [
            points(&report, "vqz", "a.png")[2],
            points(&report, "vqz", "b.png")[2],
        ];
        let expected = (of(both[0]) + of(both[1])) / 2.0;
        let found = if key == "bpp" {
            &means["bpp"][2]
        } else {
            &means["scores"][key][2]
        };
        assert!(
            (number(found) - expected).abs() < 1e-9,
            "{key}: {found}, not {expected}"
        );
    };
    mean("bpp", &|point| number(&point["bpp"]));
    mean("ssimulacra2", &|point| {
        number(&point["scores"]["ssimulacra2"])
    });
    let rates = report["rates"].as_array().unwrap();
    for codec in ["mozjpeg", "webp", "avif", "jxl"] {
        let mut rows = rates.iter().filter(|row| row["metric"] == "psnr-rgb");
        let row = rows
            .find(|row| row["codec"] == "jpeg" && row["against"] == codec)
            .unwrap();
        assert!(number(&row["percent"]) > 0.0, "JPEG is the worst: {row}");
        assert!(number(&row["from"]) < number(&row["to"]));
        assert_eq!(row["photos"].as_array().unwrap().len(), 2);
        let spread = &row["spread"];
        assert!(number(&spread["lower"]) <= number(&spread["median"]));
        assert_eq!(spread["wins"], 0);
    }
    // Every two codecs that can be compared are, once.
    let pairs = rates.iter().filter(|row| row["metric"] == "psnr-rgb");
    assert_eq!(pairs.count(), 15);
    assert_eq!(report["words"].as_array().unwrap().len(), 15);

    // Files of equal size: as large as that of vqz at quality 30, and kept.
    bench.ok(&["encode", "-q", "40", "b.png", "b.vqz"]);
    let target = bench.read("b.vqz").len() as u64;
    let matched = &report["matched"][1];
    assert_eq!(
        (&matched["photo"], &matched["target_bytes"]),
        (&"b.png".into(), &target.into())
    );
    assert_eq!(matched["reference"], "vqz");
    let items = matched["items"].as_array().unwrap();
    assert!(items.len() >= 5, "{matched}");
    for item in items {
        let (codec, bytes) = (
            item["codec"].as_str().unwrap(),
            item["bytes"].as_u64().unwrap(),
        );
        assert!(bytes <= target && bytes > target / 2, "{item}");
        let extension = if codec.ends_with("jpeg") {
            "jpg"
        } else {
            codec
        };
        let file = bench.read(&format!("out/matched/b.png.{codec}.{extension}"));
        assert_eq!(file.len() as u64, bytes, "{codec}");
        assert_eq!(item["worst"].as_array().unwrap().len(), 3);
    }

    let csv = String::from_utf8(bench.read("out/points.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 36);
    assert!(csv.starts_with("photo,codec,quality,bytes,bpp,"), "{csv}");
    for metric in [
        "psnr-rgb",
        "psnr-y",
        "ms-ssim-db",
        "ssimulacra2",
        "butteraugli",
    ] {
        let svg = String::from_utf8(bench.read(&format!("out/rd-{metric}.svg"))).unwrap();
        assert!(svg.contains("<svg") && svg.contains("AVIF"), "{metric}");
    }
}

#[test]
fn nothing_is_measured_twice() {
    let bench = Bench::new();
    crops(&bench);
    let compare = |photos: &[&str], codecs: &str| {
        let options = ["--codecs", codecs, "--no-memory", "--out", "out"];
        bench.ok(&[&["compare"], photos, &options, QUALITIES].concat());
        let lines = String::from_utf8(bench.read("out/cache.jsonl")).unwrap();
        (lines, json(&bench, "out/report.json"))
    };
    let (first, report) = compare(&["a.png"], "webp");
    let (again, same) = compare(&["a.png"], "webp");
    assert_eq!(first, again);
    assert_eq!(report["points"], same["points"]);
    // Another codec and another photo: old results stay, times included, and the new ones come behind.
    let (more, _) = compare(&["a.png"], "webp,jpeg");
    assert!(more.starts_with(&first) && more.len() > first.len());
    let (most, larger) = compare(&["b.png", "a.png"], "jpeg,webp");
    assert!(most.starts_with(&more) && most.len() > more.len());
    assert_eq!(
        points(&larger, "webp", "a.png"),
        points(&report, "webp", "a.png")
    );
}

#[test]
fn killed_and_started_again_it_goes_on() {
    let bench = Bench::new();
    crops(&bench);
    let args = [
        &["compare", "a.png", "b.png", "--no-memory", "--out", "out"],
        QUALITIES,
    ]
    .concat();
    let mut child = bench.command(&args).spawn().unwrap();
    let started = Instant::now();
    let lines = || std::fs::read(bench.path("out/cache.jsonl")).unwrap_or_default();
    let count = || lines().iter().filter(|&&byte| byte == b'\n').count();
    while count() < 3 && started.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = lines();
    assert!(count() >= 3, "nothing is kept");
    assert!(!bench.exists("out/report.json"));
    bench.ok(&args);
    assert!(bench.read("out/cache.jsonl").starts_with(&kept));
    assert_eq!(
        json(&bench, "out/report.json")["points"]
            .as_array()
            .unwrap()
            .len(),
        36
    );
}

#[test]
fn at_a_size() {
    let bench = Bench::new();
    crops(&bench);
    let table = |options: &[&str]| {
        let done = bench.ok(&[&["compare", "a.png"], options].concat());
        String::from_utf8(done.stdout).unwrap()
    };
    let bytes = (0.9 * 192.0 * 168.0 / 8.0) as u64;
    let text = table(&["--bpp", "0.9", "--out", "out"]);
    assert!(
        text.contains(&format!("files of at most {bytes} bytes")),
        "{text}"
    );
    let report = json(&bench, "out/report.json");
    assert_eq!(report["means"], Value::Array(vec![]));
    assert_eq!(report["points"].as_array().unwrap().len(), 6);
    for item in report["matched"][0]["items"].as_array().unwrap() {
        assert!(item["bytes"].as_u64().unwrap() <= bytes, "{item}");
    }

    // The size of a JPEG, its metadata apart, is met by the same JPEG.
    bench.ok(&[
        "compare", "a.png", "--size", "4000", "--codecs", "jpeg", "--out", "j",
    ]);
    let jpeg = bench.read("j/matched/a.png.jpeg.jpg");
    let exif = [
        &[0xff, 0xe1, 0, 20][..],
        b"Exif\0\0MM\0*\0\0\0\x08\0\0",
        &[0, 0],
    ]
    .concat();
    bench.write("like.jpg", &[&jpeg[..2], &exif, &jpeg[2..]].concat());
    let text = table(&["--like", "like.jpg", "--codecs", "jpeg"]);
    assert!(text.contains(&format!(" {} ", jpeg.len())), "{text}");

    // Another model is a codec of its own.
    let model = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../testdata/conformance/models/tiny.vqzm"
    );
    let text = table(&[
        "--bpp", "3", "--codecs", "vqz", "--model", model, "--out", "m",
    ]);
    let ids = [0, 1].map(|i| json(&bench, "m/report.json")["codecs"][i]["id"].clone());
    let other = ids[1].as_str().unwrap();
    assert!(
        ids[0] == "vqz" && other.starts_with("vqz-") && other.len() == 12,
        "{ids:?}"
    );
    assert!(text.contains(&other.replace('-', " ")), "{text}");

    // No JPEG is so small: it is told and left out.
    let done = bench.ok(&[
        "compare", "a.png", "--size", "450", "--codecs", "vqz,jpeg", "--out", "s",
    ]);
    assert!(
        message(&done).contains("jpeg in 450 bytes: the smallest file, of quality 1"),
        "{}",
        message(&done)
    );
    assert_eq!(
        json(&bench, "s/report.json")["matched"][0]["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn mistakes_are_told_before_any_work() {
    let bench = Bench::new();
    crops(&bench);
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/default.vqzm");
    let cases: [(&[&str], &str); 7] = [
        (&[], "--out"),
        (
            &["--out", "out", "--python", "no-such-python"],
            "scripts/setup-compare.sh installs: no-such-python: cannot be run",
        ),
        (
            &["--out", "out", "--metrics", "psnr,ssim"],
            "no metric `ssim`, only psnr, ms-ssim",
        ),
        (
            &["--out", "out", "--codecs", "vqz,jpeg2000"],
            "no codec `jpeg2000`, only vqz, vqz-slow, vqz-psnr, jpeg",
        ),
        (
            &["--out", "out", "--qualities", "jpeg=5,50.5"],
            "jpeg: quality is 50.5",
        ),
        (
            &["--out", "out", "--bpp", "1", "--size", "100"],
            "cannot be used with",
        ),
        (&["--out", "out", "--model", model], "are the same codec"),
    ];
    for (options, expected) in cases {
        let done = bench.fails(2, &[&["compare", "a.png"], options].concat());
        assert!(message(&done).contains(expected), "{}", message(&done));
    }
    assert_eq!(bench.names("."), ["a.png", "b.png"]);
}
