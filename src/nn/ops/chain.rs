//! Operations that are run together, strip by strip, so that the tensors between them, the largest ones of a network as a rule, are never there as a
//! whole: a convolution, others after it that see no neighbours, and a shuffle that may follow them.

use std::sync::Arc;

use rayon::prelude::*;

use super::convolution::{bases, Convolution};
use super::layers::Shuffle;
use super::{PackedOperation, Pass};
use crate::nn::{Rect, Tensor};

/// Values of the widest tensor of a strip, about: they stay in the second-level cache.
const STRIP: usize = 96 * 1024;

/// See the module.
pub(in crate::nn) struct Chain<'o> {
    first: &'o dyn Convolution,
    rest: Vec<&'o dyn Convolution>,
    shuffle: Option<Shuffle>,
}

impl<'o> Chain<'o> {
    /// What can be run together of the first of `operations`, if it is more than one of them.
    pub(in crate::nn) fn of(operations: &'o [Arc<dyn PackedOperation>]) -> Option<Self> {
        let (first, after) = operations.split_first()?;
        let at_once = |operation: &'o Arc<dyn PackedOperation>| {
            operation.convolution().filter(|next| next.reach() == 0)
        };
        let rest: Vec<_> = after.iter().map_while(at_once).collect();
        let shuffle = after.get(rest.len()).and_then(|next| next.shuffle());
        let chain = Self {
            first: first.convolution()?,
            rest,
            shuffle,
        };
        (chain.operations() > 1).then_some(chain)
    }

    /// How many there are.
    pub(in crate::nn) fn operations(&self) -> usize {
        self.convolutions() + usize::from(self.shuffle.is_some())
    }

    /// How many of them are convolutions.
    pub(in crate::nn) fn convolutions(&self) -> usize {
        1 + self.rest.len()
    }

    /// Runs them; `between` is the window of the last convolution's output, `window` that of all.
    pub(in crate::nn) fn run(&self, pass: &mut Pass, between: Rect, window: Rect) {
        let (between, reach) = (pass.inside(between), self.first.reach());
        pass.cover(between.expand(reach));
        let convolutions = || std::iter::once(self.first).chain(self.rest.iter().copied());
        let outputs = convolutions().last().map_or(0, Convolution::outputs);
        let widest = convolutions().map(Convolution::outputs).max().unwrap_or(1);
        let r = self.shuffle.map_or(1, |shuffle| usize::from(shuffle.0));
        pass.picture = (pass.picture.0 * r, pass.picture.1 * r);
        let window = pass.inside(window);
        let mut output = pass.blank(window, outputs / (r * r));
        let row = window.width * output.channels;
        let height = (STRIP / widest).div_ceil(between.width.max(1));
        let mut left = &mut output.data[..];
        let mut strips = Vec::new();
        for y in (between.y..between.bottom()).step_by(height) {
            let strip = Rect {
                y,
                height: height.min((between.bottom() - y) as usize),
                ..between
            };
            let part = strip.finer(r).intersection(window);
            let data;
            (data, left) = left.split_at_mut(part.height * row);
            strips.push((strip, part, data));
        }
        let input = pass.tensor();
        let each = |(strip, part, data): (Rect, Rect, &mut [i16])| match self.shuffle {
            None => self.convolve(pass, input, strip, data),
            Some(shuffle) => {
                let mut tensor = pass.scratch().blank(strip, outputs);
                self.convolve(pass, input, strip, &mut tensor.data);
                shuffle.spread(&tensor, part, data);
                pass.scratch().keep(tensor);
            }
        };
        strips.into_par_iter().for_each(each);
        pass.replace(output);
    }

    /// What the convolutions make of `input` in a strip.
    fn convolve(&self, pass: &Pass, input: &Tensor, strip: Rect, output: &mut [i16]) {
        let mut between: Option<Tensor> = None;
        let mut convolution = self.first;
        for &next in &self.rest {
            let mut tensor = pass.scratch().blank(strip, convolution.outputs());
            let from = between.as_ref().unwrap_or(input);
            one(convolution, pass, from, strip, &mut tensor.data);
            if let Some(done) = between.replace(tensor) {
                pass.scratch().keep(done);
            }
            convolution = next;
        }
        let from = between.as_ref().unwrap_or(input);
        one(convolution, pass, from, strip, output);
        if let Some(done) = between {
            pass.scratch().keep(done);
        }
    }
}

/// Runs one of them in a strip.
fn one(
    convolution: &dyn Convolution,
    pass: &Pass,
    input: &Tensor,
    strip: Rect,
    output: &mut [i16],
) {
    let bases = bases(input, strip, convolution.reach());
    convolution.convolve(pass.kernels, input, &bases, pass.quality, output);
}

#[cfg(test)]
mod tests {
    use super::super::layers::Shuffle;
    use crate::nn::tests::prepare;
    use crate::nn::{Activation, Layer, Network, Rect, Scratch, Tensor};
    use crate::testing::{conv, Rng};

    #[test]
    fn what_is_run_in_strips_and_in_parts_has_the_same_values() {
        let rng = &mut Rng(5);
        let mut layer = |kernel, inputs, outputs| -> Layer {
            conv(rng, (kernel, inputs, outputs), Activation::Relu, 3).into()
        };
        let alone = vec![layer(3, 4, 16), Shuffle(2).into()];
        let chain = [layer(3, 4, 6), layer(1, 6, 2048), layer(1, 2048, 4)];
        let two = [chain.to_vec(), vec![layer(3, 4, 16)]].concat();
        let all = [two.clone(), vec![layer(1, 16, 8), Shuffle(2).into()]].concat();
        let size = (11, 140);
        let mut input = Tensor::zeros(Rect::of_size(size.0, size.1), 4);
        input.data.fill_with(|| rng.range(-1_000, 1_000) as i16);
        for (layers, scale) in [(alone, 2), (two, 1), (all, 2)] {
            let network = Network {
                inputs: 4,
                input_bits: 12,
                layers,
            };
            let network = prepare(&network).unwrap();
            let wanted = Rect {
                x: scale,
                y: 5,
                width: 9 * scale as usize,
                height: 135 * scale as usize,
            };
            let scratch = Scratch::default();
            let window = |rect| input.window(rect);
            let output = network.run(wanted, size, 300, &scratch, window);
            let traced = network.trace(wanted, size, 300, &scratch, window);
            assert_eq!(Some(&output), traced.last());
            assert!(output.data.iter().any(|&value| value > 0));
            let staged = network.run_to_upsampling(wanted, size, 300, &scratch, window);
            for (y, height) in [(5, 1), (6, 40), (90, 50)] {
                let part = Rect {
                    y,
                    height,
                    ..wanted
                };
                assert_eq!(staged.part(part), output.window(part));
            }
        }
    }
}
