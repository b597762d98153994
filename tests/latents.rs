//! Latents and labels without pixels.

use std::path::Path;

use vqz::{Color, Decoder, Encoder, Error, Features, Model, Models, View};
use vqz_testkit::{picture, tiny};

fn suite(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance");
    std::fs::read(folder.join(name)).unwrap()
}

/// Of a file of the conformance suite.
fn labels(model: &str, file: &str) -> Features<i32> {
    let model = Model::from_bytes(&suite(model)).unwrap();
    let bytes = suite(file);
    let decoder = Decoder::with_models(Models::none().with(&model));
    let opened = decoder.open(&bytes).unwrap();
    let labels = opened.labels().unwrap();
    let latents = opened.latents().unwrap();
    let size = |width: usize, height: usize, channels| (width, height, channels);
    assert_eq!(
        size(labels.width, labels.height, labels.channels),
        size(latents.width, latents.height, latents.channels)
    );
    assert_eq!(labels.values.len(), latents.values.len());
    assert_eq!(labels.width, opened.width().div_ceil(16) as usize);
    assert_eq!(labels.height, opened.height().div_ceil(16) as usize);
    labels
}

/// The suite says which labels its files hold.
#[test]
fn labels_are_those_that_are_coded() {
    let zero = labels("models/small.vqzm", "valid/labels-zero-small.vqz");
    assert!(zero.values.iter().all(|&label| label == 0));
    let largest = labels("models/small.vqzm", "valid/labels-largest-small.vqz");
    let large = largest.values.iter().filter(|l| l.abs() == 32_767).count();
    // Where a label is certainly 0, nothing is coded.
    let others = largest.values.iter().filter(|&&l| l == 0).count();
    assert!(large > 0 && large + others == largest.values.len());
    let wide = labels("models/rates.vqzm", "valid/labels-wide-rates.vqz");
    let ends = |labels: &Features<i32>| {
        let values = labels.values.iter();
        (values.clone().min().copied(), values.max().copied())
    };
    assert_eq!(ends(&wide), (Some(-7), Some(7)));
}

#[test]
fn tiles_and_layers_do_not_matter_to_how_latents_are_given() {
    let model = tiny();
    // Small enough that no file is so short that its quality is raised.
    let image = picture(1061, 543, Color::Rgb);
    let file = |progressive| {
        let encoder = Encoder::new(&model).progressive(progressive);
        encoder.encode(&image).unwrap()
    };
    let (plain, layered) = (file(false), file(true));
    let decoder = Decoder::new(&model);
    let one = Decoder::new(&model).threads(1).unwrap();
    let (plain, layered) = (decoder.open(&plain).unwrap(), one.open(&layered).unwrap());
    let latents = plain.latents().unwrap();
    assert_eq!(latents, layered.latents().unwrap());
    assert_eq!(plain.labels().unwrap(), layered.labels().unwrap());
    assert_eq!((latents.width, latents.height), (67, 34));
}

#[test]
fn a_part_of_a_file_has_no_latents() {
    let model = tiny();
    let encoder = Encoder::new(&model).progressive(true);
    let file = encoder.encode(&picture(70, 41, Color::Rgb)).unwrap();
    let mut push = Decoder::new(&model).push();
    push.push(&file[..file.len() - 1]).unwrap();
    let part = push.picture().unwrap().unwrap();
    assert!(part.decode(View::default()).is_ok());
    assert!(matches!(part.latents(), Err(Error::Parameter(_))));
    assert!(matches!(part.labels(), Err(Error::Parameter(_))));
}
