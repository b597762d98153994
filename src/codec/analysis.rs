//! Pixels → latents, window by window. The encoder's business: not normative, but integer and so reproducible.

use rayon::prelude::*;

use super::geometry::{windows, Geometry, Tile, STRIDE};
use super::levels::Levels;
use crate::model::Model;
use crate::nn::{Rect, Tensor};
use crate::Image;

/// Latent positions each way of the windows that are analysed at a time.
const WINDOW: usize = 32;

/// Latents y (Q3) of the whole picture.
pub(crate) fn analyse(model: &Model, quality: u16, geometry: &Geometry, image: &Image) -> Tensor {
    let (columns, rows) = geometry.latents();
    let parts: Vec<Tensor> = windows((columns, rows), WINDOW)
        .into_par_iter()
        .map(|window| {
            // The picture is continued to a multiple of the stride, so that the networks see no edge inside a block.
            let padded = (columns * STRIDE, rows * STRIDE);
            let run = |network: &crate::nn::Prepared| {
                network.run(window, padded, quality, |rect| pixels(image, rect, padded))
            };
            let mut y = run(&model.encoder().analysis_linear);
            let detail = run(&model.encoder().analysis);
            for (a, &b) in y.data.iter_mut().zip(&detail.data) {
                *a = (i32::from(*a) + i32::from(b)).clamp(-32767, 32767) as i16;
            }
            y
        })
        .collect();
    let channels = usize::from(model.y.channels);
    let mut whole = Tensor::zeros(Rect::of_size(columns, rows), channels);
    for part in parts {
        whole.paste(&part);
    }
    whole
}

/// Hyper-latents z (Q3) of a tile with latents `y` (the tile's window).
pub(crate) fn analyse_hyper(model: &Model, quality: u16, tile: &Tile, y: &Tensor) -> Tensor {
    let levels = Levels::new(&model.y, quality, model.scale_min, model.tables.len());
    let (width, height) = tile.hyper();
    let extent = (tile.latents.width, tile.latents.height);
    model
        .encoder()
        .hyper_analysis
        .run(Rect::of_size(width, height), extent, quality, |rect| {
            levels.normalise_all(tile.window(y, rect))
        })
}

/// Samples − 128 in `rect`, three channels; the picture's last column and row are repeated up to the size `padded`.
fn pixels(image: &Image, rect: Rect, padded: (usize, usize)) -> Tensor {
    let (width, height) = (image.width() as i32, image.height() as i32);
    let channels = image.color().channels();
    let mut tensor = Tensor::zeros(rect, 3);
    for y in rect.y.max(0)..rect.bottom().min(padded.1 as i32) {
        let line = y.min(height - 1) as usize * width as usize;
        for x in rect.x.max(0)..rect.right().min(padded.0 as i32) {
            let from = (line + x.min(width - 1) as usize) * channels;
            let to = tensor.offset(x, y);
            for c in 0..3 {
                tensor.data[to + c] = i16::from(image.samples()[from + c.min(channels - 1)]) - 128;
            }
        }
    }
    tensor
}
