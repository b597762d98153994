//! Any small picture and options: what is written can be read, and layers do not change the pixels.
#![no_main]

use std::sync::OnceLock;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use vqz::{Color, Decoder, Encoder, Image, Model};

#[derive(Debug, Arbitrary)]
struct Input {
    width: u8,
    height: u8,
    color: bool,
    quality: u8,
    samples: Vec<u8>,
    alpha: Option<u8>,
    exif: Option<Vec<u8>>,
}

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let bytes = include_bytes!("../../testdata/conformance/models/tiny.vqzm");
        Model::from_bytes(bytes).expect("a valid model")
    })
}

fuzz_target!(|input: Input| {
    let (width, height) = (u32::from(input.width) + 1, u32::from(input.height) + 1);
    let color = if input.color { Color::Rgb } else { Color::Gray };
    let count = (width * height) as usize;
    let samples = input.samples.iter().copied().chain(std::iter::repeat(7));
    let mut image = Image::new(width, height, color, samples.take(count * color.channels()).collect()).expect("a picture");
    if let Some(alpha) = input.alpha {
        image = image.with_alpha(vec![alpha; count]).expect("a plane");
    }
    image.metadata.exif = input.exif;
    let encoder = Encoder::new(model()).quality(f32::from(input.quality.min(100))).expect("a quality");
    let decode = |bytes: &[u8]| Decoder::new(model()).decode(bytes).expect("a picture");
    let back = decode(&encoder.encode(&image).expect("a file"));
    assert_eq!((back.width(), back.height(), back.color()), (width, height, color));
    assert_eq!((back.alpha(), &back.metadata), (image.alpha(), &image.metadata));
    let layered = decode(&encoder.clone().progressive(true).encode(&image).expect("a file"));
    assert_eq!(back, layered);
});
