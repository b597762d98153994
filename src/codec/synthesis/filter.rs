//! The picture's own filter: the last step of the full rendering (SPEC.md section 11.4), after the adaptive loop filter of VVC (Tsai et al. 2013).
//!
//! It runs on the kernels of the networks: a row of a patch, four pixels, is a linear function of the 3 × 6 pixels around it, as in a 1 × 1 convolution.

use super::{Samples, PATCH};
use crate::codec::session::Session;
use crate::container::Filter;
use crate::nn::{layers, Activation, Kernels, Layer, Network, PreparedNetwork, Rect, Tensor};

/// Weights are in 128ths.
const SHIFT: u8 = 7;
/// Values are Q4 pixels − 128 in 16 bits.
const BITS: u8 = 15;
/// Values of a row of a patch, and of the pixels from the one before to the one behind it.
const ROW: usize = PATCH * 3;
const SEEN: usize = (PATCH + 2) * 3;

/// See the module.
#[derive(Debug)]
pub(in crate::codec) struct PreparedFilter(PreparedNetwork);

impl PreparedFilter {
    pub(in crate::codec) fn new(filter: &Filter, kernels: Kernels) -> Self {
        let mut weights = vec![[0; 3 * SEEN]; ROW];
        for (output, weights) in weights.iter_mut().enumerate() {
            let (x, color) = (output / 3, output % 3);
            let middle = SEEN + (x + 1) * 3;
            weights[middle + color] = 1 << SHIFT;
            let places = (0..9).filter(|&place| place != 4);
            for (place, of) in places.zip(&filter.weights[color]) {
                let there = place / 3 * SEEN + (x + place % 3) * 3;
                for (k, &weight) in of.iter().enumerate() {
                    // By what the neighbour has more than the pixel itself.
                    weights[there + k] += i16::from(weight);
                    weights[middle + k] -= i16::from(weight);
                }
            }
        }
        let network = Network {
            inputs: 3 * SEEN as u16,
            input_bits: BITS,
            layers: vec![Layer::Conv(layers::Conv {
                kernel: 1,
                inputs: 3 * SEEN as u16,
                outputs: ROW as u16,
                shift: SHIFT,
                activation: Activation::None,
                clamp_bits: BITS,
                weights: weights.concat(),
                bias: vec![0; ROW],
            })],
        };
        let checked = network.check("filter");
        let checked = checked.expect("no sum of 27 weights overflows");
        Self(checked.prepare(kernels))
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
        // A position is a row of a patch.
        let rows = |rect: Rect| Rect {
            y: rect.y * PATCH as i32,
            height: rect.height * PATCH,
            ..rect
        };
        let picture = (whole.width, rows(whole).height);
        let filtered = session.run(&self.0, rows(part), picture, |wanted| {
            let mut input = session.scratch.blank(wanted, 3 * SEEN);
            write_seen(&patches, part, &mut input.data);
            input
        });
        session.scratch.keep(patches);
        let samples = Samples {
            rect: part.finer(PATCH),
            data: super::samples(self.0.kernels(), &filtered.data),
        };
        session.scratch.keep(filtered);
        samples
    }
}

/// Writes what each row of a patch of `part` depends on: 3 rows of 6 pixels. Outside of `patches`, it is the nearest pixel inside.
fn write_seen(patches: &Tensor, part: Rect, seen: &mut [i16]) {
    let (top, bottom) = (part.y * PATCH as i32, part.bottom() * PATCH as i32);
    let bordered: Vec<Vec<i16>> = (top - 1..=bottom)
        .map(|y| bordered_row(patches, part, y))
        .collect();
    let lines = seen.chunks_exact_mut(part.width * 3 * SEEN);
    for (rows, line) in bordered.windows(3).zip(lines) {
        for (x, seen) in line
            .as_chunks_mut::<{ 3 * SEEN }>()
            .0
            .iter_mut()
            .enumerate()
        {
            for (row, to) in rows.iter().zip(seen.as_chunks_mut::<SEEN>().0) {
                to.copy_from_slice(&row[x * ROW..][..SEEN]);
            }
        }
    }
}

/// The pixels of row `y` between the sides of `part`, and one more at each side.
fn bordered_row(patches: &Tensor, part: Rect, y: i32) -> Vec<i16> {
    let inside = patches.rect;
    let last = inside.bottom() * PATCH as i32 - 1;
    let y = y.clamp(inside.y * PATCH as i32, last) as usize;
    let line = patches.row((y / PATCH) as i32, inside.x, inside.right());
    let pixels = |x: i32| {
        let patch = (x - inside.x) as usize * patches.channels;
        &line[patch + y % PATCH * ROW..][..ROW]
    };
    let first = pixels(part.x);
    let end = pixels(part.right() - 1);
    let (before, after) = (part.x > inside.x, part.right() < inside.right());
    let mut row = Vec::with_capacity(part.width * ROW + 6);
    row.extend_from_slice(if before {
        &pixels(part.x - 1)[ROW - 3..]
    } else {
        &first[..3]
    });
    for x in part.x..part.right() {
        row.extend_from_slice(pixels(x));
    }
    row.extend_from_slice(if after {
        &pixels(part.right())[..3]
    } else {
        &end[ROW - 3..]
    });
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
        for ((dx, dy), weights) in around.zip(&filter.weights[c]) {
            for (k, (there, here)) in at(x + dx, y + dy).iter().zip(middle).enumerate() {
                sum += i64::from(weights[k]) * (there - here);
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
        for limit in [300, 32_767] {
            let mut picture = Tensor::zeros(patches, 48);
            picture.data.fill_with(|| rng.range(-limit, limit) as i16);
            let mut bytes = [0; Filter::BYTES];
            bytes.fill_with(|| rng.range(0, 255) as u8);
            let filter = Filter::parse(&bytes).unwrap();
            let prepared = PreparedFilter::new(&filter, session.rendering.renderer.kernels());
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
                let samples = prepared.run(&session, part, patches, |rect| {
                    assert!(patches.contains(&rect));
                    picture.window(rect)
                });
                let part = part.finer(PATCH);
                assert_eq!(samples.rect, part);
                for (i, &sample) in samples.data.iter().enumerate() {
                    let (x, y) = ((i / 3 % part.width) as i32, (i / 3 / part.width) as i32);
                    let expected = specified(&filter, &at, part.x + x, part.y + y, i % 3);
                    assert_eq!(sample, expected, "{part:?}, {limit}: {i}");
                }
            }
        }
    }
}
