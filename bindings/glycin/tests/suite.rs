//! What a GNOME program does, with glycin's own client: it starts the loader that is installed, in a sandbox, and shows what comes.
//! scripts/test-glycin.sh installs the loader, and says where and in which sandbox.

use std::path::{Path, PathBuf};

use futures_lite::future::block_on;
use glycin::{Error, Frame, FrameRequest, Image, MemoryFormat, SandboxMechanism};
use vqz::{Color, Metadata, Scale, View};

fn sandbox() -> SandboxMechanism {
    let sandbox = std::env::var("VQZ_TEST_SANDBOX");
    match sandbox.expect("is set by scripts/test-glycin.sh").as_str() {
        "Bwrap" => SandboxMechanism::Bwrap,
        "NotSandboxed" => SandboxMechanism::NotSandboxed,
        other => panic!("VQZ_TEST_SANDBOX is {other}, and must be Bwrap or NotSandboxed"),
    }
}

fn loader(file: Vec<u8>) -> glycin::Loader {
    let mut loader = glycin::Loader::new_vec(file);
    // The pixels of the file, as they lie there.
    loader
        .sandbox_selector(sandbox().into_selector())
        .apply_transformations(false)
        .color_convert_icc_srgb(false);
    loader
}

fn open(file: Vec<u8>) -> Result<Image, Error> {
    block_on(loader(file).load())
}

fn show(file: Vec<u8>, request: FrameRequest) -> Result<Frame, Error> {
    block_on(open(file)?.specific_frame(request))
}

/// Compares a frame with what the library decodes.
fn assert_pixels(frame: &Frame, file: &[u8], view: View, what: &str) {
    let picture = vqz::Decoder::default().open(file).unwrap();
    let region = view.resolve(picture.width(), picture.height()).unwrap();
    let format = picture.format();
    let stride = region.width as usize * format.bytes();
    let mut pixels = vec![0; stride * region.height as usize];
    let drawn = picture.decode_into(view, format, &mut pixels, stride);
    drawn.unwrap();
    let expected = match (picture.color(), picture.has_alpha()) {
        (Color::Gray, false) => MemoryFormat::G8,
        (Color::Gray, true) => MemoryFormat::G8a8,
        (Color::Rgb, false) => MemoryFormat::R8g8b8,
        (Color::Rgb, true) => MemoryFormat::R8g8b8a8,
    };
    assert_eq!(frame.memory_format(), expected, "{what}");
    let size = (frame.width(), frame.height(), frame.stride() as usize);
    assert_eq!(size, (region.width, region.height, stride), "{what}");
    assert!(frame.buf_slice() == pixels, "{what}: other pixels");
}

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/conformance")
}

/// The `.vqz` files of a folder of the suite.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(suite().join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|end| end == "vqz"));
    paths
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
        .collect()
}

fn picture() -> Vec<u8> {
    std::fs::read(suite().join("default/picture.vqz")).unwrap()
}

#[test]
fn every_picture_at_every_scale() {
    let files = files("default");
    assert!(files.len() >= 4);
    for (name, file) in files {
        let frame = show(file.clone(), FrameRequest::new()).unwrap();
        assert_pixels(&frame, &file, View::default(), &name);
        let opened = vqz::Decoder::default().open(&file).unwrap();
        let (width, height) = (opened.width(), opened.height());
        for scale in Scale::ALL {
            let request = FrameRequest::new().scale(scale.of(width), scale.of(height));
            let frame = show(file.clone(), request).unwrap();
            assert_pixels(
                &frame,
                &file,
                View::scale(scale),
                &format!("{name} {scale:?}"),
            );
        }
    }
}

#[test]
fn boxes_are_filled_and_clips_cut() {
    let file = picture();
    // Of 192 × 130, a quarter of which is 48 × 33.
    for (wanted, scale) in [
        ((1000, 33), Scale::Quarter),
        ((1000, 34), Scale::Half),
        ((48, 1000), Scale::Quarter),
        ((1, 1), Scale::Sixteenth),
        ((u32::MAX, u32::MAX), Scale::Full),
    ] {
        let request = FrameRequest::new().scale(wanted.0, wanted.1);
        let frame = show(file.clone(), request).unwrap();
        assert_pixels(&frame, &file, View::scale(scale), &format!("{wanted:?}"));
    }
    let frame = show(file.clone(), FrameRequest::new().clip(100, 20, 31, 17)).unwrap();
    assert_pixels(&frame, &file, View::region(100, 20, 31, 17), "a clip");
    assert!(show(file, FrameRequest::new().clip(100, 20, 93, 17)).is_err());
}

#[test]
fn metadata_and_orientation() {
    let icc = vec![7; 200];
    // Big-endian TIFF, one entry: the picture lies on its side.
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    let mut photo = vqz::Image::new(40, 30, Color::Rgb, vec![90; 40 * 30 * 3]).unwrap();
    photo.metadata = Metadata::default();
    photo.metadata.icc = Some(icc.clone());
    photo.metadata.exif = Some(exif.clone());
    photo.metadata.xmp = Some(b"<x/>".to_vec());
    let file = vqz::encode(&photo, 50.0).unwrap();

    let mut image = open(file.clone()).unwrap();
    assert_eq!(image.active_sandbox_mechanism(), sandbox());
    assert_eq!(image.mime_type().as_str(), "image/x-vqz");
    let known = image.details();
    assert_eq!((known.width(), known.height()), (40, 30));
    assert_eq!(known.info_format_name(), Some("vqz"));
    assert_eq!(known.metadata_exif(), Some(&exif[..]));
    assert_eq!(known.metadata_xmp(), Some(&b"<x/>"[..]));
    let frame = block_on(image.next_frame()).unwrap();
    let color = format!("{:?}", frame.color_state());
    assert_eq!(color, format!("{:?}", glycin::ColorState::IccProfile(icc)));

    let mut upright = loader(file);
    upright.apply_transformations(true);
    let frame = block_on(async { upright.load().await?.next_frame().await }).unwrap();
    assert_eq!((frame.width(), frame.height()), (30, 40));
}

/// Refused by the loader itself, which lives on.
fn assert_refused(error: &Error, what: &str) {
    assert!(!error.is_panic() && !error.is_timeout(), "{what}: {error}");
    assert!(
        error.to_string().starts_with("Remote error: "),
        "{what}: {error}"
    );
}

#[test]
fn files_of_other_models_are_unsupported() {
    let files = files("valid");
    assert!(files.len() >= 100);
    for (name, file) in files {
        let error = open(file).expect_err(&name);
        assert_refused(&error, &name);
        let reason = error.unsupported_format().expect(&name);
        assert!(reason.contains("needs model"), "{name}: {reason}");
    }
}

#[test]
fn invalid_files_are_errors() {
    let files = [files("invalid"), files("invalid-models")].concat();
    assert!(files.len() >= 200);
    for (name, file) in files {
        // What does not begin as a .vqz file does goes to nobody.
        let ours = file.starts_with(b"\x8DVQZ\r\n\x1A\n");
        let error = open(file).expect_err(&name);
        match ours {
            true => assert_refused(&error, &name),
            false => assert!(error.unsupported_format().is_some(), "{name}: {error}"),
        }
    }
}

#[test]
fn files_that_are_cut_or_damaged_anywhere_are_errors() {
    let file = picture();
    for place in (8..file.len()).step_by(file.len() / 150) {
        let error = open(file[..place].to_vec()).unwrap_err();
        assert_refused(&error, &format!("cut at {place}"));
        let mut damaged = file.clone();
        damaged[place] ^= 1 << (place % 8);
        // Behind the header damage is found at the latest when pixels are asked for.
        let error = show(damaged, FrameRequest::new()).unwrap_err();
        assert_refused(&error, &format!("damaged at {place}"));
    }
    let mut longer = file.clone();
    longer.push(0);
    assert_refused(&open(longer).unwrap_err(), "something behind the end");
    assert!(open(file).is_ok());
}
