//! The encoder's choice of a picture's filter: the weights of least squared error.
//!
//! Sums are of integers, and what follows adds, multiplies and divides in a fixed order: files are the same on every machine, with any number of threads.

use std::sync::Mutex;

use super::geometry::{Geometry, Tile};
use super::parallel::locked;
use super::session::Session;
use super::synthesis::{Full, Samples};
use crate::container::{Filter, OVERHEAD};
use crate::image::Image;
use crate::nn::{Kernels, Rect, Tensor};
use crate::{Color, Result, Tune};

/// One row of pixels in so many is looked at; each row of a patch in its turn.
const ROWS: usize = 3;
/// So many of these are multiplied at once: short sums are mostly overhead.
const ROWS_AT_ONCE: usize = 4;
/// What a neighbour has more of a colour than the middle: as many numbers as a colour has weights.
const DIFFERENCES: usize = Filter::NEIGHBOURS * 3;
/// The same once more, clipped.
const ALL: usize = 2 * DIFFERENCES;
/// Pixel values that differences are clipped to.
const CLIP: i16 = 8;
/// The share of the squared error that has to go for each share of the file's bytes that the filter takes. A percent of the bits is worth 0.05 dB,
/// which are 1.17 percent of the error; half as much again, so that there is no filter where it hardly matters.
const WORTH: f64 = 1.75;
/// What is added to the squares, as a share of their mean.
const RIDGE: f64 = 2e-3;

/// What is known of a picture's decoded pixels, and of what they should be.
#[derive(Default)]
pub(crate) struct Fit(Mutex<Sums>);

/// Of pairs of numbers over all pixels looked at.
#[derive(Clone)]
struct Sums {
    /// Of two differences; those with the first index at most the second.
    squares: [[i64; ALL]; ALL],
    /// Of a difference and each colour's error.
    errors: [[i64; 3]; ALL],
    /// Of each colour's error, squared.
    total: [i64; 3],
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            squares: [[0; ALL]; ALL],
            errors: [[0; 3]; ALL],
            total: [0; 3],
        }
    }
}

impl Fit {
    /// Looks at what a tile's latents `y` (Q3, the tile's window) are enough to render: all but the edges where other tiles follow.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`].
    pub(crate) fn add_tile(
        &self,
        session: &Session,
        geometry: &Geometry,
        image: &Image,
        tile: &Tile,
        y: &Tensor,
    ) -> Result<()> {
        let full = Full::new(session, geometry);
        let whole = Rect::of_size(full.latents.0, full.latents.1);
        let area = tile.latents;
        let reach = area.x - full.input_window(area).x;
        // From a side that is the picture's own nothing is missing.
        let inner = |at: i32, edge: i32, inwards: i32| if at == edge { at } else { at + inwards };
        let left = inner(area.x, whole.x, reach);
        let top = inner(area.y, whole.y, reach);
        let known = Rect {
            x: left,
            y: top,
            width: (inner(area.right(), whole.right(), -reach) - left).max(0) as usize,
            height: (inner(area.bottom(), whole.bottom(), -reach) - top).max(0) as usize,
        };
        // What is not looked at is done with.
        session.meter.add(area.area() - known.area());
        if known.area() == 0 {
            return Ok(());
        }
        full.run(y, known, &|samples| {
            let sums = Sums::of(samples, image, session.kernels());
            locked(&self.0, |all| all.add(&sums));
        })
    }

    /// The filter for a file that has `bytes` without it, if it is worth its own. For eyes, clipped differences get half of the weights of least squared error:
    /// the other half is a quarter of what they gain, and costs as much by SSIMULACRA2.
    pub(crate) fn filter(self, bytes: usize, tune: Tune) -> Option<Filter> {
        let sums = self.0.into_inner().expect("encoding does not panic");
        let linear = [0, 1, 2].map(|colour| sums.solve(colour, DIFFERENCES));
        let both = [0, 1, 2].map(|colour| sums.solve(colour, ALL));
        let chosen = match tune {
            Tune::Eye => [0, 1, 2].map(|c| mean(&linear[c], &both[c])),
            Tune::Psnr => both,
        };
        // What is left of the error, for the bytes it takes: no filter, and each of the two.
        let before: f64 = sums.total.iter().map(|&total| total as f64).sum();
        let mut best = (0.0, None);
        for (weights, length) in [linear, chosen].iter().zip(Filter::BYTES) {
            let weights = weights.map(|of| of.map(|w| (w * 128.0).round().clamp(-128.0, 127.0)));
            let gain: f64 = (0..3).map(|c| sums.gain(c, &weights[c])).sum();
            let worth = gain * bytes as f64 - WORTH * (length + OVERHEAD) as f64 * before;
            if worth > best.0 {
                best = (worth, Some((weights, length)));
            }
        }
        let (weights, length) = best.1?;
        // In the order of the payload: all that is not clipped comes first.
        let halves = [0..DIFFERENCES, DIFFERENCES..ALL].into_iter();
        let payload = halves.flat_map(|half| weights.iter().flat_map(move |of| &of[half.clone()]));
        let payload: Vec<u8> = payload.map(|&weight| weight as i8 as u8).collect();
        Filter::parse(&payload[..length])
    }
}

impl Sums {
    /// Of a part's pixels that have all neighbours in it and are inside the picture.
    fn of(samples: &Samples, image: &Image, kernels: Kernels) -> Self {
        let (rect, width) = (samples.rect, samples.rect.width);
        let inside = rect.expand(-1).intersection(Rect::of_size(
            image.width() as usize,
            image.height() as usize,
        ));
        let mut sums = Self::default();
        let mut differences = vec![Vec::new(); ALL];
        let mut errors = vec![Vec::new(); 3];
        let rows: Vec<i32> = (inside.y..inside.bottom()).step_by(ROWS).collect();
        for rows in rows.chunks(ROWS_AT_ONCE) {
            differences
                .iter_mut()
                .chain(&mut errors)
                .for_each(Vec::clear);
            let (linear, clipped) = differences.split_at_mut(DIFFERENCES);
            for &y in rows {
                let first = (y - rect.y) as usize * width + (inside.x - rect.x) as usize;
                let row = |pixel: usize, colour: usize| {
                    let samples = samples.data[pixel * 3 + colour..].iter().step_by(3);
                    samples.map(|&v| i16::from(v)).take(inside.width)
                };
                let neighbours = (0..9).filter(|&n| n != 4);
                for (n, neighbour) in neighbours.enumerate() {
                    let at = first + neighbour / 3 * width + neighbour % 3 - width - 1;
                    for colour in 0..3 {
                        let pairs = row(at, colour).zip(row(first, colour));
                        linear[n * 3 + colour].extend(pairs.map(|(there, here)| there - here));
                    }
                }
                for (colour, errors) in errors.iter_mut().enumerate() {
                    let pairs = originals(image, inside, y, colour).zip(row(first, colour));
                    errors.extend(pairs.map(|(wanted, found)| i16::from(wanted) - found));
                }
            }
            for (to, from) in clipped.iter_mut().zip(linear) {
                to.extend(
                    from.iter()
                        .map(|difference| (*difference).clamp(-CLIP, CLIP)),
                );
            }
            sums.add_rows(kernels, &differences, &errors);
        }
        sums
    }

    /// Adds the products of some rows' differences and errors.
    fn add_rows(&mut self, kernels: Kernels, differences: &[Vec<i16>], errors: &[Vec<i16>]) {
        for (i, one) in differences.iter().enumerate() {
            let (from_here, squares) = (&differences[i..], &mut self.squares[i][i..]);
            kernels.vectorise(move || add_dots(one, from_here, squares));
            let to = &mut self.errors[i][..];
            kernels.vectorise(move || add_dots(one, errors, to));
        }
        for (total, errors) in self.total.iter_mut().zip(errors) {
            *total += dot(errors, errors);
        }
    }

    fn add(&mut self, other: &Self) {
        let add = |to: &mut [i64], from: &[i64]| {
            for (to, from) in to.iter_mut().zip(from) {
                *to += from;
            }
        };
        add(
            self.squares.as_flattened_mut(),
            other.squares.as_flattened(),
        );
        add(self.errors.as_flattened_mut(), other.errors.as_flattened());
        add(&mut self.total, &other.total);
    }

    /// By how much the squared error of a colour is less with these weights, in 128ths.
    fn gain(&self, colour: usize, weights: &[f64; ALL]) -> f64 {
        let mut gain = 0.0;
        for (i, a) in weights.iter().enumerate() {
            gain += 2.0 * a / 128.0 * self.errors[i][colour] as f64;
            for (j, b) in weights.iter().enumerate() {
                gain -= a * b / 16384.0 * self.squares[i.min(j)][i.max(j)] as f64;
            }
        }
        gain
    }

    /// Weights of least squared error of the first `count` differences, the others being 0: `squares`·x = `errors` by Cholesky's decomposition, with a
    /// little on the diagonal for what pictures leave open.
    fn solve(&self, colour: usize, count: usize) -> [f64; ALL] {
        let squares = |i: usize, j: usize| self.squares[i.min(j)][i.max(j)] as f64;
        let ridge = |i: usize| {
            let kind = i / DIFFERENCES * DIFFERENCES;
            let trace: f64 = (kind..kind + DIFFERENCES).map(|i| squares(i, i)).sum();
            RIDGE * trace / DIFFERENCES as f64 + 1.0
        };
        let mut factor = [[0.0f64; ALL]; ALL];
        for i in 0..count {
            let ridge = ridge(i);
            for j in 0..=i {
                let products = factor[i][..j].iter().zip(&factor[j]).map(|(a, b)| a * b);
                let sum = squares(i, j) - products.sum::<f64>();
                factor[i][j] = if i == j {
                    (sum + ridge).max(ridge).sqrt()
                } else {
                    sum / factor[j][j]
                };
            }
        }
        let mut x = [0.0; ALL];
        for i in 0..count {
            let known: f64 = (0..i).map(|k| factor[i][k] * x[k]).sum();
            x[i] = (self.errors[i][colour] as f64 - known) / factor[i][i];
        }
        for i in (0..count).rev() {
            let known: f64 = (i + 1..count).map(|k| factor[k][i] * x[k]).sum();
            x[i] = (x[i] - known) / factor[i][i];
        }
        x
    }
}

/// Half of what clipped differences could do: that is three quarters of what they take from the squared error, and none of what they cost by
/// SSIMULACRA2, which minds that texture gets smoother (docs/notes/generation-2.md).
fn mean(linear: &[f64; ALL], both: &[f64; ALL]) -> [f64; ALL] {
    std::array::from_fn(|i| (linear[i] + both[i]) / 2.0)
}

/// A row of the original, between the sides of `inside`.
fn originals(image: &Image, inside: Rect, y: i32, colour: usize) -> impl Iterator<Item = u8> + '_ {
    let channels = image.color().channels();
    let offset = match image.color() {
        Color::Gray => 0,
        Color::Rgb => colour,
    };
    let first = y as usize * image.width() as usize + inside.x as usize;
    image.samples()[first * channels + offset..]
        .iter()
        .step_by(channels)
        .copied()
        .take(inside.width)
}

/// Adds the products of `one` with each of `others` to `to`.
#[inline]
fn add_dots(one: &[i16], others: &[Vec<i16>], to: &mut [i64]) {
    for (to, other) in to.iter_mut().zip(others) {
        *to += dot(one, other);
    }
}

/// At most 65,025 · 4 · 128: no row is longer than a part.
#[inline]
fn dot(a: &[i16], b: &[i16]) -> i64 {
    let products = a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b));
    products.sum::<i32>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::Weights;
    use crate::testing::Rng;

    /// A picture whose red is wrong by a quarter of what green is more to the right, as far as `clip` lets it through.
    fn sums(clip: f64) -> Sums {
        let rng = &mut Rng(5);
        let (width, height) = (40, 90);
        let decoded: Vec<u8> = (0..width * height * 3)
            .map(|_| rng.range(110, 140) as u8)
            .collect();
        let mut original = decoded.clone();
        for y in 0..height {
            for x in 1..width - 1 {
                let green = |x: usize| f64::from(decoded[(y * width + x) * 3 + 1]);
                let more = (green(x + 1) - green(x)).clamp(-clip, clip);
                let at = (y * width + x) * 3;
                original[at] = (f64::from(decoded[at]) + more / 4.0).round() as u8;
            }
        }
        let image = Image::new(width as u32, height as u32, Color::Rgb, original).unwrap();
        let samples = Samples {
            rect: Rect::of_size(width, height),
            data: decoded,
        };
        let sums = |kernels| Sums::of(&samples, &image, kernels);
        let scalar = sums(Kernels::SCALAR);
        for kernels in Kernels::available() {
            let same = sums(kernels);
            assert_eq!(same.squares, scalar.squares, "{kernels:?}");
            assert_eq!(same.errors, scalar.errors, "{kernels:?}");
        }
        scalar
    }

    fn fit(sums: &Sums, bytes: usize) -> Option<Filter> {
        Fit(Mutex::new(sums.clone())).filter(bytes, Tune::Eye)
    }

    #[test]
    fn weights_are_those_that_were_used() {
        let sums = sums(255.0);
        let filter = fit(&sums, 20_000).unwrap();
        // Row by row without the middle: the fifth is the one to the right.
        let mut expected = [[[0; 3]; 8]; 3];
        expected[0][4][1] = 32;
        assert_eq!(filter.linear, expected);
        assert_eq!(filter.clipped, None);
        // Of two halves the sums are those of the whole.
        let mut twice = sums.clone();
        twice.add(&sums);
        assert_eq!(fit(&twice, 20_000), Some(filter));
        // It does not pay in a file of a few bytes, and there is none where nothing is wrong.
        assert_eq!(fit(&sums, 90), None);
        assert_eq!(fit(&Sums::default(), 20_000), None);
    }

    #[test]
    fn half_of_what_is_due_to_small_differences_is_mended_as_such() {
        let sums = sums(f64::from(CLIP));
        let filter = fit(&sums, 20_000).unwrap();
        let weight = |of: Weights| i32::from(of[0][4][1]);
        assert!(
            (weight(filter.clipped.unwrap()) - 16).abs() <= 1,
            "{filter:?}"
        );
        // The other half is what a linear filter makes of it.
        assert!((2..16).contains(&weight(filter.linear)), "{filter:?}");
        // In a small file, half the bytes are better spent.
        let bytes = (300..3_000).step_by(20);
        let lengths = bytes.filter_map(|bytes| Some(fit(&sums, bytes)?.to_bytes().len()));
        let lengths: Vec<usize> = lengths.collect();
        assert!(lengths.is_sorted(), "{lengths:?}");
        assert!(lengths.starts_with(&[72]) && lengths.ends_with(&[144]));
    }
}
