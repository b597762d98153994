//! The picture's own filter: the last step of the full rendering (SPEC.md section 11.4), after the adaptive loop filter of VVC (Tsai et al. 2013).
//!
//! It is a convolution like those of the model, with weights from the picture's file, and runs on their kernels.

use super::{Samples, PATCH};
use crate::codec::session::Session;
use crate::container::Filter;
use crate::nn::{layers, Activation, Kernels, Layer, Network, PreparedNetwork, Rect, Tensor};

/// Neighbours' weights are in 128ths.
const SHIFT: u8 = 7;
/// Kernels take an even number of channels: the last one is 0.
const CHANNELS: usize = 4;
/// Values are Q4 pixels − 128 in 16 bits.
const BITS: u8 = 15;

/// See the module.
#[derive(Debug)]
pub(in crate::codec) struct PreparedFilter(PreparedNetwork);

impl PreparedFilter {
    pub(in crate::codec) fn new(filter: &Filter, kernels: Kernels) -> Self {
        let mut weights = Vec::with_capacity(3 * 9 * CHANNELS);
        for (colour, neighbours) in filter.weights.iter().enumerate() {
            // What a neighbour has more than the middle: its weight there, and taken from the middle's own.
            let mut middle = [0i16; 3];
            middle[colour] = 1 << SHIFT;
            for (sum, weight) in neighbours.iter().flat_map(middle_parts) {
                middle[sum] -= weight;
            }
            let neighbours = neighbours.map(|of| of.map(i16::from));
            let (before, after) = neighbours.split_at(neighbours.len() / 2);
            for [red, green, blue] in before.iter().chain([&middle]).chain(after) {
                weights.extend([*red, *green, *blue, 0]);
            }
        }
        let network = Network {
            inputs: CHANNELS as u16,
            input_bits: BITS,
            layers: vec![Layer::Conv(layers::Conv {
                kernel: 3,
                inputs: CHANNELS as u16,
                outputs: 3,
                shift: SHIFT,
                activation: Activation::None,
                clamp_bits: BITS,
                weights,
                bias: vec![0; 3],
            })],
        };
        let checked = network.check("filter");
        let checked = checked.expect("no sum of 27 weights overflows");
        Self(checked.prepare(kernels))
    }

    /// The samples of a part of the picture, which has `extent` pixels (in whole blocks). `patches` gives the patches of pixels − 128, Q4, of a part that is inside.
    pub(super) fn run(
        &self,
        session: &Session,
        part: Rect,
        extent: (usize, usize),
        patches: impl FnOnce(Rect) -> Tensor,
    ) -> Samples {
        // The network sees the picture with a border of one pixel, which repeats those at its edges.
        let bordered = (extent.0 + 2, extent.1 + 2);
        let filtered = session.run(&self.0, moved(part, 1), bordered, |window| {
            let window = moved(window, -1);
            let inside = window.intersection(Rect::of_size(extent.0, extent.1));
            let patches = patches(inside.coarser(PATCH));
            let pixels = pixels(&patches, window, inside);
            session.scratch.keep(patches);
            pixels
        });
        let samples = Samples {
            rect: part,
            data: filtered
                .data
                .iter()
                .map(|&value| super::sample(value))
                .collect(),
        };
        session.scratch.keep(filtered);
        samples
    }
}

/// Each colour, and the weight of a neighbour's.
fn middle_parts(of: &[i8; 3]) -> impl Iterator<Item = (usize, i16)> + '_ {
    of.iter().map(|&weight| i16::from(weight)).enumerate()
}

fn moved(rect: Rect, by: i32) -> Rect {
    Rect {
        x: rect.x + by,
        y: rect.y + by,
        ..rect
    }
}

/// The pixels of `window` with a channel of zeros; outside of `inside`, which the patches cover, the nearest one there is. The window begins at the picture's (1, 1).
fn pixels(patches: &Tensor, window: Rect, inside: Rect) -> Tensor {
    let mut pixels = Tensor::zeros(moved(window, 1), CHANNELS);
    let rows = pixels.data.chunks_exact_mut(window.width * CHANNELS);
    for (y, row) in (window.y..).zip(rows) {
        let y = y.clamp(inside.y, inside.bottom() - 1);
        let (left, right) = (patches.rect.x, patches.rect.right());
        let line = patches.row(y.div_euclid(PATCH as i32), left, right);
        let dy = y.rem_euclid(PATCH as i32) as usize;
        for (x, pixel) in (window.x..).zip(row.as_chunks_mut::<CHANNELS>().0) {
            let x = (x.clamp(inside.x, inside.right() - 1) - left * PATCH as i32) as usize;
            let from = x / PATCH * patches.channels + (dy * PATCH + x % PATCH) * 3;
            pixel[..3].copy_from_slice(&line[from..from + 3]);
        }
    }
    pixels
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
                let part = part.finer(PATCH);
                let samples = prepared.run(&session, part, extent, |rect| {
                    assert!(patches.contains(&rect));
                    picture.window(rect)
                });
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
