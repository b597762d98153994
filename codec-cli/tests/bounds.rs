//! No input is read without end.

mod common;

use common::{message, Bench};
use image::ColorType;
use std::io::Write as _;

#[test]
fn files_beyond_the_bound_are_refused() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    bench.ok(&["encode", "a.png", "a.vqz"]);
    for (file, command) in [
        ("a.png", &["encode", "a.png", "b.vqz"][..]),
        ("a.vqz", &["decode", "a.vqz", "b.png"]),
        ("a.vqz", &["info", "a.vqz"]),
    ] {
        let size = bench.read(file).len();
        let limit = (size - 1).to_string();
        let text = message(&bench.fails(1, &[command, &["--max-file-size", &limit]].concat()));
        assert_eq!(
            text,
            format!("error: {file}: has {size} bytes, the limit is {limit}; pass a larger --max-file-size if you trust it\n")
        );
        bench.ok(&[command, &["--max-file-size", &size.to_string()]].concat());
    }
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/default.vqzm");
    let command = ["info", "--model", model, "--max-file-size", "1000000"];
    let text = message(&bench.fails(1, &command));
    assert!(text.contains("the limit is 1000000"), "{text}");
}

/// The writer stops when nobody reads any more: were there no bound, this test would not end.
#[test]
fn endless_streams_are_refused() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    bench.gradient("a.jpg", ColorType::Rgb8, 8, 8);
    bench.ok(&["encode", "a.png", "a.vqz"]);
    for (begin, command) in [
        ("a.jpg", &["encode", "-", "b.vqz"][..]),
        ("a.vqz", &["decode", "-", "b.png"]),
        ("a.vqz", &["info", "-"]),
    ] {
        let command = [command, &["--max-file-size", "1000000"]].concat();
        let mut child = bench.command(&command).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&bench.read(begin)).unwrap();
        while stdin.write_all(&[0; 1 << 16]).is_ok() {}
        let done = child.wait_with_output().unwrap();
        assert_eq!(done.status.code(), Some(1));
        let text = message(&done);
        assert!(
            text.contains("stdin: has more than 1000000 bytes, the limit"),
            "{text}"
        );
    }
}

#[cfg(unix)]
#[test]
fn endless_devices_are_refused_by_their_first_bytes() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    for (command, expected) in [
        (
            &["encode", "--model", "/dev/zero", "a.png", "a.vqz"][..],
            "/dev/zero: invalid model",
        ),
        (
            &["info", "--model", "/dev/zero"],
            "/dev/zero: invalid model",
        ),
        (
            &["encode", "/dev/zero", "a.vqz"],
            "/dev/zero: is no picture",
        ),
        (&["decode", "/dev/zero", "a.png"], "/dev/zero: "),
    ] {
        let text = message(&bench.fails(1, command));
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn empty_files_are_said_to_be_empty() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    bench.write("empty", b"");
    for command in [
        &["encode", "empty", "a.vqz"][..],
        &["decode", "empty", "a.out.png"],
        &["info", "empty"],
        &["encode", "--model", "empty", "a.png", "a.vqz"],
    ] {
        let text = message(&bench.fails(1, command));
        assert_eq!(text, "error: empty: is empty\n");
    }
}
