//! The error that SSIMULACRA2 (Jon Sneyers, 2023; libjxl's `tools/ssimulacra2.cc`, version 2.1) turns into its score, and its gradient: the
//! weighted sum of [`super::terms`].

use super::blur::Blur;
use super::channel::Channel;
use super::halve::{halve, halve_back};
use super::terms::TERMS;
use super::xyb::{linear, linear_back, xyb, xyb_back, Planes};

/// Smaller scales than this each way are left out, as in the metric.
const MIN_SIDE: usize = 8;

/// A picture that others are measured against.
pub(super) struct Original(Vec<Scale>);

/// What is known of the original at a scale.
struct Scale {
    width: usize,
    height: usize,
    blur: Blur,
    /// By channel, where a term asks for it.
    channels: [Option<Channel>; 3],
}

impl Original {
    /// `[y][x][colour]` samples.
    pub(super) fn new(samples: &[u8], (width, height): (usize, usize)) -> Self {
        let mut light = linear(samples);
        let (mut width, mut height) = (width, height);
        let mut scales = Vec::new();
        for scale in 0..=TERMS[TERMS.len() - 1].scale {
            if scale > 0 {
                light = light.map(|plane| halve(&plane, width, height));
                (width, height) = (width / 2, height / 2);
            }
            if width.min(height) < MIN_SIDE {
                break;
            }
            let blur = Blur::new(width, height);
            let [planes, _] = xyb(&light);
            let mut channel = 0..3;
            let channels = planes.map(|plane| {
                let channel = channel.next().expect("three channels");
                let asked = TERMS
                    .iter()
                    .any(|term| (term.scale, term.channel) == (scale, channel));
                asked.then(|| Channel::new(plane, &blur))
            });
            scales.push(Scale {
                width,
                height,
                blur,
                channels,
            });
        }
        Self(scales)
    }

    /// The error of a picture of the same size (some 0.9 at a score of 85, 6 at 50), and its gradient with respect to each sample.
    pub(super) fn error(&self, samples: &[u8]) -> (f64, Vec<f32>) {
        let mut light = vec![linear(samples)];
        for scale in self.0.windows(2) {
            let [from, _] = scale else { unreachable!() };
            let last = light.last().expect("the first one");
            light.push(std::array::from_fn(|color| {
                halve(&last[color], from.width, from.height)
            }));
        }
        let mut error = 0.0;
        let mut below: Option<Planes> = None;
        for (index, scale) in self.0.iter().enumerate().rev() {
            let [planes, roots] = xyb(&light[index]);
            let gradients = std::array::from_fn(|channel| {
                let Some(original) = &scale.channels[channel] else {
                    return vec![0.0; planes[channel].len()];
                };
                let (value, gradient) =
                    original.error(&planes[channel], &scale.blur, (index, channel));
                error += value;
                gradient
            });
            let mut gradient = xyb_back(&roots, &gradients);
            if let Some(coarser) = below {
                for (gradient, coarser) in gradient.iter_mut().zip(&coarser) {
                    halve_back(coarser, scale.width, scale.height, gradient);
                }
            }
            below = Some(gradient);
        }
        match below {
            Some(gradient) => (error, linear_back(samples, &gradient)),
            None => (0.0, vec![0.0; samples.len()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Rng;

    const SIZE: (usize, usize) = (150, 141);

    /// Waves with an edge, and the same with noise.
    fn pictures() -> [Vec<u8>; 2] {
        let rng = &mut Rng(11);
        let original: Vec<u8> = (0..SIZE.0 * SIZE.1 * 3)
            .map(|i| {
                let (x, y, color) = (i / 3 % SIZE.0, i / 3 / SIZE.0, i % 3);
                let wave = ((x * y) as f32 / 90.0).sin() * 40.0;
                let edge = if x + 2 * y > 200 { 60.0 } else { 0.0 };
                (90.0 + wave + edge + color as f32 * 9.0) as u8
            })
            .collect();
        let noise = original
            .iter()
            .map(|&v| (i64::from(v) + rng.range(-12, 12)) as u8);
        [noise.collect(), original]
    }

    #[test]
    fn nothing_is_wrong_with_the_original() {
        let [noisy, original] = pictures();
        let reference = Original::new(&original, SIZE);
        let (none, gradient) = reference.error(&original);
        assert!(none < 0.1, "{none}");
        assert!(gradient.iter().all(|g| g.is_finite()));
        let (error, _) = reference.error(&noisy);
        assert!((1.0..50.0).contains(&error), "{error}");
    }

    /// Along the gradient and along single samples.
    #[test]
    fn gradients_are_those_of_differences() {
        let [noisy, original] = pictures();
        let reference = Original::new(&original, SIZE);
        let (error, gradient) = reference.error(&noisy);
        // A step of one level everywhere against the gradient's sign, on a sixteenth of the samples.
        let mut moved = noisy.clone();
        let mut expected = 0.0;
        for at in (0..noisy.len()).step_by(16) {
            let up = gradient[at] < 0.0;
            moved[at] = if up { noisy[at] + 1 } else { noisy[at] - 1 };
            expected -= f64::from(gradient[at].abs());
        }
        let found = reference.error(&moved).0 - error;
        assert!(found < 0.0, "{found}");
        assert!((found / expected - 1.0).abs() < 0.15, "{found}, {expected}");
        let strongest = (0..noisy.len())
            .max_by(|&a, &b| gradient[a].abs().total_cmp(&gradient[b].abs()))
            .unwrap();
        let at = |by: i16| {
            let mut moved = noisy.clone();
            moved[strongest] = (i16::from(noisy[strongest]) + by) as u8;
            reference.error(&moved).0
        };
        let (found, slope) = ((at(1) - at(-1)) / 2.0, f64::from(gradient[strongest]));
        assert!((found / slope - 1.0).abs() < 0.1, "{found}, {slope}");
    }

    #[test]
    fn small_pictures_have_fewer_scales() {
        for (width, height) in [(1, 1), (7, 40), (8, 8), (33, 17)] {
            let samples = vec![77; width * height * 3];
            let (error, gradient) = Original::new(&samples, (width, height)).error(&samples);
            assert!(error < 0.1 && gradient.len() == samples.len());
        }
    }
}
