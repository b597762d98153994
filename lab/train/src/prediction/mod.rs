//! What is predicted of a latent besides what networks say: from what they missed nearby (SPEC.md section 8.7), and from what the channels before it at
//! the same position turned out to be (8.8). Both are linear, and fitted to what the codec's own encoder sees of training photos.

mod across;
mod feedback;
mod regression;

use anyhow::Result;
use rayon::prelude::*;
use vqz::lab::{observe, ObservedStep};
use vqz::model::{LinearPrediction, ModelData};
use vqz::Image;

use crate::export::load;
use crate::remake::{quality, Remake};

/// Photos that predictions are fitted to, if there are as many.
pub const PREDICTION_PHOTOS: usize = 240;
/// Fits the linear predictions of a model file anew. Its frequency tables have to be made again after it.
///
/// # Errors
/// Unreadable inputs, or an output that cannot be written.
pub fn design_prediction(files: &Remake) -> Result<()> {
    files.run(with_prediction)
}

/// The model with other linear predictions: feedback in the first coding step, whose network knows no neighbours, and weights across channels in all.
///
/// # Errors
/// If the model is not valid.
pub(crate) fn with_prediction(mut data: ModelData, images: &[Image]) -> Result<ModelData> {
    for step in &mut data.steps {
        step.prediction = LinearPrediction::default();
    }
    let tiles = see(&data, images)?;
    if let Some(first) = data.steps.first_mut() {
        first.prediction.feedback = feedback::fit(&of_step(&tiles, 0));
    }
    // What is left when errors come back.
    let tiles = see(&data, images)?;
    for (index, step) in data.steps.iter_mut().enumerate() {
        step.prediction.across = across::fit(&of_step(&tiles, index));
    }
    Ok(data)
}

fn of_step(tiles: &[Vec<ObservedStep>], index: usize) -> Vec<&ObservedStep> {
    tiles.iter().filter_map(|tile| tile.get(index)).collect()
}

/// Coding steps of all tiles of the images, at qualities spread over the dial.
fn see(data: &ModelData, images: &[Image]) -> Result<Vec<Vec<ObservedStep>>> {
    let model = load(&data.to_bytes()?)?;
    let one = |(index, image): (usize, &Image)| Ok(observe(&model, image, quality(index))?);
    let images = images.par_iter().enumerate();
    let tiles: Result<Vec<_>> = images.map(one).collect();
    Ok(tiles?.into_iter().flatten().collect())
}
