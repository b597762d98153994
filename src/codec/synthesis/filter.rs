//! The picture's own filter: the last step of the full rendering (SPEC.md section 11.4), after the adaptive loop filter of VVC (Tsai et al. 2013).

use super::{sample, Samples, PATCH, PATCH_PIXELS};
use crate::codec::session::Session;
use crate::container::{Filter, Weights};
use crate::nn::kernel::{DifferencePair, RowPair, RowsCall, LANES, SUMS};
use crate::nn::{Kernels, Rect, Tensor};

/// Weight of the pixel itself.
const ONE: i16 = 128;
/// Differences are clipped to this, 8 pixel values in Q4.
const CLIP: i16 = 128;

/// See the module.
#[derive(Debug)]
pub(in crate::codec) struct PreparedFilter {
    /// Of the pixels: the middle one has what the differences take from it.
    pixels: Vec<Tap>,
    /// Of the clipped differences between a neighbour and the middle.
    differences: Vec<Tap>,
    kernels: Kernels,
}

/// A colour of one of the 3 × 3 pixels around.
#[derive(Debug, Clone, Copy)]
struct Tap {
    row: usize,
    column: usize,
    colour: usize,
    /// By colour corrected.
    weights: [i16; 3],
}

/// Rows of pixels with one more at each side, `[y][colour][x]`, Q4.
struct Rows {
    values: Vec<i16>,
    /// Of a row of a colour: as many as kernels may read.
    stride: usize,
}

impl PreparedFilter {
    pub(in crate::codec) fn new(filter: &Filter, kernels: Kernels) -> Self {
        let mut pixels = taps(&filter.linear);
        for colour in 0..3 {
            // A neighbour counts by what it has more than the pixel itself.
            let around = pixels.iter().filter(|tap| tap.colour == colour);
            let mut weights = [0; 3];
            weights[colour] = ONE;
            for tap in around {
                for (weight, by) in weights.iter_mut().zip(tap.weights) {
                    *weight -= by;
                }
            }
            pixels.push(Tap {
                row: 1,
                column: 1,
                colour,
                weights,
            });
        }
        Self {
            pixels,
            differences: filter.clipped.as_ref().map_or_else(Vec::new, taps),
            kernels,
        }
    }

    /// The samples of `part`, patches of a picture that has those of `whole`. `patches` gives a window of them, pixels − 128 in Q4.
    pub(super) fn run(
        &self,
        session: &Session,
        part: Rect,
        whole: Rect,
        patches: impl FnOnce(Rect) -> Tensor,
    ) -> Samples {
        let patches = patches(part.expand(1).intersection(whole));
        let rect = part.finer(PATCH);
        let rows = Rows::around(rect, &patches);
        session.scratch.keep(patches);
        // No sum leaves 32 bits: magnitudes of weights add up to at most 128 + 2 · 24 · 128 for pixels, which are below 2^15, and to 24 · 128
        // for clipped differences.
        let pixels = pairs(&self.pixels).map(|taps| rows.pair(taps));
        let pixels: Vec<RowPair> = pixels.collect();
        let differences = pairs(&self.differences).map(|taps| DifferencePair {
            rows: rows.pair(taps),
            subtracted: taps.map(|tap| rows.offset(1, 1, tap.colour)),
        });
        let differences: Vec<DifferencePair> = differences.collect();
        let mut data = vec![0; rect.area() * 3];
        let mut filtered = vec![0; SUMS * rect.width.next_multiple_of(LANES)];
        for (y, line) in data.chunks_exact_mut(rect.width * 3).enumerate() {
            let values = &rows.values[rows.offset(y, 0, 0)..];
            RowsCall::new(values, &pixels, &differences, CLIP, rect.width)
                .run(self.kernels, &mut filtered);
            let colours = filtered.chunks_exact(filtered.len() / SUMS);
            interleave(self.kernels, colours, line);
        }
        Samples { rect, data }
    }
}

/// Those of all neighbours.
fn taps(weights: &Weights) -> Vec<Tap> {
    let places = (0..9).filter(|&place| place != 4).enumerate();
    let taps = places.flat_map(|(n, place)| {
        [0, 1, 2].map(|colour| Tap {
            row: place / 3,
            column: place % 3,
            colour,
            weights: [0, 1, 2].map(|corrected| weights[corrected][n][colour].into()),
        })
    });
    taps.collect()
}

/// Two at a time; where one is left over, it comes twice, and counts once.
fn pairs(taps: &[Tap]) -> impl Iterator<Item = [Tap; 2]> + '_ {
    taps.chunks(2).map(|pair| match *pair {
        [a, b] => [a, b],
        _ => [
            pair[0],
            Tap {
                weights: [0; 3],
                ..pair[0]
            },
        ],
    })
}

/// The samples of a row from its filtered values, colour by colour.
fn interleave<'v>(kernels: Kernels, mut colours: impl Iterator<Item = &'v [i16]>, line: &mut [u8]) {
    let [red, green, blue] = [(); 3].map(|()| colours.next().expect("three colours"));
    let line = line.as_chunks_mut::<3>().0;
    kernels.vectorise(move || {
        for (((to, &red), &green), &blue) in line.iter_mut().zip(red).zip(green).zip(blue) {
            *to = [sample(red), sample(green), sample(blue)];
        }
    });
}

impl Rows {
    /// Those of `rect` and one more at each side of it. Outside of `patches`, a pixel is the nearest one inside.
    fn around(rect: Rect, patches: &Tensor) -> Self {
        let stride = rect.width.next_multiple_of(LANES) + 2;
        let mut values = vec![0; (rect.height + 2) * 3 * stride];
        let inside = patches.rect.finer(PATCH);
        for (y, row) in (rect.y - 1..).zip(values.chunks_exact_mut(3 * stride)) {
            let y = y.clamp(inside.y, inside.bottom() - 1);
            let (patch_y, within) = (y / PATCH as i32, y as usize % PATCH * PATCH * 3);
            let (red, rest) = row.split_at_mut(stride);
            let (green, blue) = rest.split_at_mut(stride);
            let part = rect.coarser(PATCH);
            let line = patches.row(patch_y, part.x, part.right());
            let patch_rows = line.chunks_exact(PATCH_PIXELS * 3);
            let colours = [&mut *red, &mut *green, &mut *blue];
            let [reds, greens, blues] = colours.map(|row| row[1..].as_chunks_mut::<PATCH>().0);
            let patch_rows = patch_rows.zip(reds).zip(greens).zip(blues);
            for (((patch, reds), greens), blues) in patch_rows {
                let pixels = patch[within..].as_chunks::<3>().0;
                for (i, &[red, green, blue]) in pixels[..PATCH].iter().enumerate() {
                    (reds[i], greens[i], blues[i]) = (red, green, blue);
                }
            }
            for (at, x) in [(0, rect.x - 1), (rect.width + 1, rect.right())] {
                let x = x.clamp(inside.x, inside.right() - 1);
                let patch = patches.offset(x / PATCH as i32, patch_y);
                let pixel = &patches.data[patch + within + x as usize % PATCH * 3..];
                (red[at], green[at], blue[at]) = (pixel[0], pixel[1], pixel[2]);
            }
        }
        Self { values, stride }
    }

    /// Of a colour's row from a column on.
    fn offset(&self, row: usize, column: usize, colour: usize) -> usize {
        (row * 3 + colour) * self.stride + column
    }

    fn pair(&self, taps: [Tap; 2]) -> RowPair {
        RowPair {
            offsets: taps.map(|tap| self.offset(tap.row, tap.column, tap.colour)),
            weights: [0, 1, 2].map(|corrected| taps.map(|tap| tap.weights[corrected])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::Meter;
    use crate::testing::{tiny, Rng};
    use crate::work::Cancel;
    use crate::Model;

    /// Colour `c` of a pixel as SPEC.md section 11.4 has it.
    fn specified(
        filter: &Filter,
        at: &impl Fn(i32, i32) -> [i64; 3],
        x: i32,
        y: i32,
        c: usize,
    ) -> u8 {
        let middle = at(x, y);
        let mut sum = 128 * middle[c];
        let around = (0..9).filter(|&n| n != 4).map(|n| (n % 3 - 1, n / 3 - 1));
        for (n, (dx, dy)) in around.enumerate() {
            for (k, (there, here)) in at(x + dx, y + dy).iter().zip(middle).enumerate() {
                sum += i64::from(filter.linear[c][n][k]) * (there - here);
                if let Some(clipped) = &filter.clipped {
                    sum += i64::from(clipped[c][n][k]) * (there - here).clamp(-128, 128);
                }
            }
        }
        let value = ((sum + 64) >> 7).clamp(-32767, 32767);
        (((value + 8) >> 4) + 128).clamp(0, 255) as u8
    }

    #[test]
    fn every_part_is_filtered_as_specified() {
        let model = Model::from_bytes(&tiny(1).to_bytes().unwrap()).unwrap();
        let (cancel, meter) = (Cancel::default(), Meter::default());
        let session = Session::new(model.loaded(), 512, &cancel, &meter);
        let rng = &mut Rng(8);
        let patches = Rect::of_size(5, 3);
        let extent = (patches.width * PATCH, patches.height * PATCH);
        for (limit, length) in [300, 32_767]
            .into_iter()
            .flat_map(|limit| Filter::BYTES.map(|length| (limit, length)))
        {
            let mut picture = Tensor::zeros(patches, 48);
            picture.data.fill_with(|| rng.range(-limit, limit) as i16);
            let mut bytes = vec![0; length];
            bytes.fill_with(|| rng.range(0, 255) as u8);
            let filter = Filter::parse(&bytes).unwrap();
            let sets = Kernels::available();
            assert!(sets.contains(&Kernels::detect().unwrap()));
            let prepared = sets
                .into_iter()
                .map(|set| PreparedFilter::new(&filter, set));
            let prepared: Vec<_> = prepared.collect();
            let at = |x: i32, y: i32| {
                let x = x.clamp(0, extent.0 as i32 - 1) as usize;
                let y = y.clamp(0, extent.1 as i32 - 1) as usize;
                let patch = picture.offset((x / PATCH) as i32, (y / PATCH) as i32);
                let first = patch + (y % PATCH * PATCH + x % PATCH) * 3;
                [0, 1, 2].map(|k| i64::from(picture.data[first + k]))
            };
            for part in [
                patches,
                Rect::of_size(1, 1),
                Rect {
                    x: 2,
                    y: 1,
                    width: 2,
                    height: 1,
                },
            ] {
                let rect = part.finer(PATCH);
                let expected: Vec<u8> = (0..rect.area() * 3)
                    .map(|i| {
                        let (x, y) = ((i / 3 % rect.width) as i32, (i / 3 / rect.width) as i32);
                        specified(&filter, &at, rect.x + x, rect.y + y, i % 3)
                    })
                    .collect();
                for prepared in &prepared {
                    let samples = prepared.run(&session, part, patches, |rect| {
                        assert!(patches.contains(&rect));
                        picture.window(rect)
                    });
                    assert_eq!(samples.rect, rect);
                    let set = prepared.kernels;
                    assert_eq!(
                        samples.data, expected,
                        "{set:?}, {part:?}, {limit}, {length}"
                    );
                }
            }
        }
    }
}
