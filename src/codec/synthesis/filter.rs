//! The picture's own filter: the last step of the full rendering (SPEC.md section 11.4), after the adaptive loop filter of VVC (Tsai et al. 2013).

use super::{sample, Samples, PATCH};
use crate::codec::session::Session;
use crate::container::{Filter, Weights};
use crate::nn::{Kernels, Rect, Tensor};

/// Weights are in 128ths.
const SHIFT: u32 = 7;
/// Differences are clipped to this, 8 pixel values in Q4.
const CLIP: i16 = 128;

/// One of the 3 × 3 pixels around.
#[derive(Debug)]
struct Tap {
    row: usize,
    column: usize,
    /// `[colour corrected][colour]`
    weights: [[i16; 3]; 3],
}

/// See the module.
#[derive(Debug)]
pub(in crate::codec) struct PreparedFilter {
    /// Of the pixels: the middle one has what the differences take from it.
    pixels: Vec<Tap>,
    /// Of the clipped differences between a neighbour and the middle.
    differences: Vec<Tap>,
    kernels: Kernels,
}

/// A row of pixels, `[colour][x]`, Q4.
type Row = [Vec<i16>; 3];

impl PreparedFilter {
    pub(in crate::codec) fn new(filter: &Filter, kernels: Kernels) -> Self {
        let mut pixels = taps(&filter.linear);
        let mut middle = [[1 << SHIFT, 0, 0], [0, 1 << SHIFT, 0], [0, 0, 1 << SHIFT]];
        for tap in &pixels {
            // By what the neighbour has more than the pixel itself.
            let weights = tap.weights.as_flattened();
            for (middle, weight) in middle.as_flattened_mut().iter_mut().zip(weights) {
                *middle -= weight;
            }
        }
        pixels.push(Tap {
            row: 1,
            column: 1,
            weights: middle,
        });
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
        let before = (part.x - patches.rect.x) as usize * PATCH;
        let rows: Vec<Row> = (rect.y - 1..=rect.bottom())
            .map(|y| bordered_row(&patches, y))
            .collect();
        session.scratch.keep(patches);
        let mut data = vec![0; rect.area() * 3];
        let mut row = FilteredRow::new(rect.width);
        for (rows, line) in rows.windows(3).zip(data.chunks_exact_mut(rect.width * 3)) {
            // The bordered row begins with the pixel before the first one of `patches`.
            let values = |row: usize, column: usize| {
                let colours = rows[row].each_ref();
                colours.map(|colour| &colour[before + column..][..rect.width])
            };
            row.filter(self, values, line);
        }
        Samples { rect, data }
    }
}

/// What a row of pixels is filtered in, by loops that are small enough to be compiled for the CPU's vectors.
struct FilteredRow {
    /// `[colour][x]`, Q11.
    sums: [Vec<i32>; 3],
    /// From one neighbour, `[colour][x]`, Q4.
    differences: Row,
}

impl FilteredRow {
    fn new(width: usize) -> Self {
        Self {
            sums: [(); 3].map(|()| vec![0; width]),
            differences: [(); 3].map(|()| vec![0; width]),
        }
    }

    /// The samples of a row. `values` gives the pixels that are at a row and column of the 3 × 3 around each.
    fn filter<'v>(
        &mut self,
        filter: &PreparedFilter,
        values: impl Fn(usize, usize) -> [&'v [i16]; 3],
        line: &mut [u8],
    ) {
        let Self { sums, differences } = self;
        let kernels = filter.kernels;
        sums.iter_mut().for_each(|sums| sums.fill(0));
        for tap in &filter.pixels {
            add(kernels, sums, values(tap.row, tap.column), &tap.weights);
        }
        let here = values(1, 1);
        for tap in &filter.differences {
            let pairs = values(tap.row, tap.column).into_iter().zip(here);
            for (to, (there, here)) in differences.iter_mut().zip(pairs) {
                let to = &mut to[..];
                kernels.vectorise(move || clip(there, here, to));
            }
            let clipped = differences.each_ref().map(|colour| &colour[..]);
            add(kernels, sums, clipped, &tap.weights);
        }
        for (colour, sums) in sums.iter().enumerate() {
            for (to, &sum) in line.as_chunks_mut::<3>().0.iter_mut().zip(sums) {
                to[colour] = sample(value(sum));
            }
        }
    }
}

/// Those of all neighbours.
fn taps(weights: &Weights) -> Vec<Tap> {
    let places = (0..9).filter(|&place| place != 4);
    let taps = places.enumerate().map(|(n, place)| Tap {
        row: place / 3,
        column: place % 3,
        weights: [0, 1, 2].map(|corrected| weights[corrected][n].map(i16::from)),
    });
    taps.collect()
}

/// Adds three colours to the sums of each. No sum leaves 32 bits: magnitudes of weights add up to at most 128 + 2 · 24 · 128 for pixels, which are
/// below 2^15, and to 24 · 128 for clipped differences.
fn add(
    kernels: Kernels,
    sums: &mut [Vec<i32>; 3],
    [red, green, blue]: [&[i16]; 3],
    weights: &[[i16; 3]; 3],
) {
    for (sums, weights) in sums.iter_mut().zip(weights) {
        let (sums, [r, g, b]) = (&mut sums[..], weights.map(i32::from));
        kernels.vectorise(move || {
            let values = red.iter().zip(green).zip(blue);
            for (sum, ((&red, &green), &blue)) in sums.iter_mut().zip(values) {
                *sum += i32::from(red) * r + i32::from(green) * g + i32::from(blue) * b;
            }
        });
    }
}

#[inline]
fn clip(there: &[i16], here: &[i16], to: &mut [i16]) {
    for (to, (there, here)) in to.iter_mut().zip(there.iter().zip(here)) {
        *to = there.saturating_sub(*here).clamp(-CLIP, CLIP);
    }
}

/// A filtered value, Q4, from its sum.
#[inline]
fn value(sum: i32) -> i16 {
    const LIMIT: i32 = i16::MAX as i32;
    ((sum + (1 << (SHIFT - 1))) >> SHIFT).clamp(-LIMIT, LIMIT) as i16
}

/// Row `y` of the pixels of `patches`, and one more at each side. Outside of `patches`, it is the nearest pixel inside.
fn bordered_row(patches: &Tensor, y: i32) -> Row {
    let inside = patches.rect.finer(PATCH);
    let y = y.clamp(inside.y, inside.bottom() - 1);
    let (line, row) = (
        y.div_euclid(PATCH as i32),
        y.rem_euclid(PATCH as i32) as usize,
    );
    let line = patches.row(line, patches.rect.x, patches.rect.right());
    let pixels = line.chunks_exact(patches.channels);
    let pixels = pixels.flat_map(|patch| &patch[row * PATCH * 3..].as_chunks::<3>().0[..PATCH]);
    let mut row = [(); 3].map(|()| vec![0; inside.width + 2]);
    for (x, pixel) in pixels.enumerate() {
        for (colour, value) in row.iter_mut().zip(pixel) {
            colour[x + 1] = *value;
        }
    }
    for colour in &mut row {
        colour[0] = colour[1];
        colour[inside.width + 1] = colour[inside.width];
    }
    row
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
