//! The depthwise 3×3 convolution: neighbours mix, channels do not.

use super::convolution::{
    check_requantisation, read_requantisation, run, write_requantisation, Requantisation,
};
use super::{Convolution, FromModelFile, Operation, PackedOperation, Pass, State};
use crate::check::check_length;
use crate::fields::{FieldReader, FieldWriter};
use crate::nn::kernel::{taps, DepthwiseCall, PackedDepthwise, TAPS};
use crate::nn::requantise::Requantise;
use crate::nn::{Activation, InFile, Kernels, Rect, Tensor, Values, Weights};
use crate::quality::check_knots;
use crate::Result;

/// Depthwise 3×3 convolution of stride 1: `clamp(act(rshift(Σ w·a + b, shift)))` with a kernel for each channel, zero outside the picture.
///
/// The accumulator is i32, as in [`super::Conv`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depthwise<W = Vec<i16>> {
    /// Input and output channels.
    pub channels: u16,
    /// Right shift of the accumulator, 0 to 30.
    pub shift: u8,
    /// Applied after the shift, before the clamp.
    pub activation: Activation,
    /// The output is clamped to ±(2^clamp_bits − 1); 1 to 15.
    pub clamp_bits: u8,
    /// `[ky][kx][channel]`.
    pub weights: W,
    /// `[knot][channel]`, as in [`super::Conv`].
    pub bias: Vec<i32>,
}

impl<W> Depthwise<W> {
    fn requantisation(&self) -> Requantisation {
        (self.shift, self.activation, self.clamp_bits)
    }
}

impl<W: Weights> Depthwise<W> {
    /// For the kernels. The fields have been checked.
    pub(crate) fn packed(&self) -> PackedDepthwise {
        let requantise = Requantise::new(self.shift, self.activation, self.clamp_bits);
        let (channels, bias) = (self.channels.into(), self.bias.clone());
        PackedDepthwise::new(channels, requantise, &self.weights, bias)
    }
}

impl<'a> FromModelFile<'a> for Depthwise<InFile<'a>> {
    type Owned = Depthwise;

    fn read(from: &mut FieldReader<'a>) -> Result<Self> {
        let channels = from.u16("channels")?;
        let (shift, activation, clamp_bits) = read_requantisation(from)?;
        Ok(Self {
            channels,
            shift,
            activation,
            clamp_bits,
            weights: InFile(from.items("weights")?),
            bias: from.list("bias", i32::from_le_bytes)?,
        })
    }

    fn into_owned(self) -> Depthwise {
        Depthwise {
            channels: self.channels,
            shift: self.shift,
            activation: self.activation,
            clamp_bits: self.clamp_bits,
            weights: self.weights.all().collect(),
            bias: self.bias,
        }
    }
}

impl<W: Weights> Operation for Depthwise<W> {
    fn write(&self, to: &mut FieldWriter) {
        to.u16(self.channels);
        write_requantisation(to, self.requantisation());
        to.list(self.weights.all(), i16::to_le_bytes);
        to.list(self.bias.iter().copied(), i32::to_le_bytes);
    }

    fn check(&self, state: &mut State) -> Result<(), String> {
        let channels = usize::from(self.channels);
        if channels != state.channels {
            return Err(format!(
                "depthwise convolution of {channels} channels gets {}",
                state.channels
            ));
        }
        check_requantisation(self.requantisation())?;
        check_length("weights", self.weights.count(), TAPS * channels)?;
        check_knots("bias", self.bias.len(), channels)?;
        let taps: Vec<Vec<i16>> = (0..TAPS)
            .map(|tap| self.weights.range(tap * channels..(tap + 1) * channels))
            .map(Iterator::collect)
            .collect();
        let kernel = |c: usize| taps.iter().map(move |tap| tap[c]);
        state.prove(kernel, &self.bias, channels, self.shift)?;
        state.values = Values::clamped(self.clamp_bits, self.activation);
        let parameters = self.weights.count() + self.bias.len();
        state.convolution(TAPS * channels, parameters, true);
        Ok(())
    }

    fn pack(&self, _: Values) -> Box<dyn PackedOperation> {
        Box::new(self.packed())
    }
}

impl PackedOperation for PackedDepthwise {
    fn input_window(&self, wanted: Rect, _: &mut Rect) -> Rect {
        wanted.expand(self.reach())
    }

    fn run(&self, pass: &mut Pass, window: Rect) {
        run(self, pass, window);
    }

    fn convolution(&self) -> Option<&dyn Convolution> {
        Some(self)
    }
}

impl Convolution for PackedDepthwise {
    fn reach(&self) -> i32 {
        1
    }

    fn outputs(&self) -> usize {
        self.channels()
    }

    fn convolve(
        &self,
        kernels: Kernels,
        input: &Tensor,
        bases: &[u32],
        quality: u16,
        output: &mut [i16],
    ) {
        let row = input.rect.width * input.channels;
        let (start, taps) = (self.start(quality), taps(3, input.channels, row));
        DepthwiseCall::new(self, &start, &input.data, bases, &taps).run(kernels, output);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tests::{dense, reference, refusal, run_alone};
    use crate::testing::{depthwise, Rng};

    #[test]
    fn border_sees_zeros() {
        let layer = depthwise(&mut Rng(8), 4, Activation::None, 3);
        let mut input = Tensor::zeros(Rect::of_size(1, 1), 4);
        input.data.copy_from_slice(&[900, -800, 700, -600]);
        let mut padded = [0; 9 * 4];
        padded[4 * 4..5 * 4].copy_from_slice(&input.data);
        let expected = reference(&dense(&layer), 300, &padded, &[0], &taps(3, 4, 12));
        assert_eq!(run_alone(layer, &input, 300).data, expected);
    }

    #[test]
    fn malformed_fields_are_refused_with_the_place() {
        let base = depthwise(&mut Rng(1), 4, Activation::None, 3);
        let refuse = |change: fn(&mut Depthwise), expected: &str| {
            let mut layer = base.clone();
            change(&mut layer);
            let message = refusal([layer.into()]);
            assert!(message.contains(expected), "{message}");
        };
        refuse(
            |d| d.channels = 6,
            "network test: layer 0: depthwise convolution of 6 channels gets 4",
        );
        refuse(|d| d.shift = 31, "shift: 31, expected 0 to 30");
        refuse(|d| d.clamp_bits = 16, "clamp bits: 16, expected 1 to 15");
        refuse(|d| d.weights.truncate(35), "35 weights, expected 36");
        refuse(|d| d.bias.truncate(11), "11 values of bias");
    }
}
