//! What is wrong with a decoded picture, and which way each sample should go.

mod blur;
mod channel;
mod halve;
mod ssimulacra2;
mod terms;
mod xyb;

use ssimulacra2::Original;

/// How much of the distortion is SSIMULACRA2's error; the rest is the squared error. What the default model was trained for.
const SHARE: f32 = 0.5;
/// What SSIMULACRA2's error is worth as a mean squared error: the ratio of the two on photos, for scores of 50 to 85.
pub const SSIMULACRA2_UNIT: f32 = 10.0;

/// SSIMULACRA2's error of `found` against `wanted`, `[y][x][colour]` samples of pictures of `size` (width and height), and its gradient with respect to each sample
/// of the former.
#[must_use]
pub fn ssimulacra2_error(wanted: &[u8], found: &[u8], size: (usize, usize)) -> (f64, Vec<f32>) {
    Original::new(wanted, size).error(found)
}

/// A picture that decoded ones are measured against.
pub(super) struct Distortion {
    samples: Vec<u8>,
    original: Original,
    /// Share of SSIMULACRA2's error.
    share: f32,
}

impl Distortion {
    /// `[y][x][colour]` samples of a picture of `size`; `squares`: nothing but the squared error counts.
    pub(super) fn new(samples: Vec<u8>, size: (usize, usize), squares: bool) -> Self {
        Self {
            original: Original::new(&samples, size),
            samples,
            share: if squares { 0.0 } else { SHARE },
        }
    }

    /// The distortion of other samples, as a sum of squared errors, and its derivative with respect to each of them.
    pub(super) fn measure(&self, samples: &[u8]) -> (f64, Vec<f32>) {
        let (error, mut gradient) = self.original.error(samples);
        let share = self.share;
        let worth = share * SSIMULACRA2_UNIT * samples.len() as f32;
        let mut squares = 0.0;
        let pairs = samples.iter().zip(&self.samples);
        for (gradient, (&found, &wanted)) in gradient.iter_mut().zip(pairs) {
            let difference = f32::from(found) - f32::from(wanted);
            squares += f64::from(difference * difference);
            *gradient = *gradient * worth + 2.0 * (1.0 - share) * difference;
        }
        let distortion = f64::from(1.0 - share) * squares + f64::from(worth) * error;
        (distortion, gradient)
    }
}
