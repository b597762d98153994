//! What both kinds of convolution share: fields after the weights' shape, and runs in a window or at a list of positions.

use std::fmt::Debug;

use super::{Pass, FULL_BITS};
use crate::check::check_range;
use crate::fields::{FieldReader, FieldWriter};
use crate::nn::kernel::offset;
use crate::nn::{Activation, Kernels, Rect, Scratch, Tensor};
use crate::Result;

/// A convolution ready to run, of either kind.
pub(in crate::nn) trait Convolution: Debug + Sync {
    /// How many positions away from its own a position's output looks.
    fn reach(&self) -> i32;

    /// Output channels.
    fn outputs(&self) -> usize;

    /// Runs it with the top-left taps at `bases` of `input`'s values: `output` is `[position][output channel]`.
    fn convolve(
        &self,
        kernels: Kernels,
        input: &Tensor,
        bases: &[u32],
        quality: u16,
        output: &mut [i16],
    );
}

/// Runs a convolution in a window of the picture.
pub(super) fn run(convolution: &dyn Convolution, pass: &mut Pass, window: Rect) {
    let (inside, reach) = (pass.inside(window), convolution.reach());
    pass.cover(inside.expand(reach));
    let mut output = pass.blank(inside, convolution.outputs());
    let input = pass.tensor();
    let bases = bases(input, inside, reach);
    convolution.convolve(pass.kernels, input, &bases, pass.quality, &mut output.data);
    pass.replace(output);
}

/// Where in `input` the top-left taps for the positions of `window` are.
pub(super) fn bases(input: &Tensor, window: Rect, reach: i32) -> Vec<u32> {
    let mut bases = Vec::with_capacity(window.area());
    for y in window.y..window.bottom() {
        let start = input.offset(window.x - reach, y - reach);
        bases.extend((0..window.width).map(|x| offset(start + x * input.channels)));
    }
    bases
}

/// Runs a convolution at a list of positions of `input`, which covers what it sees of them: a tensor of one row.
pub(in crate::nn) fn run_at(
    convolution: &dyn Convolution,
    kernels: Kernels,
    input: &Tensor,
    positions: &[(i32, i32)],
    quality: u16,
    scratch: &Scratch,
) -> Tensor {
    let reach = convolution.reach();
    let bases: Vec<u32> = positions
        .iter()
        .map(|&(x, y)| offset(input.offset(x - reach, y - reach)))
        .collect();
    let mut output = scratch.blank(Rect::of_size(positions.len(), 1), convolution.outputs());
    convolution.convolve(kernels, input, &bases, quality, &mut output.data);
    output
}

/// The fields of requantisation as a model file has them: shift, activation, clamp bits.
pub(super) type Requantisation = (u8, Activation, u8);

pub(super) fn write_requantisation(
    to: &mut FieldWriter,
    (shift, activation, clamp_bits): Requantisation,
) {
    to.u8(shift);
    to.u8(match activation {
        Activation::None => 0,
        Activation::Relu => 1,
    });
    to.u8(clamp_bits);
}

pub(super) fn read_requantisation(from: &mut FieldReader) -> Result<Requantisation> {
    Ok((
        from.u8("shift")?,
        from.choice("activation", &[Activation::None, Activation::Relu])?,
        from.u8("clamp bits")?,
    ))
}

pub(super) fn check_requantisation((shift, _, clamp_bits): Requantisation) -> Result<(), String> {
    check_range("shift", shift, 0, 30)?;
    check_range("clamp bits", clamp_bits, 1, FULL_BITS)?;
    Ok(())
}
