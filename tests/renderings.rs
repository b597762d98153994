//! Another rendering of the same files: whatever part of it is asked for, in whatever way, has the same samples, and nothing else changes.

use vqz::model::RenderingData;
use vqz::testing::rendering;
use vqz::{
    Color, Decoder, Encoder, Error, ErrorClass, Image, Model, Models, Rendering, RenderingModel,
    Scale, View,
};
use vqz_testkit::{picture, tiny};

const PERCEPTUAL: Rendering = Rendering::Perceptual;

fn rendering_of(model: &Model, latents: u16) -> RenderingModel {
    let data = rendering(5, model.digest(), latents);
    RenderingModel::from_bytes(&data.to_bytes().unwrap()).unwrap()
}

/// Two tiles, the larger one of several windows.
fn file(model: &Model) -> Vec<u8> {
    let encoder = Encoder::new(model).progressive(true);
    encoder.encode(&picture(1061, 150, Color::Rgb)).unwrap()
}

fn decode(decoder: &Decoder, file: &[u8], view: View) -> Image {
    decoder.open(file).unwrap().decode(view).unwrap()
}

#[test]
fn regions_are_crops_and_threads_do_not_show() {
    let model = tiny();
    let file = file(&model);
    let decoder = Decoder::new(&model).with_rendering(&rendering_of(&model, 8));
    let view = View::default().rendering(PERCEPTUAL);
    let whole = decode(&decoder.clone().threads(1).unwrap(), &file, view);
    let threads = decode(&decoder.clone().threads(3).unwrap(), &file, view);
    assert!(whole.samples() == threads.samples());
    for (x, y, width, height) in [(0, 0, 1, 1), (1060, 149, 1, 1), (1000, 3, 50, 140)] {
        let part = decode(&decoder, &file, view.crop(x, y, width, height));
        let rows = (y..y + height).flat_map(|row| {
            let start = 3 * (row * whole.width() + x) as usize;
            &whole.samples()[start..start + 3 * width as usize]
        });
        assert!(
            part.samples().iter().eq(rows),
            "{width}×{height} at ({x}, {y})"
        );
    }
}

#[test]
fn the_faithful_rendering_and_small_ones_are_as_without() {
    let model = tiny();
    let file = file(&model);
    let without = Decoder::new(&model);
    let with = without.clone().with_rendering(&rendering_of(&model, 8));
    for scale in Scale::ALL {
        let view = View::scale(scale);
        let faithful = decode(&without, &file, view);
        assert!(decode(&with, &file, view).samples() == faithful.samples());
        let perceptual = decode(&with, &file, view.rendering(PERCEPTUAL));
        let same = perceptual.samples() == faithful.samples();
        assert_eq!(same, scale.divisor() >= 4, "{scale:?}");
    }
}

#[test]
fn a_file_that_has_arrived_in_part_can_be_rendered() {
    let model = tiny();
    let file = file(&model);
    let decoder = Decoder::new(&model).with_rendering(&rendering_of(&model, 8));
    let mut push = decoder.push();
    push.push(&file[..file.len() - 1]).unwrap();
    let picture = push.picture().unwrap().unwrap();
    assert!(picture.perceptual().is_some());
    let view = View::region(0, 0, 64, 64);
    let [faithful, perceptual] =
        [view, view.rendering(PERCEPTUAL)].map(|view| picture.decode(view).unwrap());
    assert!(faithful.samples() != perceptual.samples());
}

#[test]
fn what_is_not_at_hand_is_said() {
    let model = tiny();
    let file = file(&model);
    let other = rendering_of(Model::embedded().unwrap(), 400);
    let view = View::scale(Scale::Sixteenth).rendering(PERCEPTUAL);
    for (decoder, at_hand) in [
        (Decoder::new(&model), "none".into()),
        (
            Decoder::new(&model).with_rendering(&other),
            other.base().to_string(),
        ),
    ] {
        let error = decoder.open(&file).unwrap().decode(view).unwrap_err();
        assert_eq!(error.class(), ErrorClass::WrongModel);
        let Error::NoRendering { model: of, given } = error else {
            panic!("{error}");
        };
        assert_eq!((of, given), (model.digest().to_string(), at_hand));
    }
}

#[test]
fn a_rendering_for_other_latents_is_refused_when_it_is_used() {
    let model = tiny();
    let decoder = Decoder::new(&model).with_rendering(&rendering_of(&model, 10));
    let file = file(&model);
    let error = decoder
        .open(&file)
        .unwrap()
        .decode(View::default().rendering(PERCEPTUAL));
    assert!(
        matches!(error, Err(Error::Model(what)) if what.contains("10 inputs") && what.contains("8 latents"))
    );
}

#[test]
fn the_last_rendering_given_of_a_model_is_taken() {
    let model = tiny();
    let first = rendering_of(&model, 8);
    let data = rendering(6, model.digest(), 8);
    let second = RenderingModel::from_bytes(&data.to_bytes().unwrap()).unwrap();
    let models = Models::none()
        .with_rendering(&first)
        .with_rendering(&second);
    let found = models.rendering(model.digest().short()).unwrap();
    assert_eq!(found.digest(), second.digest());
    assert_eq!(found.name(), "rendering 6");
    assert!(models.rendering([0; 8]).is_none());
}

#[test]
fn files_are_written_as_they_were_read() {
    let data = rendering(5, tiny().digest(), 8);
    let bytes = data.to_bytes().unwrap();
    assert!(RenderingData::from_bytes(&bytes).unwrap() == data);
    assert!(matches!(Model::from_bytes(&bytes), Err(Error::Model(_))));
    let model = vqz::testing::tiny(1).to_bytes().unwrap();
    let error = RenderingModel::from_bytes(&model);
    assert!(matches!(error, Err(Error::Model(what)) if what.contains(".vqzr")));
}

#[test]
fn a_rendering_costs_what_it_says() {
    let rendering = rendering_of(&tiny(), 8);
    assert!(rendering.parameters() > 1000 && rendering.kmac_per_pixel() > 0.01);
}
