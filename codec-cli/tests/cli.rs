//! Runs the real binary on pictures made here.

mod common;

use common::{message, psnr, Bench};
use image::{ColorType, DynamicImage, GenericImageView as _};

#[test]
fn photo_survives_the_round_trip() {
    let bench = Bench::new();
    let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/photo.png");
    bench.ok(&["encode", "-q", "80", photo, "photo.vqz"]);
    bench.ok(&["decode", "photo.vqz", "photo.png"]);
    let (original, decoded) = (image::open(photo).unwrap(), bench.picture("photo.png"));
    assert_eq!(decoded.color(), original.color());
    let psnr = psnr(&original, &decoded);
    assert!(psnr > 24.0, "PSNR is {psnr:.2} dB");
    let bytes = bench.read("photo.vqz").len();
    assert!(bytes < original.as_bytes().len(), "{bytes} bytes");
}

#[test]
fn every_output_format_gives_the_same_pixels() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 37, 21);
    bench.ok(&["encode", "a.png", "a.vqz"]);
    bench.ok(&["decode", "a.vqz", "a.out.png"]);
    let expected = bench.picture("a.out.png").to_rgb8();
    for name in [
        "b.webp", "b.bmp", "b.tiff", "b.tif", "b.ppm", "b.pnm", "b.qoi", "b.PNG",
    ] {
        bench.ok(&["decode", "a.vqz", name]);
        assert_eq!(bench.picture(name).to_rgb8(), expected, "{name}");
    }
    bench.ok(&["decode", "a.vqz", "b.jpeg"]);
    let psnr = psnr(&expected.into(), &bench.picture("b.jpeg"));
    assert!(psnr > 30.0, "JPEG of quality 95 has {psnr:.2} dB");
}

#[test]
fn every_input_format_is_read() {
    let bench = Bench::new();
    for name in [
        "a.png", "a.jpg", "a.webp", "a.bmp", "a.tiff", "a.gif", "a.ppm", "a.qoi",
    ] {
        bench.gradient(name, ColorType::Rgb8, 20, 12);
        bench.ok(&["encode", "-q", "90", name, "a.vqz"]);
        bench.ok(&["decode", "--overwrite", "a.vqz", "out.png"]);
        let picture = bench.picture("out.png");
        assert_eq!(
            (picture.dimensions(), picture.color()),
            ((20, 12), ColorType::Rgb8),
            "{name}"
        );
    }
}

#[test]
fn gray_and_alpha_are_kept_in_any_size() {
    let bench = Bench::new();
    for color in [
        ColorType::L8,
        ColorType::La8,
        ColorType::Rgb8,
        ColorType::Rgba8,
    ] {
        for (width, height) in [(1, 1), (1, 70), (65, 17)] {
            let original = bench.gradient("a.png", color, width, height);
            bench.ok(&["encode", "a.png", "a.vqz"]);
            bench.ok(&["decode", "--overwrite", "a.vqz", "b.png"]);
            let decoded = bench.picture("b.png");
            // A column's alpha is opaque in the gradient, and not kept.
            let kept = match (width, color) {
                (1, ColorType::La8) => ColorType::L8,
                (1, ColorType::Rgba8) => ColorType::Rgb8,
                _ => color,
            };
            assert_eq!(decoded.color(), kept, "{width}×{height}");
            assert_eq!(decoded.dimensions(), (width, height));
            let alpha = |picture: &DynamicImage| {
                picture
                    .to_rgba8()
                    .pixels()
                    .map(|p| p.0[3])
                    .collect::<Vec<_>>()
            };
            assert_eq!(alpha(&decoded), alpha(&original), "alpha is lossless");
        }
    }
}

#[test]
fn jpeg_output_drops_alpha_and_says_so() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::La8, 16, 16);
    bench.ok(&["encode", "a.png", "a.vqz"]);
    let done = bench.ok(&["decode", "a.vqz", "a.jpg"]);
    assert!(
        message(&done).contains("a.jpg: note: jpg cannot hold alpha"),
        "{}",
        message(&done)
    );
    assert_eq!(bench.picture("a.jpg").color(), ColorType::L8);
    // The others without grey + alpha widen to RGBA instead.
    for name in ["a.bmp", "a.tiff", "a.qoi", "a.webp"] {
        assert_eq!(message(&bench.ok(&["decode", "a.vqz", name])), "", "{name}");
        assert_eq!(bench.picture(name).color(), ColorType::Rgba8, "{name}");
    }
}

#[test]
fn deep_and_palette_inputs_are_converted_with_a_note() {
    let bench = Bench::new();
    for color in [ColorType::L16, ColorType::Rgb16, ColorType::Rgba16] {
        bench.gradient("deep.png", color, 24, 24);
        let done = bench.ok(&["encode", "deep.png", "deep.vqz"]);
        assert!(
            message(&done).contains("deep.png: note: 16-bit input reduced to 8 bits"),
            "{}",
            message(&done)
        );
        assert_eq!(
            message(&bench.ok(&["encode", "-s", "deep.png", "deep.vqz"])),
            "",
            "quiet"
        );
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(&[255, 0, 0, 0, 0, 255][..]);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&[0, 1])
        .unwrap();
    bench.write("palette.png", &bytes);
    let done = bench.ok(&["encode", "palette.png", "p.vqz"]);
    assert!(
        message(&done).contains("note: palette input"),
        "{}",
        message(&done)
    );
    bench.ok(&["decode", "p.vqz", "p.png"]);
    assert_eq!(bench.picture("p.png").color(), ColorType::Rgb8);
}

#[test]
fn folder_goes_into_folder_and_a_bad_file_does_not_stop_it() {
    let bench = Bench::new();
    bench.mkdir("in");
    bench.gradient("in/a.png", ColorType::Rgb8, 16, 16);
    bench.gradient("in/c.JPG", ColorType::L8, 16, 16);
    bench.write("in/b.png", b"not a picture");
    bench.write("in/notes.txt", b"not even tried");
    let done = bench.fails(1, &["encode", "in", "new/vqz"]);
    assert!(
        message(&done).contains("in/b.png: is no picture that vqz can read"),
        "{}",
        message(&done)
    );
    assert!(
        message(&done).contains("1 of 3 files failed"),
        "{}",
        message(&done)
    );
    assert_eq!(bench.names("new/vqz"), ["a.vqz", "c.vqz"]);

    bench.ok(&["decode", "new/vqz", "out"]);
    assert_eq!(bench.names("out"), ["a.png", "c.png"]);
    bench.ok(&[
        "decode",
        "--format",
        "jpeg",
        "new/vqz/a.vqz",
        "new/vqz/c.vqz",
        "out2",
    ]);
    assert_eq!(bench.names("out2"), ["a.jpg", "c.jpg"]);
    assert_eq!(bench.picture("out2/c.jpg").color(), ColorType::L8);
}

#[test]
fn one_file_goes_into_an_existing_or_a_slashed_folder() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    bench.mkdir("there");
    bench.ok(&["encode", "a.png", "there"]);
    bench.ok(&["encode", "a.png", "fresh/"]);
    assert_eq!(bench.names("there"), ["a.vqz"]);
    assert_eq!(bench.names("fresh"), ["a.vqz"]);
}

#[test]
fn name_collisions_stop_before_any_work() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 8, 8);
    bench.gradient("a.jpg", ColorType::Rgb8, 8, 8);
    let done = bench.fails(2, &["encode", "a.png", "a.jpg", "out"]);
    assert!(
        message(&done).contains("a.png and a.jpg would both become"),
        "{}",
        message(&done)
    );
    assert!(!bench.exists("out"));
}

#[test]
fn standard_streams() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 33, 9);
    let encoded = bench.run(&["encode", "-", "-"], &bench.read("a.png"));
    assert!(encoded.status.success(), "{}", message(&encoded));
    bench.ok(&["encode", "a.png", "a.vqz"]);
    assert!(
        encoded.stdout == bench.read("a.vqz"),
        "file and pipe differ"
    );

    let decoded = bench.run(&["decode", "-", "-"], &encoded.stdout);
    assert_eq!(
        image::guess_format(&decoded.stdout).unwrap(),
        image::ImageFormat::Png
    );
    let decoded = bench.run(&["decode", "--format", "qoi", "-", "-"], &encoded.stdout);
    assert_eq!(
        image::load_from_memory(&decoded.stdout)
            .unwrap()
            .dimensions(),
        (33, 9)
    );

    let info = bench.run(&["info", "-", "--json"], &encoded.stdout);
    assert!(info.status.success(), "{}", message(&info));
}

#[test]
fn closed_stdout_is_no_panic() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 600, 400);
    bench.ok(&["encode", "a.png", "a.vqz"]);
    let mut child = bench
        .command(&["decode", "--format", "bmp", "a.vqz", "-"])
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(message(&done), "");
    assert_eq!(done.status.code(), Some(0));
}

#[test]
fn info_tells_what_is_inside() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::La8, 40, 30);
    bench.ok(&["encode", "-q", "25", "a.png", "a.vqz"]);
    let text = String::from_utf8(bench.ok(&["info", "a.vqz"]).stdout).unwrap();
    assert!(text.contains("40×30, gray with alpha"), "{text}");
    let json: serde_json::Value =
        serde_json::from_slice(&bench.ok(&["info", "--json", "a.vqz"]).stdout).unwrap();
    let bytes = bench.read("a.vqz").len();
    assert_eq!(
        (&json["width"], &json["height"], &json["alpha"]),
        (&40.into(), &30.into(), &true.into())
    );
    assert_eq!(json["file_bytes"], bytes);
    assert!(
        (json["quality"].as_f64().unwrap() - 25.0).abs() < 0.1,
        "{json}"
    );
    assert!(
        json["chunks"]
            .as_array()
            .is_some_and(|chunks| !chunks.is_empty()),
        "{json}"
    );

    let model: serde_json::Value =
        serde_json::from_slice(&bench.ok(&["info", "--model", "--json"]).stdout).unwrap();
    assert_eq!(model["digest"].as_str().map(str::len), Some(16), "{model}");
    assert_eq!(
        model["digest"], json["model"],
        "made with the model that is built in"
    );
}

#[test]
fn verbose_gives_a_line_per_file() {
    let bench = Bench::new();
    bench.gradient("a.png", ColorType::Rgb8, 10, 10);
    let done = bench.ok(&["-v", "--threads", "2", "encode", "a.png", "a.vqz"]);
    let text = message(&done);
    assert!(
        text.contains("a.png → a.vqz: 10×10") && text.contains("2 threads"),
        "{text}"
    );
}

#[test]
fn quality_is_a_dial_of_size() {
    let bench = Bench::new();
    let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/photo.png");
    let sizes = ["0", "33.3", "66", "100"].map(|q| {
        bench.ok(&["encode", "-q", q, photo, "p.vqz"]);
        bench.read("p.vqz").len()
    });
    assert!(sizes.is_sorted() && sizes[0] * 4 < sizes[3], "{sizes:?}");
}
