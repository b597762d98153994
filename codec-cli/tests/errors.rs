//! Wrong files and wrong usage: a message that names the file and the cause, the right exit code, no output.

mod common;

use common::{message, Bench};
use image::ColorType;

#[test]
fn damaged_files_are_refused_and_leave_nothing() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 40, 40);
    bench.ok(&["encode", "a.png", "good.vqz"]);
    let good = bench.read("good.vqz");
    let mut cases: Vec<(String, Vec<u8>)> = [0, 1, 7, 8, 12, good.len() / 2, good.len() - 1]
        .map(|length| (format!("cut to {length}"), good[..length].to_vec()))
        .into();
    for bit in (0..good.len() * 8).step_by(good.len() / 3 * 8 + 5) {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        cases.push((format!("bit {bit} flipped"), flipped));
    }
    cases.push(("a PNG".into(), bench.read("a.png")));
    bench.mkdir("out");
    for (what, bytes) in cases {
        bench.write("bad.vqz", &bytes);
        for command in [
            &["decode", "bad.vqz", "out/x.png"][..],
            &["info", "bad.vqz"],
        ] {
            let text = message(&bench.fails(1, command));
            assert!(text.contains("bad.vqz: "), "{what}: {text}");
        }
        assert!(
            bench.names("out").is_empty(),
            "{what} left {:?}",
            bench.names("out")
        );
    }
}

#[test]
fn a_failed_decode_leaves_the_old_output_alone() {
    let bench = Bench::new();
    bench.write("bad.vqz", b"");
    bench.write("x.png", b"precious");
    bench.fails(1, &["decode", "--overwrite", "bad.vqz", "x.png"]);
    assert_eq!(bench.read("x.png"), b"precious");
}

#[test]
fn unreadable_inputs() {
    let bench = Bench::new();
    bench.write("text.png", b"hello");
    bench.mkdir("empty");
    for (input, expected) in [
        ("missing.png", "missing.png: cannot be read"),
        (
            "text.png",
            "text.png: is no picture that vqz can read; convert it",
        ),
        ("empty", "empty: no file ends in .png"),
    ] {
        let output = if input == "empty" { "out" } else { "out.vqz" };
        let text = message(&bench.fails(1, &["encode", input, output]));
        assert!(text.contains(expected), "{text}");
        assert!(!bench.exists(output));
    }
}

#[test]
fn truncated_picture() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 64, 64);
    let png = bench.read("a.png");
    bench.write("cut.png", &png[..png.len() / 2]);
    let text = message(&bench.fails(1, &["encode", "cut.png", "cut.vqz"]));
    assert!(text.contains("cut.png: is damaged"), "{text}");
    assert!(!bench.exists("cut.vqz"));
}

#[test]
fn pixel_limit_holds_both_ways_and_can_be_raised() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::L8, 20, 20);
    bench.ok(&["encode", "a.png", "a.vqz"]);
    for command in [["encode", "a.png", "b.vqz"], ["decode", "a.vqz", "b.png"]] {
        let text = message(&bench.fails(1, &[&command[..], &["--max-pixels", "399"]].concat()));
        assert!(
            text.contains("number of pixels is 400, the limit is 399; pass a larger --max-pixels"),
            "{text}"
        );
        assert!(!bench.exists(command[2]));
        bench.ok(&[&command[..], &["--max-pixels", "400"]].concat());
    }
}

#[test]
fn wrong_usage() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    bench.gradient("b.png", ColorType::Rgb8, 8, 8);
    bench.ok(&["encode", "a.png", "a.vqz"]);
    let before = bench.names(".");
    for (command, expected) in [
        (
            &["encode", "a.png", "b.png"][..],
            "b.png: the output must be a .vqz file",
        ),
        (
            &["encode", "a.png", "b.png", "a.vqz"],
            "a.vqz: is not a folder",
        ),
        (&["encode", "a.png", "b.png", "-"], "cannot go to stdout"),
        (&["encode", "-", "fresh/"], "stdin has no name"),
        (&["encode", "a.vqz", "a.vqz"], "a.vqz: is an input as well"),
        (
            &["encode", "a.png", "nowhere/a.vqz"],
            "nowhere: there is no such folder",
        ),
        (
            &["decode", "a.vqz", "a.xyz"],
            "a.xyz: unknown picture format; end the name in .png, .jpg",
        ),
        (&["decode", "a.vqz"], "no output is named"),
        (
            &["encode", "-q", "100.5", "a.png", "x.vqz"],
            "from 0 to 100",
        ),
        (&["frobnicate"], "unrecognized subcommand"),
    ] {
        let text = message(&bench.fails(2, command));
        assert!(text.contains(expected), "{command:?}: {text}");
    }
    assert_eq!(bench.names("."), before);
}

#[test]
fn bad_model_file() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    bench.write("m.vqzm", b"nonsense");
    for command in [
        &["encode", "--model", "m.vqzm", "a.png", "a.vqz"][..],
        &["info", "--model", "m.vqzm"],
    ] {
        let text = message(&bench.fails(1, command));
        assert!(text.contains("m.vqzm: invalid model"), "{text}");
    }
    let text = message(&bench.fails(1, &["info", "--model", "none.vqzm"]));
    assert!(text.contains("none.vqzm: cannot be read"), "{text}");
    assert!(!bench.exists("a.vqz"));
}

#[cfg(unix)]
#[test]
fn new_files_get_the_usual_permissions_and_old_ones_keep_theirs() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    let mode = |name| {
        std::fs::metadata(bench.path(name))
            .unwrap()
            .permissions()
            .mode()
    };
    bench.ok(&["encode", "a.png", "a.vqz"]);
    // a.png was made by plain std::fs.
    assert_eq!(mode("a.vqz"), mode("a.png"));
    std::fs::set_permissions(bench.path("a.vqz"), std::fs::Permissions::from_mode(0o640)).unwrap();
    bench.ok(&["encode", "a.png", "a.vqz"]);
    assert_eq!(mode("a.vqz") & 0o777, 0o640);
    assert_eq!(
        bench.names("."),
        ["a.png", "a.vqz"],
        "no temporary file is left"
    );
}

#[cfg(unix)]
#[test]
fn devices_are_written_to_and_links_followed() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    bench.ok(&["encode", "a.png", "/dev/null"]);
    use std::os::unix::fs::FileTypeExt as _;
    assert!(std::fs::metadata("/dev/null")
        .unwrap()
        .file_type()
        .is_char_device());
    bench.write("real.vqz", b"old");
    std::os::unix::fs::symlink("real.vqz", bench.path("link.vqz")).unwrap();
    bench.ok(&["encode", "a.png", "link.vqz"]);
    assert!(std::fs::symlink_metadata(bench.path("link.vqz"))
        .unwrap()
        .is_symlink());
    assert_ne!(bench.read("real.vqz"), b"old");
}
