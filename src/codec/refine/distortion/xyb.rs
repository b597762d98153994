//! From sRGB samples to SSIMULACRA2's XYB by way of linear light, and gradients back.
//!
//! No function of the system's mathematics library is called: results are the same on all machines.

use std::sync::LazyLock;

/// Three planes: red, green and blue in linear light (0 to 1), or X, Y and B.
pub(super) type Planes = [Vec<f32>; 3];

/// Rows of the matrix that takes linear RGB to the responses of the cones.
const OPSIN: [[f32; 3]; 3] = [
    [0.30, 0.622, 0.078],
    [0.23, 0.692, 0.078],
    [0.243_422_69, 0.204_767_45, 0.551_809_86],
];
/// What is added to each response, and the cube root of that.
const BIAS: f32 = 0.003_793_073_4;
const BIAS_ROOT: f32 = 0.155_954_2;

/// Linear light of each sample, and by how much it rises from there to the next.
static LINEAR: LazyLock<[[f32; 2]; 256]> = LazyLock::new(|| {
    std::array::from_fn(|sample| {
        let x = sample as f64 / 255.0;
        if x <= 0.04045 {
            return [x / 12.92, 1.0 / 12.92 / 255.0].map(|v| v as f32);
        }
        let base = (x + 0.055) / 1.055;
        // base^2.4 by Newton's method for the fifth root.
        let root = (0..40).fold(1.0, |r: f64, _| r - (r.powi(5) - base) / (5.0 * r.powi(4)));
        let power = base * base * root * root;
        [power, 2.4 * power / (x + 0.055) / 255.0].map(|v| v as f32)
    })
});

/// Linear light of `[pixel][colour]` samples.
pub(super) fn linear(samples: &[u8]) -> Planes {
    let table = &*LINEAR;
    std::array::from_fn(|color| {
        let samples = samples.iter().skip(color).step_by(3);
        samples
            .map(|&sample| table[usize::from(sample)][0])
            .collect()
    })
}

/// The gradient with respect to the samples, `[pixel][colour]`, from that with respect to their linear light.
pub(super) fn linear_back(samples: &[u8], gradient: &Planes) -> Vec<f32> {
    let table = &*LINEAR;
    let value =
        |(at, &sample): (usize, &u8)| gradient[at % 3][at / 3] * table[usize::from(sample)][1];
    samples.iter().enumerate().map(value).collect()
}

/// XYB of linear light, all channels between 0 and 1, B without Y; and the cube roots that it is made of.
pub(super) fn xyb(rgb: &Planes) -> [Planes; 2] {
    let roots = OPSIN.map(|[r, g, b]| -> Vec<f32> {
        let [red, green, blue] = rgb;
        let pixels = red.iter().zip(green).zip(blue);
        pixels
            .map(|((red, green), blue)| cube_root(r * red + g * green + b * blue + BIAS))
            .collect()
    });
    let [long, medium, short] = &roots;
    let x = long.iter().zip(medium).map(|(l, m)| (l - m) * 7.0 + 0.42);
    let brightness = |(l, m): (&f32, &f32)| (l + m) * 0.5 - BIAS_ROOT;
    let y: Vec<f32> = long.iter().zip(medium).map(brightness).collect();
    let b = short.iter().zip(&y).map(|(s, y)| s - BIAS_ROOT - y + 0.55);
    let b = b.collect();
    let planes = [x.collect(), y.into_iter().map(|y| y + 0.01).collect(), b];
    [planes, roots]
}

/// The gradient with respect to linear light, from that with respect to XYB.
pub(super) fn xyb_back(roots: &Planes, gradient: &Planes) -> Planes {
    let mut sums: Planes = std::array::from_fn(|_| vec![0.0; roots[0].len()]);
    let [x, y, b] = gradient;
    for at in 0..roots[0].len() {
        let brightness = 0.5 * (y[at] - b[at]);
        let of_roots = [brightness + 7.0 * x[at], brightness - 7.0 * x[at], b[at]];
        for (cone, row) in OPSIN.iter().enumerate() {
            let root = roots[cone][at];
            let of_mixed = of_roots[cone] / (3.0 * root * root);
            for (sum, weight) in sums.iter_mut().zip(row) {
                sum[at] += weight * of_mixed;
            }
        }
    }
    sums
}

/// The cube root of a number from 1/1000 to 2, by two steps of Halley's method.
fn cube_root(x: f32) -> f32 {
    let mut root = f32::from_bits(x.to_bits() / 3 + 0x2a51_4067);
    for _ in 0..2 {
        let cube = root * root * root;
        root *= (cube + 2.0 * x) / (2.0 * cube + x);
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_roots_are_right() {
        for (sample, [value, slope]) in LINEAR.iter().enumerate() {
            let exact = |x: f64| match x {
                x if x <= 0.04045 => x / 12.92,
                x => ((x + 0.055) / 1.055).powf(2.4),
            };
            let x = sample as f64 / 255.0;
            assert!((f64::from(*value) - exact(x)).abs() < 1e-6, "{sample}");
            let rise = (exact(x + 1e-6) - exact(x - 1e-6)) / 2e-6 / 255.0;
            assert!((f64::from(*slope) - rise).abs() < 1e-5, "{sample}");
        }
        for step in 1..2000 {
            let x = step as f32 / 1000.0;
            assert!((cube_root(x) - x.cbrt()).abs() < 2e-6 * x.cbrt(), "{x}");
        }
        assert!((BIAS_ROOT - BIAS.cbrt()).abs() < 1e-6);
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let rgb: Planes = [vec![0.2, 0.9], vec![0.5, 0.001], vec![0.7, 0.02]];
        let weights: Planes = [vec![1.0, -0.5], vec![0.3, 2.0], vec![-0.8, 0.1]];
        let value = |rgb: &Planes| -> f64 {
            let [planes, _] = xyb(rgb);
            let pairs = planes.iter().flatten().zip(weights.iter().flatten());
            pairs.map(|(v, w)| f64::from(*v) * f64::from(*w)).sum()
        };
        let gradient = xyb_back(&xyb(&rgb)[1], &weights);
        for color in 0..3 {
            for at in 0..2 {
                let moved = |by: f32| {
                    let mut rgb = rgb.clone();
                    rgb[color][at] += by;
                    value(&rgb)
                };
                let slope = (moved(5e-4) - moved(-5e-4)) / 1e-3;
                let found = f64::from(gradient[color][at]);
                assert!(
                    (found - slope).abs() < 0.02 * (1.0 + slope.abs()),
                    "{found}, {slope}"
                );
            }
        }
    }
}
