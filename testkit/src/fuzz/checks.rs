//! What must hold for any bytes whatsoever.

use std::mem::discriminant;

use vqz::model::{ModelData, RenderingData, QUALITY_MAX};
use vqz::testing::encode_and_predict;
use vqz::{
    Color, Decoder, Encoder, Error, Image, Limits, Model, Rendering, RenderingModel, Scale, View,
};

use super::models;

pub use super::network::check as levels;
pub use super::picture::check as roundtrip;

/// As a file, container only: every byte of a valid one belongs to the signature or to a chunk.
pub fn inspect(bytes: &[u8]) {
    let Ok(info) = vqz::inspect(bytes, &Limits::default()) else {
        return;
    };
    assert_eq!(info.file_bytes, bytes.len());
    let chunks: usize = info.chunks.iter().map(|chunk| chunk.bytes + 12).sum();
    assert_eq!(chunks + 8, bytes.len());
}

/// As a file that arrives byte by byte: until there is a verdict it is "truncated", and more bytes never change a verdict, but
/// that nothing may follow a valid file. At most 2,048 bytes.
pub fn prefix(bytes: &[u8]) {
    if bytes.len() > 2_048 {
        return;
    }
    let verdict = |length: usize| vqz::inspect(&bytes[..length], &Limits::default());
    assert!(matches!(verdict(0), Err(Error::Signature(_))));
    let mut known = None;
    for length in 1..=bytes.len() {
        let result = verdict(length);
        match (&known, &result) {
            (
                None,
                Err(Error::Truncated {
                    offset,
                    needed,
                    have,
                    ..
                }),
            ) => {
                assert_eq!(offset + have, length);
                assert!(needed > have);
                continue;
            }
            (None, _) => {}
            (Some(Ok(_)), Err(Error::Format(what))) => {
                assert!(what.contains("follow the last TILE"), "{what}");
            }
            (Some(Err(before)), Err(now)) => {
                assert_eq!(discriminant(before), discriminant(now), "{before} / {now}");
            }
            (Some(before), _) => panic!("after {length} bytes {result:?}, before that {before:?}"),
        }
        known = Some(result);
    }
}

/// As a file, with the model that it names: a picture within the limits, or one of the errors that files may have.
pub fn decode(bytes: &[u8]) {
    let (model, limits) = models::for_file(bytes);
    let container = vqz::inspect(bytes, &limits);
    let decoder = Decoder::new(model).limits(limits.clone());
    let decoded = decoder.decode(bytes);
    push(&decoder, bytes, &decoded);
    match decoded {
        Ok(image) => {
            part(&decoder, bytes, &image);
            let info = container.expect("a container whose picture could be decoded");
            assert_eq!(
                (info.width, info.height, info.color),
                (image.width(), image.height(), image.color())
            );
            assert_eq!(info.alpha, image.alpha().is_some());
            assert!(u64::from(image.width()) * u64::from(image.height()) <= limits.max_pixels);
        }
        Err(error @ (Error::Model(_) | Error::Parameter(_) | Error::Unreachable { .. })) => {
            panic!("a file cannot be at fault for this: {error}")
        }
        // What a header says of its model comes before the rest of the container.
        Err(Error::WrongModel { .. } | Error::Format(_)) => {}
        Err(error) => {
            if let Err(before) = container {
                assert_eq!(
                    discriminant(&before),
                    discriminant(&error),
                    "{before} / {error}"
                );
            }
        }
    }
}

/// In two pieces: the same picture, or an error of the same kind.
fn push(decoder: &Decoder, bytes: &[u8], decoded: &vqz::Result<Image>) {
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    let mut push = decoder.push();
    let outcome = push.push(first).and_then(|_| push.push(rest));
    let opened = outcome.and_then(|_| push.finish());
    match (
        opened.and_then(|picture| picture.decode(View::default())),
        decoded,
    ) {
        (Ok(pushed), Ok(decoded)) => assert_eq!(&pushed, decoded),
        (Err(pushed), Err(decoded)) => assert_eq!(pushed.class(), decoded.class()),
        (pushed, decoded) => panic!("{pushed:?} / {decoded:?}"),
    }
}

/// A region, chosen by the file's last bytes, is a crop of the picture; and any scale can be decoded.
fn part(decoder: &Decoder, bytes: &[u8], image: &Image) {
    if image.samples().len() > 1 << 16 {
        return;
    }
    let choice = |n: usize| u32::from(bytes[bytes.len() - 1 - n]);
    let span = |side: u32, from: u32, length: u32| {
        let start = from * side / 256;
        (start, 1 + length * (side - start - 1) / 256)
    };
    let (x, width) = span(image.width(), choice(0), choice(1));
    let (y, height) = span(image.height(), choice(2), choice(3));
    let opened = decoder.open(bytes).expect("a file that was decoded");
    let region = opened
        .decode(View::region(x, y, width, height))
        .expect("a part of it");
    let channels = image.color().channels();
    for row in 0..height as usize {
        let start = ((y as usize + row) * image.width() as usize + x as usize) * channels;
        let length = width as usize * channels;
        let expected = &image.samples()[start..start + length];
        assert_eq!(&region.samples()[row * length..][..length], expected);
    }
    let scale = Scale::ALL[choice(0) as usize % 5];
    let small = opened.decode(View::scale(scale)).expect("a smaller one");
    assert_eq!(small.width(), scale.of(image.width()));
}

/// As a file to be salvaged, with the model that it names: a report that says "undamaged" of exactly those that can be decoded, with
/// the same pixels.
pub fn salvage(bytes: &[u8]) {
    let (model, limits) = models::for_file(bytes);
    let decoder = Decoder::new(model).limits(limits);
    let picture = decoder.decode(bytes);
    match decoder.salvage(bytes) {
        Ok(rescued) if rescued.report.is_undamaged() => {
            assert_eq!(rescued.image, picture.expect("a file that is not damaged"));
        }
        Ok(rescued) => {
            assert!(picture.is_err(), "{:?}", rescued.report);
            assert!(rescued.report.tiles.len() <= rescued.report.tile_count);
        }
        Err(error) => assert!(picture.is_err(), "{error}"),
    }
}

/// As a model file: what is accepted is written back as the same bytes, and with an encoder file behind it codes a picture to what the encoder predicted. What
/// begins as a rendering file does is taken for one.
pub fn model(bytes: &[u8]) {
    if bytes.starts_with(b"\x89VQZR") {
        return rendering(bytes);
    }
    match ModelData::from_bytes(bytes) {
        Ok(data) => assert_eq!(
            data.to_bytes().expect("what was read can be written"),
            bytes
        ),
        Err(Error::Model(_) | Error::Crc { .. } | Error::Unsupported(_)) => {
            assert!(Model::from_bytes(bytes).is_err());
            return;
        }
        Err(error) => panic!("a model file cannot be at fault for this: {error}"),
    }
    let model = Model::from_bytes(bytes).expect("the same rules");
    if model.encoder().is_none() {
        return;
    }
    let samples = (0..18 * 17).map(|i| (i * i % 251) as u8).collect();
    let image = Image::new(18, 17, Color::Gray, samples).expect("a picture");
    for quality in [0, 300, QUALITY_MAX] {
        let (file, expected) =
            encode_and_predict(&Encoder::new(&model), &image, quality).expect("a file");
        let back = Decoder::new(&model).decode(&file).expect("its picture");
        assert_eq!(back.samples(), expected);
    }
}

/// As a rendering file: what is accepted is written back as the same bytes, and renders a picture of another model, if that has as many latents.
fn rendering(bytes: &[u8]) {
    let mut data = match RenderingData::from_bytes(bytes) {
        Ok(data) => data,
        Err(Error::Model(_) | Error::Crc { .. } | Error::Unsupported(_)) => {
            assert!(RenderingModel::from_bytes(bytes).is_err());
            return;
        }
        Err(error) => panic!("a rendering file cannot be at fault for this: {error}"),
    };
    assert_eq!(
        data.to_bytes().expect("what was read can be written"),
        bytes
    );
    let base = models::smallest();
    data.base = base.digest();
    let bytes = data.to_bytes().expect("any digest will do");
    let rendering = RenderingModel::from_bytes(&bytes).expect("the same rules");
    let samples = (0..18 * 17).map(|i| (i * i % 251) as u8).collect();
    let image = Image::new(18, 17, Color::Gray, samples).expect("a picture");
    let file = Encoder::new(base).encode(&image).expect("a file");
    let decoder = Decoder::new(base).with_rendering(&rendering);
    let picture = decoder.open(&file).expect("its own file");
    match picture.decode(View::default().rendering(Rendering::Perceptual)) {
        Ok(image) => assert_eq!((image.width(), image.height()), (18, 17)),
        Err(Error::Model(_)) => {}
        Err(error) => panic!("a rendering cannot be at fault for this: {error}"),
    }
}
