//! Pixels → latents, window by window. The encoder's business: not normative, but integer and so reproducible.

use rayon::prelude::*;

use super::geometry::{windows, Geometry, Tile, STRIDE};
use super::session::Session;
use crate::nn::{PreparedNetwork, Rect, Tensor};
use crate::{Image, Result};

/// Latent positions each way of the windows that are analysed at a time.
const WINDOW: usize = 32;

/// Latents y (Q3) of a part of the picture.
///
/// # Errors
/// [`crate::Error::Cancelled`], [`crate::Error::NoEncoder`] if the model has no encoder.
pub(crate) fn analyse(
    session: &Session,
    geometry: &Geometry,
    image: &Image,
    part: Rect,
) -> Result<Tensor> {
    let (columns, rows) = geometry.latents();
    // The picture is continued to a multiple of the stride, so that the networks see no edge inside a block.
    let padded = (columns * STRIDE, rows * STRIDE);
    let encoder = session.model.encoder()?;
    let latents: Result<Vec<Tensor>> = windows(part, (WINDOW, WINDOW))
        .into_par_iter()
        .map(|window| {
            session.cancel.check()?;
            let run = |network: &PreparedNetwork| {
                session.run(network, window, padded, |rect| pixels(image, rect, padded))
            };
            let mut y = run(&encoder.analysis_linear);
            y.add(
                encoder.analysis.kernels(),
                &run(&encoder.analysis),
                i16::MAX,
            );
            session.meter.add(window.area());
            Ok(y)
        })
        .collect();
    let mut whole = Tensor::zeros(part, session.y.channels());
    for window in latents? {
        whole.paste(&window);
    }
    Ok(whole)
}

/// Hyper-latents z (Q3) of a tile with latents `y` (the tile's window).
///
/// # Errors
/// As for [`analyse`].
pub(super) fn analyse_hyper(session: &Session, tile: &Tile, y: &Tensor) -> Result<Tensor> {
    let (width, height) = tile.hyper();
    let extent = (tile.latents.width, tile.latents.height);
    let network = &session.model.encoder()?.hyper_analysis;
    Ok(
        session.run(network, Rect::of_size(width, height), extent, |rect| {
            session.y.normalise_all(tile.window(y, rect))
        }),
    )
}

/// Samples − 128 in `rect`, three channels; the picture's last column and row are repeated up to the size `padded`.
pub(super) fn pixels(image: &Image, rect: Rect, padded: (usize, usize)) -> Tensor {
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
