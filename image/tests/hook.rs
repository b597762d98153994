//! Files of the conformance suite through `image`: the pixels of `vqz`, and errors of the right kind.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::error::ImageError;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader};
use vqz::{Decoder, Limits, Model, Models};
use vqz_image::{encode, from_vqz, register, to_vqz, VqzDecoder, VqzEncoder};

fn suite(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../testdata/conformance")
        .join(folder)
}

/// Paths and bytes of a folder's files.
fn files(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(suite(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "vqz"));
    paths.sort();
    assert!(!paths.is_empty());
    let read = |path: PathBuf| (path.clone(), fs::read(path).unwrap());
    paths.into_iter().map(read).collect()
}

/// The suite's models.
fn models() -> Models {
    let entries = fs::read_dir(suite("models")).unwrap();
    entries.fold(Models::default(), |models, entry| {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        models.with(&Model::from_bytes(&bytes).unwrap())
    })
}

fn open(bytes: &[u8], models: &Models) -> Result<DynamicImage, ImageError> {
    let decoder = VqzDecoder::with(Cursor::new(bytes), models.clone(), Limits::default())?;
    DynamicImage::from_decoder(decoder)
}

/// A picture that is the same everywhere.
fn photo() -> DynamicImage {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/photo.png");
    image::open(path).unwrap().crop_imm(40, 30, 96, 64)
}

#[test]
fn every_way_of_reading_gives_the_pixels_of_vqz() {
    register();
    assert!(!register(), "a second time there is nothing to do");
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files("default") {
        let expected = from_vqz(&vqz::decode(&bytes).unwrap());
        assert_eq!(image::open(&path).unwrap(), expected);
        assert_eq!(image::load_from_memory(&bytes).unwrap(), expected);
        let nameless = folder.path().join("picture");
        fs::write(&nameless, &bytes).unwrap();
        let reader = ImageReader::open(nameless).unwrap();
        let reader = reader.with_guessed_format().unwrap();
        assert_eq!(reader.decode().unwrap(), expected);
        let dimensions = ImageReader::open(&path).unwrap().into_dimensions();
        assert_eq!(dimensions.unwrap(), (expected.width(), expected.height()));
    }
}

#[test]
fn files_of_every_colour_and_model_give_the_pixels_of_vqz() {
    let models = models();
    let decoder = Decoder::with_models(models.clone());
    let mut colors = Vec::new();
    for (path, bytes) in files("encoded").into_iter().chain(files("valid")) {
        let expected = decoder.decode(&bytes).unwrap();
        let opened = open(&bytes, &models).unwrap();
        assert_eq!(opened, from_vqz(&expected), "{}", path.display());
        assert_eq!(
            to_vqz(&opened).unwrap().samples(),
            expected.samples(),
            "{}",
            path.display()
        );
        if !colors.contains(&opened.color()) {
            colors.push(opened.color());
        }
        let reader = Cursor::new(&bytes[..]);
        let mut hook = VqzDecoder::with(reader, models.clone(), Limits::default()).unwrap();
        assert_eq!(hook.icc_profile().unwrap(), expected.metadata.icc);
        assert_eq!(hook.exif_metadata().unwrap(), expected.metadata.exif);
        assert_eq!(hook.xmp_metadata().unwrap(), expected.metadata.xmp);
    }
    assert_eq!(colors.len(), 4, "{colors:?}");
}

#[test]
fn hostile_and_truncated_files_are_errors() {
    let models = models();
    let decoder = Decoder::with_models(models.clone());
    let mut seen = [0; 4];
    let mut try_file = |name: &str, bytes: &[u8]| {
        let error = decoder.decode(bytes).unwrap_err();
        match (open(bytes, &models).unwrap_err(), &error) {
            (ImageError::Decoding(wrapped), _) => {
                seen[0] += 1;
                let source = std::error::Error::source(&wrapped).unwrap();
                let source: &vqz::Error = source.downcast_ref().expect("the error of vqz");
                assert!(source.class().is_files_fault(), "{name}: {source}");
            }
            (ImageError::Limits(_), vqz::Error::Limit { .. }) => seen[1] += 1,
            // Refused by its length before its end has been looked for.
            (ImageError::Limits(_), _) => seen[2] += 1,
            (
                ImageError::Unsupported(_),
                vqz::Error::Unsupported(_) | vqz::Error::WrongModel { .. },
            ) => seen[3] += 1,
            (other, error) => panic!("{name}: {other} for {error}"),
        }
    };
    for (path, bytes) in files("invalid") {
        try_file(&path.display().to_string(), &bytes);
    }
    let (path, bytes) = &files("default")[2];
    for end in (0..bytes.len()).step_by(7).chain(0..60) {
        let name = format!("{} ends at {end}", path.display());
        try_file(&name, &bytes[..end]);
    }
    assert!(seen[0] > 100 && seen[3] > 0, "{seen:?}");
}

#[test]
fn a_model_without_its_encoder_file_decodes_only() {
    let both = fs::read(suite("models/small-encoder.vqzm")).unwrap();
    let length = u32::from_le_bytes(both[12..16].try_into().unwrap());
    let alone = Model::from_bytes(&both[..length as usize]).unwrap();
    let file = fs::read(suite("valid/encoder-behind.vqz")).unwrap();
    assert!(open(&file, &Models::default().with(&alone)).is_ok());
    let encoder = VqzEncoder::with_encoder(Vec::new(), vqz::Encoder::new(&alone));
    let refused = photo().write_with_encoder(encoder);
    assert!(matches!(refused, Err(ImageError::Unsupported(_))));
}

#[test]
fn limits_are_honoured() {
    register();
    let (_, file) = &files("default")[2];
    let read = |limits: image::Limits| {
        let mut reader = ImageReader::new(Cursor::new(&file[..]))
            .with_guessed_format()
            .unwrap();
        reader.limits(limits);
        reader.decode()
    };
    let picture = read(image::Limits::default()).unwrap();
    assert!(read(image::Limits::no_limits()).is_ok());
    let bytes = picture.as_bytes().len() as u64;
    let limited = |change: &dyn Fn(&mut image::Limits)| {
        let mut limits = image::Limits::no_limits();
        change(&mut limits);
        read(limits)
    };
    for refused in [
        limited(&|l| l.max_image_width = Some(picture.width() - 1)),
        limited(&|l| l.max_image_height = Some(picture.height() - 1)),
        limited(&|l| l.max_alloc = Some(bytes - 1)),
        limited(&|l| l.max_alloc = Some(bytes + file.len() as u64)),
    ] {
        assert!(matches!(refused, Err(ImageError::Limits(_))), "{refused:?}");
    }
    for allowed in [
        limited(&|l| l.max_image_width = Some(picture.width())),
        limited(&|l| l.max_image_height = Some(picture.height())),
        limited(&|l| l.max_alloc = Some(bytes * 3)),
    ] {
        assert_eq!(allowed.unwrap(), picture);
    }
    let mut own = Limits::default();
    own.max_pixels = 1000;
    let refused = VqzDecoder::with(Cursor::new(&file[..]), Models::default(), own);
    assert!(matches!(refused.map(|_| ()), Err(ImageError::Limits(_))));
}

#[test]
fn what_is_written_is_read() {
    register();
    let photo = photo();
    let direct = encode(&photo, 70.0).unwrap();
    assert_eq!(direct, vqz::encode(&to_vqz(&photo).unwrap(), 70.0).unwrap());
    // Orientation 6: to be turned by 90°.
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    let mut file = Vec::new();
    let mut encoder = VqzEncoder::new(&mut file, 70.0).unwrap();
    encoder.set_xmp_metadata(b"<x/>".to_vec());
    image::ImageEncoder::set_icc_profile(&mut encoder, b"profile".to_vec()).unwrap();
    image::ImageEncoder::set_exif_metadata(&mut encoder, exif.clone()).unwrap();
    photo.write_with_encoder(encoder).unwrap();
    let mut decoder = VqzDecoder::new(Cursor::new(&file[..])).unwrap();
    assert_eq!(decoder.icc_profile().unwrap().unwrap(), b"profile");
    assert_eq!(decoder.exif_metadata().unwrap().unwrap(), exif);
    assert_eq!(decoder.xmp_metadata().unwrap().unwrap(), b"<x/>");
    assert_eq!(decoder.orientation().unwrap(), Orientation::Rotate90);
    let read = DynamicImage::from_decoder(decoder).unwrap();
    assert_eq!(read, image::load_from_memory(&direct).unwrap());
    // More than 8 bits are rounded, or refused where the encoder was called for.
    let deep = DynamicImage::ImageRgb16(photo.to_rgb16());
    assert_eq!(encode(&deep, 70.0).unwrap(), direct);
    let refused = deep.write_with_encoder(VqzEncoder::new(Vec::new(), 70.0).unwrap());
    assert!(matches!(refused, Err(ImageError::Unsupported(_))));
    assert!(matches!(
        encode(&photo, 101.0),
        Err(ImageError::Parameter(_))
    ));
}
