//! Analysis by synthesis: latents are moved until the picture that is decoded from them is a better one for its bits, by gradient descent
//! through the decoder (as in Campos et al., "Content adaptive optimization for neural image compression", 2019).
//!
//! What an encoder does at its highest effort. Files are as any others, and the same on every machine: floats are added, multiplied and
//! divided in a fixed order, and no other function is called but the square root.

mod adjoint;
mod descent;
mod distortion;
mod plane;
mod renderer;
mod traces;

use super::analysis::{analyse, pixels};
use super::geometry::{Geometry, Tile, STRIDE};
use super::search::{Effort, BITS_PER_SQUARED_STEP};
use super::session::Session;
use super::tile::{encode_tile, CodedTile};
use crate::nn::{Rect, Tensor};
use crate::{Image, Result, Tune};
use descent::{Descent, Pace};
use distortion::Distortion;
pub use distortion::{ssimulacra2_error, SSIMULACRA2_UNIT};
use plane::Plane;
use renderer::{Rendered, Renderer};
pub(crate) use traces::traces;
pub use traces::{SynthesisTrace, Traced};

/// What a squared quantiser step is worth in bits where nothing but the squared error counts: what gains most by PSNR.
const BITS_PER_SQUARED_STEP_OF_SQUARES: f64 = 10.2;

/// How often [`refine_tile`] moves latents, for pictures tuned so.
pub(crate) fn iterations(tune: Tune) -> usize {
    Pace::new(tune == Tune::Psnr).iterations()
}

/// [`refine_tile`].
pub(crate) type RefineTile = fn(&Session, &Geometry, &Image, &Tile, u8) -> Result<CodedTile>;

/// Searches for latents of a tile of `image` that give fewer bits or less distortion than the analysis', and encodes them.
///
/// # Errors
/// [`crate::Error::Cancelled`].
pub(crate) fn refine_tile(
    session: &Session,
    geometry: &Geometry,
    image: &Image,
    tile: &Tile,
    layers: u8,
) -> Result<CodedTile> {
    let renderer = Renderer::new(session, geometry)?;
    // Beyond the tile's edges: what other tiles code, but for their quantisation.
    let mut latents = analyse(
        session,
        geometry,
        image,
        renderer.input_window(tile.latents),
    )?;
    let mut target = Plane::zeros(tile.latents, latents.channels);
    let analysed = latents.window(tile.latents);
    for (to, &from) in target.data.iter_mut().zip(&analysed.data) {
        *to = f32::from(from);
    }
    let area = visible(geometry, tile);
    let size = (area.width, area.height);
    let distortion = Distortion::new(samples(image, area), size, session.uniform_steps);
    let slope = slope(session, renderer.curvatures());
    let mut descent = Descent::new(target, Pace::new(session.uniform_steps));
    loop {
        session.cancel.check()?;
        let mut rates = vec![0.0; descent.target.data.len()];
        let y = rounded(&descent.target);
        let coded = encode_tile(session, tile, &y, layers, Effort::Search, Some(&mut rates))?;
        session.meter.add(tile.latents.area());
        latents.paste(&coded.latents);
        let rendered = renderer.render(&latents, tile.latents);
        let (error, of_samples) = distortion.measure(&collect(&rendered, area));
        let bits: usize = coded.streams.iter().map(|stream| 8 * stream.len()).sum();
        let cost = bits as f64 + slope * error;
        descent.tried(cost, coded);
        if descent.is_done() {
            return Ok(descent.finish());
        }
        let gradient = renderer.back(&rendered, tile.latents, &|x, y| {
            if !area.holds(x, y) {
                return [0.0; 3];
            }
            let at = ((y - area.y) as usize * area.width + (x - area.x) as usize) * 3;
            [0, 1, 2].map(|color| of_samples[at + color])
        });
        let curvatures = renderer.curvatures().iter().cycle();
        let slopes = gradient.data.iter().zip(&rates).zip(curvatures);
        descent.go_on(slopes.map(|((distortion, rate), curvature)| {
            -(distortion + rate / slope as f32) / (2.0 * curvature)
        }));
    }
}

/// Bits that a squared error of 1 is worth.
fn slope(session: &Session, curvatures: &[f32]) -> f64 {
    let squared_steps = curvatures.iter().enumerate().map(|(channel, curvature)| {
        // One quantiser step is so many units of ŷ.
        let step = f64::from(session.y.step(channel)) / 32.0;
        step * step * f64::from(*curvature)
    });
    let mut squared_steps: Vec<f64> = squared_steps.collect();
    squared_steps.sort_by(f64::total_cmp);
    let bits = match session.uniform_steps {
        false => BITS_PER_SQUARED_STEP,
        true => BITS_PER_SQUARED_STEP_OF_SQUARES,
    };
    bits / squared_steps[squared_steps.len() / 2].max(1e-9)
}

/// The pixels of a tile that are the picture's.
fn visible(geometry: &Geometry, tile: &Tile) -> Rect {
    let picture = Rect::of_size(geometry.width, geometry.height);
    tile.latents.finer(STRIDE).intersection(picture)
}

/// `[y][x][colour]` samples of a part of a picture.
fn samples(image: &Image, area: Rect) -> Vec<u8> {
    let size = (image.width() as usize, image.height() as usize);
    let values = pixels(image, area, size).data;
    values
        .into_iter()
        .map(|value| (value + 128) as u8)
        .collect()
}

/// The samples of `area` from windows that cover it.
fn collect(rendered: &[Rendered], area: Rect) -> Vec<u8> {
    let mut all = vec![0; area.area() * 3];
    for window in rendered {
        let (from, common) = (window.samples.rect, window.samples.rect.intersection(area));
        for y in common.y..common.bottom() {
            let at = |rect: Rect| {
                ((y - rect.y) as usize * rect.width + (common.x - rect.x) as usize) * 3
            };
            let row = &window.samples.data[at(from)..][..3 * common.width];
            all[at(area)..][..3 * common.width].copy_from_slice(row);
        }
    }
    all
}

fn rounded(target: &Plane) -> Tensor {
    let limit = f32::from(i16::MAX);
    let value = |v: &f32| v.round().clamp(-limit, limit) as i16;
    Tensor {
        rect: target.rect,
        channels: target.channels,
        data: target.data.iter().map(value).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::{parse, write};
    use crate::model::QUALITY_MAX;
    use crate::{Cancel, Color, Encoder, Limits, Metadata, Meter, Model};

    /// Bits and distortion together are less than with the search alone, and nothing depends on the number of threads.
    #[test]
    fn it_pays_and_does_not_depend_on_threads() {
        // Of each two qualities, since such a picture is none: at single ones there is hardly anything to be gained.
        for (tune, qualities) in [(Tune::Eye, [75, 95]), (Tune::Psnr, [85, 95])] {
            let mut without_filters = [0.0; 2];
            for quality in qualities {
                let refined = file(tune, quality, 2, 1);
                assert!(
                    refined == file(tune, quality, 2, 3),
                    "{tune:?}: not the same on three threads"
                );
                let searched = file(tune, quality, 1, 1);
                let cost = cost(tune, quality);
                assert!(cost(&refined) < cost(&searched), "{tune:?}");
                // The picture's filter, which both have, makes good some of what is moved here.
                let files = [searched, refined];
                for (sum, file) in without_filters.iter_mut().zip(&files) {
                    *sum += cost(&without_filter(file));
                }
            }
            let [before, after] = without_filters;
            assert!(after < 0.99 * before, "{tune:?}: {before} → {after}");
        }
    }

    fn file(tune: Tune, quality: u16, effort: u8, threads: usize) -> Vec<u8> {
        let encoder = Encoder::new(Model::embedded().unwrap()).tune(tune);
        let encoder = encoder.quality(quality.into()).unwrap();
        let encoder = encoder.effort(effort).unwrap().threads(threads).unwrap();
        encoder.encode(&picture(200, 176)).unwrap()
    }

    /// What a file costs, as it is weighed here.
    fn cost(tune: Tune, quality: u16) -> impl Fn(&[u8]) -> f64 {
        let squares = tune == Tune::Psnr;
        let model = Model::embedded().unwrap();
        let quality = u32::from(quality) * u32::from(QUALITY_MAX) / 100;
        let (cancel, meter) = (Cancel::default(), Meter::default());
        let session = Session::new(model.loaded(), quality as u16, &cancel, &meter)
            .with_uniform_steps(squares);
        let geometry = Geometry {
            width: 200,
            height: 176,
            tile_side: 1024,
        };
        let renderer = Renderer::new(&session, &geometry).unwrap();
        let slope = slope(&session, renderer.curvatures());
        let original = picture(200, 176).samples().to_vec();
        let distortion = Distortion::new(original, (200, 176), squares);
        move |file| {
            let decoded = crate::decode(file).unwrap();
            8.0 * file.len() as f64 + slope * distortion.measure(decoded.samples()).0
        }
    }

    fn without_filter(file: &[u8]) -> Vec<u8> {
        let (header, parsed) = parse(file, &Limits::default()).unwrap();
        let tiles: Vec<Vec<u8>> = parsed.tiles.iter().map(|tile| tile.to_vec()).collect();
        let metadata = Metadata::default();
        let written = write(&header, &metadata, None, None, &tiles).unwrap();
        written.bytes
    }

    /// Curves and texture, in colour.
    fn picture(width: u32, height: u32) -> Image {
        let sample = |i: u32| {
            let (x, y, color) = (i / 3 % width, i / 3 / width, i % 3);
            let wave = (f64::from(x * y + 40 * color) / 170.0).sin() * 50.0;
            let texture = f64::from((x * 7 + y * 13 + (x * y) % 11) % 17);
            (110.0 + wave + texture + f64::from(20 * color)) as u8
        };
        let samples = (0..width * height * 3).map(sample).collect();
        Image::new(width, height, Color::Rgb, samples).unwrap()
    }

    /// A tile that ends inside of its last latents, in a picture of two tiles.
    #[test]
    fn pictures_of_any_size_and_several_tiles() {
        let model = Model::embedded().unwrap();
        for (width, height) in [(1, 1), (9, 70), (1040, 33)] {
            let image = picture(width, height);
            let encoder = Encoder::new(model)
                .quality(30.0)
                .unwrap()
                .effort(2)
                .unwrap();
            let file = encoder.encode(&image).unwrap();
            let decoded = crate::decode(&file).unwrap();
            assert_eq!((decoded.width(), decoded.height()), (width, height));
        }
    }
}
