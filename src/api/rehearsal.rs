//! Pictures encoded without being written, for whoever makes a model: their labels counted, and what becomes of what a model expects.

use crate::codec::{
    observe_tile, settle_tile, Geometry, LabelCounts, ObservedStep, Session, SettledTile, Tile,
};
use crate::container::Header;
use crate::meter::Meter;
use crate::model::Model;
use crate::work::Cancel;
use crate::{Encoder, Image, Result};

/// Adds to `counts` the labels that encoding `image` with `model` at a `quality` of 0 to 100 chooses.
///
/// # Errors
/// [`crate::Error::Parameter`] for a quality outside of 0 to 100.
///
/// # Panics
/// If `counts` is for another number of scales than the model's.
pub fn count_labels(
    model: &Model,
    image: &Image,
    quality: f32,
    counts: &mut LabelCounts,
) -> Result<()> {
    let scales = model.loaded().tables.scales();
    assert_eq!(counts.scales()[0].len(), scales, "scales of the counts");
    let count = |session: &Session, geometry: &Geometry, tile: &Tile| {
        counts.add_tile(session, geometry, image, tile)
    };
    each_tile(model, image, quality, count).map(drop)
}

/// The coding steps of each tile of `image`, as encoding it with `model` at a `quality` of 0 to 100 goes through them.
///
/// # Errors
/// [`crate::Error::Parameter`] for a quality outside of 0 to 100.
pub fn observe(model: &Model, image: &Image, quality: f32) -> Result<Vec<Vec<ObservedStep>>> {
    each_tile(model, image, quality, |session, geometry, tile| {
        observe_tile(session, geometry, image, tile)
    })
}

/// The latents of each tile of `image` as encoding it with `model` at a `quality` of 0 to 100 leaves them, all coding steps of them.
///
/// # Errors
/// [`crate::Error::Parameter`] for a quality outside of 0 to 100.
pub fn settle(model: &Model, image: &Image, quality: f32) -> Result<Vec<SettledTile>> {
    each_tile(model, image, quality, |session, geometry, tile| {
        settle_tile(session, geometry, image, tile)
    })
}

/// What `see` makes of each tile that `image` is coded in.
fn each_tile<T>(
    model: &Model,
    image: &Image,
    quality: f32,
    mut see: impl FnMut(&Session, &Geometry, &Tile) -> Result<T>,
) -> Result<Vec<T>> {
    let coding = Encoder::new(model).quality(quality)?.coding(1);
    let header = Header::new(image.width(), image.height(), image.color(), false, coding)?;
    let (cancel, meter) = (Cancel::default(), Meter::default());
    let session = Session::new(model.loaded(), coding.quality, &cancel, &meter);
    let geometry = Geometry::new(&header);
    let tiles = geometry.tiles();
    let seen = tiles.iter().map(|tile| see(&session, &geometry, tile));
    seen.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Color;

    /// Of the built-in model, the labels are about as frequent as its tables say, and stand for its codewords.
    #[test]
    fn labels_of_a_picture_are_counted() {
        let model = Model::embedded().unwrap();
        let sample = |i: u32| {
            let (x, y, c) = (i / 3 % 160, i / 3 / 160, i % 3);
            ((x * 7 + y * 13 + (x * y) % 11) % 90 + x + 20 * c) as u8
        };
        let samples = (0..160 * 96 * 3).map(sample).collect();
        let image = Image::new(160, 96, Color::Rgb, samples).unwrap();
        let mut counts = LabelCounts::new(model.loaded().tables.scales());
        count_labels(model, &image, 60.0, &mut counts).unwrap();
        let all = |codebook: usize| counts.scales()[codebook].iter();
        for codebook in [0, 1] {
            let labels = |m: usize| all(codebook).map(|scale| scale.magnitudes[m]).sum::<u64>();
            assert!(labels(0) > labels(1) / 4 && labels(1) > 100, "{codebook}");
            let sum = all(codebook).map(|scale| scale.sums[0]).sum::<i64>();
            let mean = sum as f64 / labels(1) as f64;
            // About one point of the codebook: 72 or 36.
            let point = [72.0, 36.0][codebook];
            assert!((mean - point).abs() < 16.0, "codebook {codebook}: {mean}");
        }
        // Nothing is coded at scale 0.
        assert_eq!(
            counts.scales()[0][0].magnitudes,
            [0; LabelCounts::RADIUS + 1]
        );
    }
}
