//! `vqz conformance`: this build passes the suite with all kernels, and other decoders' faults are found.

mod common;

use common::{message, Bench};

const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/conformance");

/// The best level of this machine that is not above `cap`.
fn expected_level(cap: usize) -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        let vnni = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni");
        if cap >= 2 && vnni {
            return "avx512";
        }
        if cap >= 1 && is_x86_feature_detected!("avx2") {
            return "avx2";
        }
    }
    let _ = cap;
    "scalar"
}

#[test]
fn this_build_passes_with_all_kernels() {
    let bench = Bench::new();
    for (cap, level) in ["scalar", "avx2", "avx512"].into_iter().enumerate() {
        let done = bench
            .command(&["conformance", SUITE])
            .env("VQZ_SIMD", level)
            .output()
            .unwrap();
        let table = String::from_utf8(done.stdout.clone()).unwrap();
        let failures: Vec<&str> = table.lines().filter(|l| !l.starts_with("pass")).collect();
        assert!(done.status.success(), "{failures:#?}\n{}", message(&done));
        let [summary] = failures[..] else {
            panic!("{failures:#?}");
        };
        assert!(
            summary.contains(&format!("-endian, {}): ", expected_level(cap))),
            "{level}: {summary}"
        );
        assert!(table.lines().count() > 400);
    }
}

#[test]
fn a_folder_without_a_suite_is_an_error() {
    let bench = Bench::new();
    let done = bench.fails(1, &["conformance", "."]);
    assert!(message(&done).contains("manifest.json: cannot be read"));
    bench.write("manifest.json", b"{");
    bench.fails(1, &["conformance", "."]);
    bench.write("manifest.json", br#"{"cases": []}"#);
    bench.fails(2, &["conformance", "--decoder", " ", "."]);
}

/// One valid and one invalid file, and what the runner says of a decoder that is a shell script.
#[cfg(unix)]
fn verdict(script: &str) -> (Option<i32>, String) {
    let bench = Bench::new();
    let manifest = r#"{"cases": [
        {"file": "good.vqz", "model": "m.vqzm", "section": "1", "what": "a grey pixel with alpha", "pixels": {"width": 1, "height": 1,
         "channels": 1, "alpha": true, "hash": "HASH"}, "metadata": {"exif": "EXIF"}},
        {"file": "bad.vqz", "model": "m.vqzm", "section": "2", "what": "no file", "error": ["Crc", "Truncated"]}
    ]}"#;
    // printf '\1\0\0\0\1\0\0\0\1\0\0\0AB' | sha256sum, and of "II".
    let manifest = manifest
        .replace(
            "HASH",
            "3152cd96741ea1922c77c5aa45badca4449fb5952d2c04341a2a5d7ce1d42a8a",
        )
        .replace(
            "EXIF",
            "2e561ff2355c06484efc416619b5b7f7fc055acdb4e5b6db7a4bc0a5016b19e3",
        );
    bench.write("manifest.json", manifest.as_bytes());
    bench.write("decoder.sh", script.as_bytes());
    let done = bench
        .command(&[
            "conformance",
            "--timeout",
            "5",
            "--decoder",
            "sh decoder.sh first",
            ".",
        ])
        .output()
        .unwrap();
    let table = String::from_utf8(done.stdout).unwrap();
    (done.status.code(), table)
}

#[cfg(unix)]
const GOOD: &str = r#"
    [ "$1 $2 $3" = "first --model ./m.vqzm" ] || exit 9
    case $4 in
    ./good.vqz)
        printf 'P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\nAB' > "$5"
        printf II > "$5.exif" ;;
    *) echo warning >&2; echo 'error: Crc: at byte 7' >&2; exit 1 ;;
    esac
"#;

#[cfg(unix)]
#[test]
fn a_right_decoder_passes() {
    let (code, table) = verdict(GOOD);
    assert_eq!(code, Some(0), "{table}");
    assert!(
        table.ends_with("sh decoder.sh first: 2 of 2 files pass\n"),
        "{table}"
    );
}

#[cfg(unix)]
#[test]
fn wrong_decoders_fail() {
    let changed = |from: &str, to: &str| {
        assert!(GOOD.contains(from));
        GOOD.replace(from, to)
    };
    for (script, complaint) in [
        (changed("'P7", "'P6"), "not a PAM file"),
        (
            changed("nAB'", "nAC'"),
            "got      1×1 grey with alpha, pixels ",
        ),
        (changed("nAB'", "nABC'"), "3 samples, 2 are needed"),
        (changed("printf II", "printf MM"), "exif "),
        (changed("\"$5.exif\"", "/dev/null"), "got      1×1 grey"),
        (
            changed("error: Crc", "error: Format"),
            "got      the error Format",
        ),
        (
            changed("error: Crc", "bad CRC"),
            "exit code 1 without `error: CLASS`: warning",
        ),
        (changed("exit 1", "exit 0"), "no picture was written"),
        (
            changed("exit 1", "kill -SEGV $$"),
            "got      an end by signal: 11",
        ),
        (
            changed("exit 1", "exec sleep 60"),
            "nothing within 5 seconds",
        ),
        ("exit 0".into(), "no picture was written"),
    ] {
        let (code, table) = verdict(&script);
        assert_eq!(code, Some(1), "{complaint}: {table}");
        assert!(table.contains("FAIL  "), "{table}");
        assert!(table.contains(complaint), "{complaint}: {table}");
    }
}
