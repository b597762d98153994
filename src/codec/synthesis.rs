//! Latents of the whole picture → pixels, window by window (SPEC.md section 11).

use std::sync::Mutex;

use super::geometry::{windows, Geometry, STRIDE};
use super::levels::Levels;
use super::parallel::{locked, try_for_each};
use crate::model::Model;
use crate::nn::{Rect, Tensor};
use crate::Color;

/// Latent positions each way of the windows that are synthesised at a time (512 pixels): bounds memory, does not change pixels.
const WINDOW: usize = 32;
/// See [`try_for_each`].
const WINDOWS_PER_WORKER: usize = 4;

/// Interleaved samples of the picture with quantised latents `y` (Q3, the whole picture).
pub(crate) fn synthesise(
    model: &Model,
    quality: u16,
    geometry: &Geometry,
    y: &Tensor,
    color: Color,
) -> Vec<u8> {
    let levels = Levels::new(&model.y, quality, model.scale_min, model.tables.len());
    let channels = color.channels();
    let row = geometry.width * channels;
    let samples = Mutex::new(vec![0; geometry.height * row]);
    let windows = windows(geometry.latents(), WINDOW);
    try_for_each(windows, WINDOWS_PER_WORKER, |window| {
        let pixels = synthesise_window(model, &levels, quality, geometry, y, window, color);
        let (left, top) = (window.x as usize * STRIDE, window.y as usize * STRIDE);
        let width = (window.width * STRIDE).min(geometry.width - left) * channels;
        locked(&samples, |samples| {
            let lines = samples.chunks_exact_mut(row).skip(top);
            for (line, source) in lines.zip(pixels.chunks_exact(width)) {
                line[left * channels..][..width].copy_from_slice(source);
            }
        });
        Ok(())
    })
    .expect("synthesis does not fail");
    samples.into_inner().expect("synthesis does not panic")
}

/// Samples of one window, cropped to the picture.
fn synthesise_window(
    model: &Model,
    levels: &Levels,
    quality: u16,
    geometry: &Geometry,
    y: &Tensor,
    window: Rect,
    color: Color,
) -> Vec<u8> {
    let wanted = Rect {
        x: window.x * STRIDE as i32,
        y: window.y * STRIDE as i32,
        width: (window.width * STRIDE).min(geometry.width - window.x as usize * STRIDE),
        height: (window.height * STRIDE).min(geometry.height - window.y as usize * STRIDE),
    };
    let networks = &model.networks;
    // The one that takes more memory first.
    let detail = networks
        .synthesis
        .run(wanted, geometry.latents(), quality, |rect| {
            levels.normalise_all(y.window(rect))
        });
    let linear = networks
        .synthesis_linear
        .run(wanted, geometry.latents(), quality, |rect| y.window(rect));
    let sums = linear.data.iter().zip(&detail.data);
    let rgb = sums.map(|(&a, &b)| {
        let sum = (i32::from(a) + i32::from(b)).clamp(-32767, 32767);
        (((sum + 8) >> 4) + 128).clamp(0, 255) as u8
    });
    match color {
        Color::Rgb => rgb.collect(),
        Color::Gray => {
            let rgb: Vec<u8> = rgb.collect();
            rgb.chunks_exact(3)
                .map(|p| ((p.iter().map(|&v| u16::from(v)).sum::<u16>() + 1) / 3) as u8)
                .collect()
        }
    }
}
