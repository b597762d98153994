use super::*;
use crate::picture::strip::Part;
use clap::{CommandFactory as _, ValueEnum as _};
use std::path::{Path, PathBuf};

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn grammar_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn last_path_is_the_output() {
    let Command::Encode(args) = parse("vqz encode -q 12.5 a.png b.png out").unwrap().command else {
        panic!("not encode");
    };
    assert_eq!(args.quality, 12.5);
    let inputs = [PathBuf::from("a.png"), PathBuf::from("b.png")];
    let split = args.batch.split(&args.paths).unwrap();
    assert_eq!(split, (&inputs[..], Path::new("out")));
    for (line, good) in [
        ("vqz encode -o out a.png b.png", true),
        ("vqz encode a", false),
    ] {
        let Command::Encode(args) = parse(line).unwrap().command else {
            panic!("not encode");
        };
        let split = args.batch.split(&args.paths).ok();
        assert_eq!(split, good.then_some((&inputs[..], Path::new("out"))));
    }
}

#[test]
fn metadata_are_kept_unless_told_otherwise() {
    for (line, parts) in [
        ("vqz encode a b", Part::value_variants()),
        ("vqz encode --strip a b", &[Part::Icc]),
        ("vqz encode --keep exif,icc a b", &[Part::Exif, Part::Icc]),
    ] {
        let Command::Encode(args) = parse(line).unwrap().command else {
            panic!("not encode");
        };
        assert_eq!(args.parts(), parts, "{line}");
    }
}

#[test]
fn goals_other_than_a_quality() {
    let Command::Encode(args) = parse("vqz encode --bpp 0.5 a.png a.vqz").unwrap().command else {
        panic!("not encode");
    };
    assert_eq!((args.size, args.bpp, args.psnr), (None, Some(0.5), None));
}

#[test]
fn common_options_go_before_or_after_the_command() {
    for line in [
        "vqz -v --threads 2 encode - -",
        "vqz encode - - -v --threads 2",
    ] {
        let cli = parse(line).unwrap();
        assert_eq!(cli.common.threads, Some(2));
        assert_eq!(cli.common.level(), Level::Verbose);
    }
}

#[test]
fn nonsense_is_refused() {
    for line in [
        "vqz encode",
        "vqz encode --strip --keep icc a b",
        "vqz encode --resize 10x10 --max-size 5 a b",
        "vqz decode -q 0 a b.jpg",
        "vqz encode -q 101 a b",
        "vqz encode -q -1 a b",
        "vqz encode -q nan a b",
        "vqz encode -q 50 --size 1000 a b",
        "vqz encode --bpp 1 --psnr 30 a b",
        "vqz encode --size 1000 --bpp 1 a b",
        "vqz encode --size 1e3 a b",
        "vqz encode --bpp 0 a b",
        "vqz encode --psnr inf a b",
        "vqz encode --psnr 1e308 a b",
        "vqz encode --bpp 1e-300 a b",
        "vqz --threads 0 encode a b",
        "vqz -s -v encode a b",
        "vqz decode --format heic a b",
        "vqz decode --salvage-report r.json a b",
        "vqz sample --size 0x5 a.png",
        "vqz sample --layers 2 a.png",
        "vqz sample --complete a.vqz --size 5x5 a.png",
        "vqz sample -n 0 a.png",
        "vqz info",
    ] {
        assert!(parse(line).is_err(), "accepted: {line}");
    }
}

#[test]
fn info_takes_a_file_or_a_model() {
    let info = |line| match parse(line).unwrap().command {
        Command::Info(args) => (args.files, args.model),
        _ => panic!("not info"),
    };
    assert_eq!(info("vqz info a.vqz --json"), (vec!["a.vqz".into()], None));
    assert_eq!(info("vqz info --model"), (vec![], Some(None)));
    assert_eq!(
        info("vqz info --model m.vqzm"),
        (vec![], Some(Some("m.vqzm".into())))
    );
}
