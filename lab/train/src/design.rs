//! Codebooks and tables of a model file designed with the codec's own encoder, which knows the trellis that labels go through: it codes photos,
//! codewords and rates become those of the labels that it chose, and again (Chou, Lookabaugh and Gray 1989; for trellis-coded quantisation Marcellin and
//! Fischer 1990).

use std::io::Write as _;

use anyhow::Result;
use rayon::prelude::*;
use vqz::lab::{count_labels, LabelCounts, LabelTable};
use vqz::model::ModelData;
use vqz::{Image, Model};

use crate::codebooks::{fit, total, Counts, Tables};
use crate::export::load;
use crate::remake::{quality, Remake};

/// Photos that codebooks are designed with, if there are as many.
pub const DESIGN_PHOTOS: usize = 120;
/// How often they are coded.
pub const DESIGN_ROUNDS: usize = 8;

/// Designs the codebooks and frequency tables of a model file anew. Photos are coded `rounds` times; `quiet`: no line for each time.
///
/// # Errors
/// Unreadable inputs, or an output that cannot be written.
pub fn design_codebooks(files: &Remake, rounds: usize, quiet: bool) -> Result<()> {
    files.run(|data, images| design(data, images, rounds, quiet))
}

/// The model with codebooks and tables after so many rounds. A round's line says what labels took by the tables before it.
///
/// # Errors
/// If the model is not valid.
pub(crate) fn design(
    mut data: ModelData,
    images: &[Image],
    rounds: usize,
    quiet: bool,
) -> Result<ModelData> {
    let pixels = |image: &Image| f64::from(image.width()) * f64::from(image.height());
    let pixels: f64 = images.iter().map(pixels).sum();
    for round in 1..=rounds {
        let model = load(&data.to_bytes()?)?;
        let counts = count(&model, images, data.tables[0].len())?;
        if !quiet {
            let bpp = bits(&counts, &data.tables) / pixels;
            // `eprintln!` would panic where stderr is closed.
            let _ = writeln!(
                std::io::stderr(),
                "codebooks, round {round} of {rounds}: {bpp:.4} bits per pixel"
            );
        }
        data.tables = fit(&counts, data.scale_min, data.spacing);
    }
    Ok(data)
}

/// Labels of the images, at qualities spread over the dial.
fn count(model: &Model, images: &[Image], scales: usize) -> Result<Counts> {
    let none = || LabelCounts::new(scales).scales().clone();
    let one = |(index, image): (usize, &Image)| {
        let mut counts = LabelCounts::new(scales);
        count_labels(model, image, quality(index), &mut counts)?;
        Ok(counts.scales().clone())
    };
    let both = |a: Counts, b: Counts| {
        Ok([0, 1].map(|codebook| {
            let scales = a[codebook].iter().zip(&b[codebook]);
            scales.map(|(a, b)| total([a, b])).collect()
        }))
    };
    let images = images.par_iter().enumerate();
    images.map(one).try_reduce(none, both)
}

/// What labels cost by a model's tables.
fn bits(counts: &Counts, tables: &Tables) -> f64 {
    let scales = counts.iter().flatten().zip(tables.iter().flatten());
    let of_scale = scales.map(|(seen, table)| {
        let table = LabelTable::new(&table.frequencies);
        let cost = |(label, &count)| count as f64 * f64::from(table.cost(label)) / 256.0;
        (0..).zip(&seen.magnitudes).map(cost).sum::<f64>()
    });
    of_scale.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebooks::{initial, SPACING};
    use crate::files::read_model;
    use crate::tables::first;
    use std::path::Path;
    use vqz::{Color, Decoder, Encoder};

    fn image() -> Image {
        let sample = |i: u32| {
            let (x, y, colour) = (i / 3 % 192, i / 3 / 192, i % 3);
            let wave = ((x * 2 + y) as f32 * 0.07).sin() * 50.0;
            let edge = if (x / 24 + y / 20) % 3 == 0 { 50 } else { 0 };
            (90 + wave as i32 + edge + 10 * colour as i32 + (x * y % 13) as i32) as u8
        };
        let samples = (0..192 * 128 * 3).map(sample).collect();
        Image::new(192, 128, Color::Rgb, samples).unwrap()
    }

    /// The built-in model's networks with the first tables, and with designed ones. Nothing corrects the choice of tables, which makes good half of what
    /// tables lack.
    #[test]
    fn a_picture_takes_fewer_bits_and_is_as_good() {
        let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/default.vqzm");
        let bytes = read_model(Path::new(model)).unwrap();
        let mut begun = ModelData {
            scale_min: first(),
            spacing: SPACING,
            tables: initial(),
            ..ModelData::from_bytes(&bytes).unwrap()
        };
        for block in [&mut begun.z, &mut begun.y] {
            (block.channel_rate, block.position_rate) = (0, 0);
        }
        let image = image();
        let bits_and_error = |data: &ModelData| {
            let model = load(&data.to_bytes().unwrap()).unwrap();
            let file = Encoder::new(&model).quality(65.0).unwrap().encode(&image);
            let file = file.unwrap();
            let back = Decoder::new(&model).decode(&file).unwrap();
            let samples = image.samples().iter().zip(back.samples());
            let squares = samples.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
            (file.len() as f64, squares.sum::<f64>())
        };
        let images = vec![image.clone(); 6];
        let designed = design(begun.clone(), &images, 3, true).unwrap();
        let [before, after] = [&begun, &designed].map(bits_and_error);
        assert!(after.0 < 0.97 * before.0, "{after:?}, {before:?} before");
        assert!(after.1 < 1.03 * before.1, "{after:?}, {before:?} before");
        assert_eq!(
            ModelData {
                tables: initial(),
                ..designed
            },
            begun
        );
    }

    #[test]
    fn counts_and_their_costs_are_those_of_all_images() {
        let data = vqz::testing::tiny(5);
        let model = load(&data.to_bytes().unwrap()).unwrap();
        let scales = data.tables[0].len();
        let image = image();
        let both = count(&model, &[image.clone(), image.clone()], scales).unwrap();
        // Of qualities 1 and 38.
        let mut expected = LabelCounts::new(scales);
        for quality in [1.0, 38.0] {
            count_labels(&model, &image, quality, &mut expected).unwrap();
        }
        for (a, b) in both
            .iter()
            .flatten()
            .zip(expected.scales().iter().flatten())
        {
            assert_eq!((a.magnitudes, a.sums), (b.magnitudes, b.sums));
        }
        let file = Encoder::new(&model).quality(38.0).unwrap().encode(&image);
        let file = file.unwrap().len();
        let one = count(&model, &[image], scales).unwrap();
        let (all, first) = (bits(&both, &data.tables), bits(&one, &data.tables));
        // The rest of the file is headers and its filter.
        let rest = file as f64 - (all - first) / 8.0;
        assert!((20.0..140.0).contains(&rest), "{rest} of {file} bytes");
    }
}
