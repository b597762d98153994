//! Colours that photos seldom have: the hue of a patch turned, its saturation raised. Of saturated pictures training photos have so few that the first
//! models could not draw them at any rate.

use std::f64::consts::TAU;

use crate::random::Random;

/// Luma of red, green and blue (BT.601).
const LUMA: [f64; 3] = [0.299, 0.587, 0.114];
/// Largest factor of the saturation.
const MOST: f64 = 3.0;

/// Turns the hue of interleaved RGB by any angle and makes its saturation 1 to 3 times as high, luma kept as far as samples reach.
pub(crate) fn recolour(pixels: &mut [u8], random: &mut Random) {
    let (sin, cos) = (random.unit() * TAU).sin_cos();
    let saturation = 1.0 + (MOST - 1.0) * random.unit().powi(2);
    // A rotation about the grey axis (Rodrigues): cos·v + sin·(k × v) + (1 − cos)·(k·v)·k with k = (1, 1, 1)/√3.
    let [same, next, last] = [
        cos + (1.0 - cos) / 3.0,
        (1.0 - cos) / 3.0 - sin / 3f64.sqrt(),
        (1.0 - cos) / 3.0 + sin / 3f64.sqrt(),
    ];
    for pixel in pixels.chunks_exact_mut(3) {
        let v = [0, 1, 2].map(|c| f64::from(pixel[c]));
        let luma = |v: [f64; 3]| -> f64 { v.iter().zip(LUMA).map(|(v, l)| v * l).sum() };
        let turned = [0, 1, 2].map(|c| same * v[c] + next * v[(c + 1) % 3] + last * v[(c + 2) % 3]);
        let (wanted, had) = (luma(v), luma(turned));
        for (to, from) in pixel.iter_mut().zip(turned) {
            *to = (wanted + saturation * (from - had))
                .round()
                .clamp(0.0, 255.0) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greys_stay_and_colours_become_others_of_the_same_luma() {
        for seed in 0..20 {
            let mut pixels = [[90; 3], [120, 110, 105]].concat();
            recolour(&mut pixels, &mut Random::new(seed, 0));
            assert_eq!(pixels[..3], [90; 3]);
            let luma: f64 = pixels[3..]
                .iter()
                .zip(LUMA)
                .map(|(&v, l)| f64::from(v) * l)
                .sum();
            let before = 120.0 * LUMA[0] + 110.0 * LUMA[1] + 105.0 * LUMA[2];
            assert!((luma - before).abs() < 1.0, "{pixels:?}");
            let spread = |p: &[u8]| p.iter().max().unwrap() - p.iter().min().unwrap();
            assert!(spread(&pixels[3..]) >= 10, "{pixels:?}");
        }
    }
}
