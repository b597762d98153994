//! Many files, and what is done to pictures on their way.

mod common;

use common::{message, Bench};
use image::ColorType::Rgb8;
use std::fs;
use std::time::{Duration, SystemTime};

/// A tree of folders with a picture in each.
fn tree() -> Bench {
    let bench = Bench::new();
    for (folder, name, side) in [
        ("in", "a", 40),
        ("in/sub", "b", 50),
        ("in/sub/deep", "c", 60),
    ] {
        fs::create_dir_all(bench.path(folder)).unwrap();
        bench.gradient(&format!("{folder}/{name}.png"), Rgb8, side, 30);
    }
    bench
}

#[test]
fn folders_in_folders_are_told_of_and_taken_along_when_asked() {
    let bench = tree();
    let done = bench.ok(&["encode", "in", "flat"]);
    assert!(
        message(&done).contains("in: note: a folder in it is left out"),
        "{}",
        message(&done)
    );
    assert_eq!(bench.names("flat"), ["a.vqz"]);

    let done = bench.ok(&["encode", "-r", "in", "out"]);
    assert!(!message(&done).contains("left out"), "{}", message(&done));
    assert!(
        message(&done).starts_with("3 files: "),
        "{}",
        message(&done)
    );
    assert_eq!(bench.names("out"), ["a.vqz", "sub"]);
    assert_eq!(bench.names("out/sub/deep"), ["c.vqz"]);
    bench.ok(&["decode", "-r", "-o", "back", "out"]);
    assert_eq!(bench.picture("back/sub/deep/c.png").width(), 60);
    // A folder with pictures in its folders only.
    bench.mkdir("top");
    fs::rename(bench.path("in"), bench.path("top/in")).unwrap();
    bench.fails(1, &["encode", "top", "none"]);
    bench.ok(&["encode", "-r", "top", "all"]);
    assert!(bench.exists("all/in/sub/b.vqz"));
}

#[test]
fn files_side_by_side_are_the_same_files() {
    let bench = tree();
    bench.ok(&["--threads", "4", "encode", "-r", "in", "four"]);
    bench.ok(&["encode", "-r", "-j", "1", "in", "one"]);
    for name in ["a", "sub/b", "sub/deep/c"] {
        let read = |folder: &str| bench.read(&format!("{folder}/{name}.vqz"));
        assert_eq!(read("four"), read("one"), "{name}");
    }
}

#[test]
fn what_is_done_is_skipped_unless_its_input_is_newer() {
    let bench = tree();
    bench.ok(&["encode", "-r", "in", "out"]);
    bench.write("out/a.vqz", b"left alone");
    let newer = SystemTime::now() + Duration::from_secs(60);
    let input = fs::File::options()
        .append(true)
        .open(bench.path("in/sub/b.png"));
    input.unwrap().set_modified(newer).unwrap();
    fs::remove_file(bench.path("out/sub/deep/c.vqz")).unwrap();
    let done = bench.ok(&["encode", "-r", "--skip-existing", "in", "out"]);
    assert!(message(&done).contains("2 files: "), "{}", message(&done));
    assert!(
        message(&done).contains("1 were done before"),
        "{}",
        message(&done)
    );
    assert_eq!(bench.read("out/a.vqz"), b"left alone");
}

#[test]
fn a_file_says_what_it_became_unless_told_to_be_quiet() {
    let bench = tree();
    let done = bench.ok(&["encode", "in/a.png", "a.vqz"]);
    let bytes = bench.read("a.vqz").len();
    let start = format!("in/a.png → a.vqz: 40×30, {bytes} bytes, ");
    assert!(message(&done).starts_with(&start), "{}", message(&done));
    assert_eq!(
        message(&bench.ok(&["-s", "encode", "in/a.png", "a.vqz"])),
        ""
    );
    assert_eq!(message(&bench.ok(&["-s", "encode", "-r", "in", "out"])), "");
}

#[test]
fn pictures_are_resized_before_they_are_encoded() {
    let bench = tree();
    for (options, width, height) in [
        (&["--resize", "20x0"][..], 20, 15),
        (&["--resize", "7x9"], 7, 9),
        (&["--max-size", "10"], 10, 8),
        (&["--max-size", "1000"], 40, 30),
    ] {
        bench.ok(&[&["encode"], options, &["in/a.png", "a.vqz"]].concat());
        bench.ok(&["decode", "--overwrite", "a.vqz", "a.png"]);
        let picture = bench.picture("a.png");
        assert_eq!(
            (picture.width(), picture.height()),
            (width, height),
            "{options:?}"
        );
    }
}

#[test]
fn jpeg_has_a_quality_and_the_others_have_none() {
    let bench = tree();
    bench.ok(&["encode", "in/a.png", "a.vqz"]);
    bench.ok(&["decode", "a.vqz", "fine.jpg"]);
    bench.ok(&["decode", "-q", "20", "a.vqz", "coarse.jpg"]);
    assert!(bench.read("coarse.jpg").len() < bench.read("fine.jpg").len());
    let done = bench.fails(2, &["decode", "-q", "20", "a.vqz", "a.png"]);
    assert!(
        message(&done).contains("--quality is for JPEG"),
        "{}",
        message(&done)
    );
    assert!(!bench.exists("a.png"));
}

#[test]
fn several_files_are_described_at_once() {
    let bench = tree();
    bench.ok(&["encode", "-r", "in", "out"]);
    let done = bench.ok(&["info", "--json", "out/a.vqz", "out/sub/b.vqz"]);
    let list: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(
        (&list[0]["width"], &list[1]["width"]),
        (&40.into(), &50.into())
    );
    bench.write("bad.vqz", b"nothing");
    let done = bench.run(&["info", "bad.vqz", "out/a.vqz"], b"");
    assert_eq!(done.status.code(), Some(1));
    assert!(
        message(&done).starts_with("error: bad.vqz: "),
        "{}",
        message(&done)
    );
    assert!(String::from_utf8(done.stdout)
        .unwrap()
        .starts_with("out/a.vqz\n"));
}

/// Black text, so to speak, on white.
#[test]
fn a_drawing_is_told_of_a_format_that_suits_it() {
    let bench = Bench::new();
    let drawing = image::GrayImage::from_fn(300, 200, |x, y| {
        let ink = x % 7 == 3 && (y / 9) % 2 == 0 || (x * 13 + y * 7) % 31 == 0;
        image::Luma([if ink { 0 } else { 255 }])
    });
    drawing.save(bench.path("text.png")).unwrap();
    let done = bench.ok(&["encode", "text.png", "text.vqz"]);
    assert!(
        message(&done).contains("is a drawing rather than a photo"),
        "{}",
        message(&done)
    );
    let noise = image::RgbImage::from_fn(64, 64, |x, y| {
        let n = (x * 7919 + y * 104_729) as u8;
        image::Rgb([n, n.wrapping_mul(31), (x * y) as u8])
    });
    noise.save(bench.path("noise.png")).unwrap();
    let done = bench.ok(&["encode", "noise.png", "noise.vqz"]);
    assert!(!message(&done).contains("drawing"), "{}", message(&done));
}

#[test]
fn packages_find_completions_and_man_pages() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish"] {
        let done = bench.ok(&["completions", shell]);
        let script = String::from_utf8(done.stdout).unwrap();
        assert!(script.contains("skip-existing"), "{shell}");
    }
    bench.ok(&["man-pages", "man"]);
    let pages = bench.names("man");
    for page in ["vqz.1", "vqz-encode.1", "vqz-decode.1", "vqz-info.1"] {
        assert!(
            pages.contains(&page.to_string()),
            "{page} is not in {pages:?}"
        );
    }
}
