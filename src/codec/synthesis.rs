//! Latents of the whole picture → pixels (SPEC.md section 11).
//!
//! Body and linear part run on large windows of latents, the renderer on small windows of patches that stay in the cache. Neither changes pixels.

use std::sync::Mutex;

use super::geometry::{windows, Geometry, STRIDE};
use super::levels::Levels;
use super::parallel::{locked, try_for_each};
use crate::model::{Model, Networks};
use crate::nn::{Rect, Tensor};
use crate::Color;

/// Pixels per patch, each way.
const PATCH: usize = 4;
/// Latent positions each way of the windows whose features are there at a time (1024 pixels): bounds memory.
const WINDOW: usize = 64;
/// Patches each way that are rendered at a time (128 pixels).
const PART: usize = 32;
/// See [`try_for_each`].
const PARTS_PER_WORKER: usize = 4;

/// Interleaved samples of the picture with quantised latents `y` (Q3, the whole picture).
pub(crate) fn synthesise(
    model: &Model,
    quality: u16,
    geometry: &Geometry,
    y: &Tensor,
    color: Color,
) -> Vec<u8> {
    let (columns, rows) = geometry.latents();
    let synthesis = Synthesis {
        networks: &model.networks,
        levels: Levels::new(&model.y, quality, model.scale_min, model.tables.len()),
        quality,
        latents: (columns, rows),
        patches: (columns * STRIDE / PATCH, rows * STRIDE / PATCH),
    };
    let channels = color.channels();
    let row = geometry.width * channels;
    let samples = Mutex::new(vec![0; geometry.height * row]);
    for window in windows(geometry.latents(), WINDOW) {
        let window = window.finer(STRIDE / PATCH);
        let features = synthesis.features(window, y);
        let parts = windows((window.width, window.height), PART).into_iter();
        let parts = parts.map(|part| Rect {
            x: part.x + window.x,
            y: part.y + window.y,
            ..part
        });
        try_for_each(parts.collect(), PARTS_PER_WORKER, |part| {
            let patches = synthesis.render(part, &features);
            locked(&samples, |samples| {
                place(&patches, samples, geometry, color);
            });
            Ok(())
        })
        .expect("synthesis does not fail");
    }
    samples.into_inner().expect("synthesis does not panic")
}

/// What is the same for all windows.
struct Synthesis<'m> {
    networks: &'m Networks,
    levels: Levels<'m>,
    quality: u16,
    /// Extent of the picture's latents.
    latents: (usize, usize),
    /// Extent of the picture in patches.
    patches: (usize, usize),
}

/// What is rendered, at the resolution of patches.
struct Features {
    /// Patches of the linear part, Q4.
    linear: Tensor,
    /// The body's features.
    body: Tensor,
}

impl Synthesis<'_> {
    /// All that the renderer needs for a window of patches.
    fn features(&self, window: Rect, y: &Tensor) -> Features {
        let networks = self.networks;
        let seen = networks.renderer.input_window(window);
        let lifted = networks.synthesis_lift.input_window(seen);
        let body = &networks.synthesis_body;
        Features {
            body: body.run(seen, self.latents, self.quality, |rect| {
                self.levels.normalise_all(y.window(rect))
            }),
            linear: networks
                .synthesis_linear
                .run(lifted, self.latents, self.quality, |rect| y.window(rect)),
        }
    }

    /// Patches of pixels − 128, Q4.
    fn render(&self, part: Rect, features: &Features) -> Tensor {
        let networks = self.networks;
        let renderer = &networks.renderer;
        let mut patches = renderer.run(part, self.patches, self.quality, |rect| {
            let lift = &networks.synthesis_lift;
            let mut stream = lift.run(rect, self.patches, self.quality, |rect| {
                features.linear.window(rect)
            });
            stream.add(&features.body, renderer.input_limit());
            stream
        });
        patches.add(&features.linear, i16::MAX);
        patches
    }
}

/// Puts the pixels of some patches into their places, as far as they are in the picture.
fn place(patches: &Tensor, samples: &mut [u8], geometry: &Geometry, color: Color) {
    let Rect { x, y, .. } = patches.rect;
    let strip = PATCH * 3;
    for py in y..patches.rect.bottom() {
        for dy in 0..PATCH {
            let line = py as usize * PATCH + dy;
            if line >= geometry.height {
                return;
            }
            let left = x as usize * PATCH;
            let right = geometry.width.min(left + patches.rect.width * PATCH);
            let pixels = patches
                .row(py, x, patches.rect.right())
                .chunks_exact(patches.channels)
                .flat_map(|patch| patch[dy * strip..][..strip].as_chunks::<3>().0);
            let start = line * geometry.width;
            match color {
                Color::Rgb => {
                    let (target, _) =
                        samples[(start + left) * 3..(start + right) * 3].as_chunks_mut();
                    for (target, pixel) in target.iter_mut().zip(pixels) {
                        *target = pixel.map(sample);
                    }
                }
                Color::Gray => {
                    let target = &mut samples[start + left..start + right];
                    for (target, pixel) in target.iter_mut().zip(pixels) {
                        let sum: u16 = pixel.map(|v| u16::from(sample(v))).iter().sum();
                        *target = ((sum + 1) / 3) as u8;
                    }
                }
            }
        }
    }
}

/// A sample from Q4.
fn sample(value: i16) -> u8 {
    (((i32::from(value) + 8) >> 4) + 128).clamp(0, 255) as u8
}
