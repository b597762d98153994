//! Rate control: the quality at which a picture's file has a wanted size or PSNR, found by a few trial encodes.

use super::encoder::{Coded, Job};
use crate::limits::least_bytes;
use crate::model::QUALITY_MAX;
use crate::{Encoder, Error, Image, Result};

/// A size that is no more than this below the wanted one will do (natural logarithm: 2 %).
const SIZE_TOLERANCE: f64 = 0.02;
/// A PSNR that is no more than this above the wanted one will do, dB.
const PSNR_TOLERANCE: f64 = 0.05;
/// After so many trials a line through the last two of them is not followed any more: it may be a bend's.
const GUIDED_TRIALS: u32 = 6;
/// Then so many are on the line between the ends of the interval, which are near each other by now. After these it is halved, whatever the measures say.
const ENCLOSED_TRIALS: u32 = 2;

/// A file that was encoded to a wanted size or PSNR.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Encoded {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its quality, 0 to 100.
    pub quality: f32,
    /// Its PSNR in dB over all colour samples, from [`Encoder::encode_to_psnr`] only.
    pub psnr: Option<f64>,
    /// How many times the picture was encoded.
    pub trials: u32,
}

impl Encoder {
    /// Finds the best file of at most `max_bytes` bytes, everything counted. The encoder's own quality does not matter.
    ///
    /// Padding ([`crate::Limits::max_expansion`]) does not count where something better can take its place.
    /// Where the dial reaches that far, at least 98 % of what headers, metadata and alpha leave of `max_bytes` is used
    /// (or all but one step of quality: for a picture of few pixels, this is more). The file of quality 100 may be smaller.
    ///
    /// # Errors
    /// [`Error::Unreachable`] if the file of quality 0 is too large, and those of [`Encoder::encode`].
    pub fn encode_to_size(&self, image: &Image, max_bytes: usize) -> Result<Encoded> {
        let least = least_bytes(image.width(), image.height());
        if max_bytes < least {
            return Err(unreachable_size(max_bytes, least));
        }
        let job = Job::new(self, image);
        let pixels = f64::from(image.width()) * f64::from(image.height());
        let mut smallest = usize::MAX;
        // Photos take about 0.05 bits per pixel at quality 0, and e^3.9 times as much at quality 100.
        let search = Search {
            tolerance: SIZE_TOLERANCE,
            typical: (pixels * 0.05 / 8.0 / max_bytes.max(1) as f64).ln(),
            slope: 3.9 / f64::from(QUALITY_MAX),
        };
        let (found, trials) = search.run(|position| {
            let coded = job.encode(position, false)?;
            smallest = smallest.min(coded.bytes.len());
            let bytes = coded.bytes.len() - coded.padding;
            // In what depends on the quality the logarithm is close to a straight line.
            let fixed = bytes - coded.stream_bytes;
            let logarithm = |bytes: usize| (bytes.saturating_sub(fixed) as f64).max(0.5).ln();
            let excess = logarithm(bytes) - logarithm(max_bytes);
            let excess = if coded.bytes.len() > max_bytes {
                excess.max(1e-9)
            } else {
                excess
            };
            Ok((excess, (position, coded, None)))
        })?;
        found
            .map(|best| finish(best, trials))
            .ok_or_else(|| unreachable_size(max_bytes, smallest))
    }

    /// Finds the smallest file whose picture has a PSNR of at least `db` over all colour samples (8-bit; alpha does not count), and
    /// less than 0.05 dB more where the dial reaches that low (or less than one step of quality brings: for a picture of few pixels,
    /// this is more). The encoder's own quality does not matter.
    ///
    /// # Errors
    /// [`Error::Unreachable`] if the PSNR of quality 100 is too low, [`Error::Parameter`] if `db` is not a finite number, and
    /// those of [`Encoder::encode`].
    pub fn encode_to_psnr(&self, image: &Image, db: f64) -> Result<Encoded> {
        if !db.is_finite() {
            return Err(Error::Parameter(format!(
                "PSNR is {db}, it must be a finite number"
            )));
        }
        let job = Job::new(self, image);
        let mut best = f64::NEG_INFINITY;
        // Photos have about 39 dB at quality 100, and 16 dB less at quality 0.
        let search = Search {
            tolerance: PSNR_TOLERANCE,
            typical: db - 39.0,
            slope: 16.0 / f64::from(QUALITY_MAX),
        };
        let (found, trials) = search.run(|position| {
            let quality = QUALITY_MAX - position;
            let coded = job.encode(quality, true)?;
            let psnr = psnr(image.samples(), &job.decode(&coded)?);
            best = best.max(psnr);
            Ok((db - psnr, (quality, coded, Some(psnr))))
        })?;
        found
            .map(|best| finish(best, trials))
            .ok_or(Error::Unreachable {
                what: "PSNR",
                wanted: db,
                reachable: (best * 100.0).floor() / 100.0,
                unit: "dB",
            })
    }
}

fn unreachable_size(wanted: usize, reachable: usize) -> Error {
    Error::Unreachable {
        what: "file size",
        wanted: wanted as f64,
        reachable: reachable as f64,
        unit: "bytes",
    }
}

fn finish((quality, coded, psnr): (u16, Coded, Option<f64>), trials: u32) -> Encoded {
    Encoded {
        bytes: coded.bytes,
        quality: f32::from(quality) * 100.0 / f32::from(QUALITY_MAX),
        psnr,
        trials,
    }
}

/// In dB. For two equal pictures, as if one sample were wrong by one.
fn psnr(a: &[u8], b: &[u8]) -> f64 {
    let squares: u64 = a
        .iter()
        .zip(b)
        .map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2))
        .sum();
    10.0 * (255.0 * 255.0 * a.len() as f64 / squares.max(1) as f64).log10()
}

/// Looks for the last of the positions 0..=[`QUALITY_MAX`] whose excess is not above zero. The excess grows with the position,
/// nearly along a straight line.
struct Search {
    /// An excess of −tolerance..=0 will do.
    tolerance: f64,
    /// What to expect at position 0, before anything is known.
    typical: f64,
    /// What to expect of the growth per position.
    slope: f64,
}

impl Search {
    /// `trial` gives the excess at a position, and something to keep. The outcome is what was kept of the best trial, `None` if
    /// even position 0 has an excess above zero; and the number of trials.
    fn run<T>(&self, mut trial: impl FnMut(u16) -> Result<(f64, T)>) -> Result<(Option<T>, u32)> {
        // Not above zero at `low`, above zero at `high`.
        let (mut low, mut high) = (-1, i32::from(QUALITY_MAX) + 1);
        let (mut at_low, mut at_high) = (None, None);
        let (mut last, mut slope) = ((0i32, self.typical), self.slope);
        let (mut best, mut trials) = (None, 0);
        loop {
            let aim = -self.tolerance / 2.0;
            let guess = match (at_low, at_high) {
                _ if trials < GUIDED_TRIALS => {
                    let steps = (aim - last.1) / slope;
                    last.0.saturating_add(steps.round() as i32)
                }
                (Some(below), Some(above)) if trials < GUIDED_TRIALS + ENCLOSED_TRIALS => {
                    let part: f64 = (aim - below) / (above - below);
                    low + (f64::from(high - low) * part).round() as i32
                }
                _ => (low + high) / 2,
            };
            let position = guess.clamp(low + 1, high - 1);
            let (excess, kept) = trial(position as u16)?;
            trials += 1;
            if excess <= 0.0 {
                (low, at_low, best) = (position, Some(excess), Some(kept));
            } else {
                (high, at_high) = (position, Some(excess));
            }
            if high - low <= 1 || (-self.tolerance..=0.0).contains(&excess) {
                return Ok((best, trials));
            }
            if trials > 1 {
                let secant = (excess - last.1) / f64::from(position - last.0);
                slope = secant.clamp(self.slope / 4.0, self.slope * 4.0);
            }
            last = (position, excess);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(typical: f64) -> Search {
        Search {
            tolerance: 0.02,
            typical,
            slope: 0.003,
        }
    }

    #[test]
    fn straight_lines_take_three_trials() {
        for zero in (0..1024).step_by(7) {
            for slope in [0.002, 0.003, 0.0045] {
                let line = |position: u16| (f64::from(position) - f64::from(zero) - 0.5) * slope;
                let run = search(-1.0).run(|p| Ok((line(p), p))).unwrap();
                let excess = line(run.0.unwrap());
                assert!((-0.02..=0.0).contains(&excess), "zero at {zero}: {excess}");
                assert!(run.1 <= 3, "zero at {zero}: {} trials", run.1);
            }
        }
    }

    #[test]
    fn stairs_and_bends_end_at_the_last_position_that_fits() {
        // No position of these is within the tolerance.
        let stairs = |p: u16| f64::from(p / 100) - 4.5;
        let cliff = |p: u16| if p < 700 { -3.0 } else { 40.0 };
        let bend = |p: u16| (f64::from(p) - 333.5).powi(3);
        let shapes: [(&dyn Fn(u16) -> f64, u16); 3] = [(&stairs, 499), (&cliff, 699), (&bend, 333)];
        for (shape, expected) in shapes {
            let (found, trials) = search(-1.0).run(|p| Ok((shape(p), p))).unwrap();
            assert_eq!(found, Some(expected));
            assert!(trials <= GUIDED_TRIALS + 11, "{trials} trials");
        }
    }

    #[test]
    fn ends_of_the_dial() {
        let flat = |excess: f64, typical: f64| {
            let mut seen = Vec::new();
            let run = search(typical).run(|p| {
                seen.push(p);
                Ok((excess, p))
            });
            (run.unwrap().0, seen)
        };
        for typical in [-90.0, -1.0, 90.0, f64::INFINITY] {
            assert_eq!(flat(-5.0, typical).0, Some(QUALITY_MAX));
            let (found, seen) = flat(5.0, typical);
            assert_eq!(found, None);
            assert_eq!(seen.last(), Some(&0), "gave up before quality 0");
        }
        let failed: Result<(Option<()>, u32)> =
            search(0.0).run(|_| Err(Error::Parameter("x".into())));
        assert!(failed.is_err());
    }
}
