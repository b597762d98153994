//! The noise that renderings draw texture from where labels say nothing (SPEC.md section 11.3): a function of the place in the picture
//! alone, so that tiles, regions and threads do not show.

use super::bands::Bands;
use crate::model::PATCH_CHANNELS;
use crate::nn::{Rect, Scratch, Tensor};

/// Planes that are made of one hash, a byte each.
const PLANES: usize = 4;

/// Of a patch: what plane `plane` has at column `x`, row `y`, in Q4 as patches are: a multiple of 16 from −2048 to 2032.
pub fn noise(x: i32, y: i32, plane: usize) -> i16 {
    value(hash(x, y, plane / PLANES), plane % PLANES)
}

/// `rect` of the linear patches, with so many planes of noise behind their channels.
pub(super) fn with_noise(scratch: &Scratch, linear: &Bands, rect: Rect, planes: usize) -> Tensor {
    let mut tensor = scratch.blank(rect, PATCH_CHANNELS + planes);
    for y in rect.y..rect.bottom() {
        let to = tensor.row_mut(y, rect.x, rect.right());
        if planes == 0 {
            to.copy_from_slice(linear.row(y, rect.x, rect.right()));
            continue;
        }
        let positions = to.chunks_exact_mut(PATCH_CHANNELS + planes);
        let patches = linear.row(y, rect.x, rect.right());
        let patches = patches.chunks_exact(PATCH_CHANNELS);
        for ((x, to), patch) in (rect.x..).zip(positions).zip(patches) {
            let (pixels, rest) = to.split_at_mut(PATCH_CHANNELS);
            pixels.copy_from_slice(patch);
            for (group, values) in rest.chunks_mut(PLANES).enumerate() {
                let hash = hash(x, y, group);
                for (plane, to) in values.iter_mut().enumerate() {
                    *to = value(hash, plane);
                }
            }
        }
    }
    tensor
}

/// A hash of which each bit depends on all three numbers (constants of the mixer: Chris Wellons, "lowbias32").
fn hash(x: i32, y: i32, group: usize) -> u32 {
    let mut h = (x as u32)
        .wrapping_mul(0x9E37_79B1)
        .wrapping_add((y as u32).wrapping_mul(0x85EB_CA77))
        .wrapping_add((group as u32).wrapping_mul(0xC2B2_AE3D));
    h = (h ^ (h >> 16)).wrapping_mul(0x7FEB_352D);
    h = (h ^ (h >> 15)).wrapping_mul(0x846C_A68B);
    h ^ (h >> 16)
}

fn value(hash: u32, plane: usize) -> i16 {
    16 * (i16::from(hash.to_le_bytes()[plane]) - 128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_window_sees_the_same_noise() {
        let scratch = Scratch::default();
        let whole = Rect::of_size(9, 7);
        let mut linear = Bands::default();
        linear.extend([Tensor::zeros(whole, PATCH_CHANNELS)]);
        let all = with_noise(&scratch, &linear, whole, 6);
        let rect = Rect {
            x: 3,
            y: 2,
            width: 4,
            height: 5,
        };
        assert_eq!(with_noise(&scratch, &linear, rect, 6), all.window(rect));
        for plane in 0..6 {
            assert_eq!(all.row(5, 4, 5)[PATCH_CHANNELS + plane], noise(4, 5, plane));
        }
    }

    #[test]
    fn noise_is_white() {
        let side = 64;
        let mut values = Vec::new();
        for plane in 0..5 {
            for y in 0..side {
                values.extend((0..side).map(|x| f64::from(noise(x, y, plane)) / 16.0 + 0.5));
            }
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|v| v * v).sum::<f64>() / count;
        assert!(mean.abs() < 2.0 && (variance / 5461.0 - 1.0).abs() < 0.03);
        // Neighbours to the right, below, and in the next plane.
        for distance in [1, side as usize, (side * side) as usize] {
            let products = values.iter().zip(&values[distance..]).map(|(a, b)| a * b);
            let correlation = products.sum::<f64>() / count / variance;
            assert!(correlation.abs() < 0.03, "{distance}: {correlation}");
        }
    }
}
