//! Latents of the whole picture → pixels, window by window (SPEC.md section 11).

use rayon::prelude::*;

use super::geometry::{windows, Geometry, STRIDE};
use super::levels::Levels;
use crate::model::Model;
use crate::nn::{Rect, Tensor};
use crate::Color;

/// Latent positions each way of the windows that are synthesised at a time (512 pixels): bounds memory, does not change pixels.
const WINDOW: usize = 32;

/// Interleaved samples of the picture with quantised latents `y` (Q3, the whole picture).
pub(crate) fn synthesise(
    model: &Model,
    quality: u16,
    geometry: &Geometry,
    y: &Tensor,
    color: Color,
) -> Vec<u8> {
    let levels = Levels::new(&model.y, quality, model.scale_min, model.tables.len());
    let mut samples = vec![0; geometry.width * geometry.height * color.channels()];
    // Bands of windows: each owns its rows of the output.
    let row = geometry.width * color.channels();
    let bands: Vec<(usize, &mut [u8])> = samples
        .chunks_mut(WINDOW * STRIDE * row)
        .enumerate()
        .collect();
    bands.into_par_iter().for_each(|(band, rows)| {
        let (columns, lines) = geometry.latents();
        let across: Vec<(Rect, Vec<u8>)> = windows((columns, lines), WINDOW)
            .into_par_iter()
            .filter(|window| window.y as usize == band * WINDOW)
            .map(|window| {
                (
                    window,
                    synthesise_window(model, &levels, quality, geometry, y, window, color),
                )
            })
            .collect();
        for (window, pixels) in across {
            let left = window.x as usize * STRIDE * color.channels();
            let width = (window.width * STRIDE).min(geometry.width - window.x as usize * STRIDE)
                * color.channels();
            for (line, source) in rows.chunks_exact_mut(row).zip(pixels.chunks_exact(width)) {
                line[left..left + width].copy_from_slice(source);
            }
        }
    });
    samples
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
    let linear = networks
        .synthesis_linear
        .run(wanted, geometry.latents(), quality, |rect| y.window(rect));
    let detail = networks
        .synthesis
        .run(wanted, geometry.latents(), quality, |rect| {
            levels.normalise_all(y.window(rect))
        });
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
