//! What is said: once, in full, and harmless.

mod common;

use common::{message, Bench};
use image::ColorType;

#[test]
fn a_cause_is_told_once() {
    let bench = Bench::new();
    // `image` has the cause's text in its own.
    bench.write("cut.ppm", b"P6\n5 x\n");
    let text = message(&bench.fails(1, &["encode", "cut.ppm", "a.vqz"]));
    assert_eq!(text.matches("Non-ASCII-digit").count(), 1, "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[cfg(unix)]
#[test]
fn control_characters_in_names_are_escaped() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    let name = "x\x1b[2J\nerror: y.vqz";
    bench.ok(&["encode", "a.png", name]);
    let shown = "x\\u{1b}[2J\\nerror: y.vqz";
    let text = String::from_utf8(bench.ok(&["info", name]).stdout).unwrap();
    assert!(text.starts_with(&format!("{shown}\n")), "{text}");
    bench.write(name, b"nothing of vqz");
    let text = message(&bench.fails(1, &["decode", name, "b.png"]));
    assert!(text.starts_with(&format!("error: {shown}: ")), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn commands_that_are_not_built_in_are_named() {
    let bench = Bench::new();
    let mut missing = vec![];
    if cfg!(not(feature = "train")) {
        missing.push((["train", "--data", "x"], "--features train"));
        missing.push((["export", "a", "-b"], "--features train"));
        missing.push((["train-prior", "--model", "x"], "--features train"));
    }
    if cfg!(not(feature = "measure")) {
        missing.push((["compare", "photo.png", "--help"], "--features measure"));
        missing.push((["eval", "photo.png", "-x"], "--features measure"));
    }
    for (command, expected) in missing {
        let text = message(&bench.fails(2, &command));
        assert!(
            text.contains("is not in this build") && text.contains(expected),
            "{text}"
        );
    }
}

#[test]
fn several_inputs_do_not_make_a_folder_with_a_files_name() {
    let bench = Bench::new();
    bench.mkdir("in");
    bench.gradient("in/a.png", ColorType::Rgb8, 8, 8);
    bench.gradient("in/b.png", ColorType::Rgb8, 8, 8);
    let pair = ["in/a.png", "in/b.png"];
    for (command, output) in [
        (&["encode", pair[0], pair[1]][..], "all.vqz"),
        (&["encode", "in"], "all.PNG"),
        (&["decode", pair[0], pair[1]], "all.tiff"),
    ] {
        let text = message(&bench.fails(2, &[command, &[output]].concat()));
        assert!(
            text.contains(&format!("{output}: is a file's name")),
            "{text}"
        );
        assert!(!bench.exists(output));
    }
    bench.ok(&["encode", "in", "all.vqz/"]);
    bench.ok(&["encode", "in", "version-1.2"]);
    assert_eq!(bench.names("all.vqz"), bench.names("version-1.2"));
}

#[test]
fn an_empty_folder_does_not_stop_the_batch() {
    let bench = Bench::new();
    bench.mkdir("empty");
    bench.mkdir("in");
    bench.gradient("in/a.png", ColorType::Rgb8, 8, 8);
    let text = message(&bench.fails(1, &["encode", "empty", "in", "out"]));
    assert!(
        text.contains("error: empty: no file ends in .png") && text.contains("1 of 2 files failed"),
        "{text}"
    );
    assert_eq!(bench.names("out"), ["a.vqz"]);
}

#[test]
fn quality_is_shown_as_it_was_asked_for() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    for quality in ["0", "12.5", "80", "100"] {
        bench.ok(&["encode", "-q", quality, "a.png", "a.vqz"]);
        let text = String::from_utf8(bench.ok(&["info", "a.vqz"]).stdout).unwrap();
        assert!(text.contains(&format!("quality   {quality}\n")), "{text}");
    }
}

#[test]
fn a_format_that_the_name_denies_is_noted() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    bench.ok(&["encode", "a.png", "a.vqz"]);
    let done = bench.ok(&["decode", "--format", "jpg", "a.vqz", "x.png"]);
    assert_eq!(
        message(&done),
        "x.png: note: is written as jpg, as --format says, despite its name\n"
    );
    let done = bench.ok(&["decode", "--format", "jpg", "a.vqz", "x.jpeg"]);
    assert_eq!(message(&done), "");
}

#[test]
fn opaque_alpha_is_not_kept() {
    let bench = Bench::new();
    let picture = bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    picture.to_rgba8().save(bench.path("alpha.png")).unwrap();
    bench.ok(&["encode", "a.png", "a.vqz"]);
    bench.ok(&["encode", "alpha.png", "alpha.vqz"]);
    assert_eq!(bench.read("a.vqz"), bench.read("alpha.vqz"));
}
