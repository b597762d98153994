//! The convolution, 1×1 or 3×3: nearly all of the work.

use super::convolution::{
    check_requantisation, read_requantisation, run, write_requantisation, Requantisation,
};
use super::{Convolution, FromModelFile, Operation, PackedOperation, Pass, State, MAX_CHANNELS};
use crate::check::{check_length, check_range};
use crate::fields::{FieldReader, FieldWriter};
use crate::nn::kernel::{taps, ConvCall, PackedConv};
use crate::nn::requantise::Requantise;
use crate::nn::{Activation, InFile, Kernels, Rect, Tensor, Values, Weights};
use crate::quality::check_knots;
use crate::Result;

/// Convolution of stride 1: `clamp(act(rshift(Σ w·a + b, shift)))`.
///
/// The accumulator is i32; a loader proves for every output channel that Σ|w|·max|a| + max|b| + rounding < 2³¹.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conv<W = Vec<i16>> {
    /// Side of the kernel: 1 or 3.
    pub kernel: u8,
    /// Input channels (even).
    pub inputs: u16,
    /// Output channels.
    pub outputs: u16,
    /// Right shift of the accumulator, 0 to 30.
    pub shift: u8,
    /// Applied after the shift, before the clamp.
    pub activation: Activation,
    /// The output is clamped to ±(2^clamp_bits − 1); 1 to 15.
    pub clamp_bits: u8,
    /// `[output][ky][kx][input]`.
    pub weights: W,
    /// `[knot][output]`; one knot, or several that the quality interpolates (see [`crate::model::interpolate`]).
    pub bias: Vec<i32>,
}

impl<W> Conv<W> {
    fn requantisation(&self) -> Requantisation {
        (self.shift, self.activation, self.clamp_bits)
    }
}

impl<W: Weights> Conv<W> {
    /// For the kernels, and for `inputs`. The fields have been checked.
    pub(crate) fn packed(&self, inputs: Values) -> PackedConv {
        let shape = [self.kernel.into(), self.inputs, self.outputs].map(usize::from);
        let requantise = Requantise::new(self.shift, self.activation, self.clamp_bits);
        let bias = self.bias.clone();
        PackedConv::new(shape.into(), inputs, requantise, &self.weights, bias)
    }
}

impl<'a> FromModelFile<'a> for Conv<InFile<'a>> {
    type Owned = Conv;

    fn read(from: &mut FieldReader<'a>) -> Result<Self> {
        let kernel = from.u8("kernel")?;
        let (inputs, outputs) = (from.u16("inputs")?, from.u16("outputs")?);
        let (shift, activation, clamp_bits) = read_requantisation(from)?;
        Ok(Self {
            kernel,
            inputs,
            outputs,
            shift,
            activation,
            clamp_bits,
            weights: InFile(from.items("weights")?),
            bias: from.list("bias", i32::from_le_bytes)?,
        })
    }

    fn into_owned(self) -> Conv {
        Conv {
            kernel: self.kernel,
            inputs: self.inputs,
            outputs: self.outputs,
            shift: self.shift,
            activation: self.activation,
            clamp_bits: self.clamp_bits,
            weights: self.weights.all().collect(),
            bias: self.bias,
        }
    }
}

impl<W: Weights> Operation for Conv<W> {
    fn write(&self, to: &mut FieldWriter) {
        to.u8(self.kernel);
        to.u16(self.inputs);
        to.u16(self.outputs);
        write_requantisation(to, self.requantisation());
        to.list(self.weights.all(), i16::to_le_bytes);
        to.list(self.bias.iter().copied(), i32::to_le_bytes);
    }

    fn check(&self, state: &mut State) -> Result<(), String> {
        if ![1, 3].contains(&self.kernel) {
            return Err(format!("kernel is {}, expected 1 or 3", self.kernel));
        }
        let (inputs, outputs) = (usize::from(self.inputs), usize::from(self.outputs));
        if inputs != state.channels {
            return Err(format!(
                "convolution of {inputs} channels gets {}",
                state.channels
            ));
        }
        if inputs % 2 != 0 {
            return Err(format!(
                "convolution has {inputs} inputs, expected an even number"
            ));
        }
        check_range("output channels", outputs, 1, MAX_CHANNELS)?;
        check_requantisation(self.requantisation())?;
        let size = usize::from(self.kernel).pow(2) * inputs;
        check_length("weights", self.weights.count(), size * outputs)?;
        check_knots("bias", self.bias.len(), outputs)?;
        let rows = |o: usize| self.weights.range(o * size..(o + 1) * size);
        state.prove(rows, &self.bias, outputs, self.shift)?;
        state.channels = outputs;
        state.values = Values::clamped(self.clamp_bits, self.activation);
        let parameters = self.weights.count() + self.bias.len();
        state.convolution(size * outputs, parameters, self.kernel > 1);
        Ok(())
    }

    fn pack(&self, inputs: Values) -> Box<dyn PackedOperation> {
        Box::new(self.packed(inputs))
    }
}

impl PackedOperation for PackedConv {
    fn input_window(&self, wanted: Rect, _: &mut Rect) -> Rect {
        wanted.expand(self.reach())
    }

    fn run(&self, pass: &mut Pass, window: Rect) {
        run(self, pass, window);
    }

    fn narrowed(&self, inputs: usize) -> Option<Box<dyn PackedOperation>> {
        Some(Box::new(self.narrowed(inputs)))
    }

    fn convolution(&self) -> Option<&dyn Convolution> {
        Some(self)
    }
}

impl Convolution for PackedConv {
    fn reach(&self) -> i32 {
        self.kernel() as i32 / 2
    }

    fn outputs(&self) -> usize {
        self.outputs()
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
        let (start, taps) = (
            self.start(quality),
            taps(self.kernel(), input.channels, row),
        );
        ConvCall::new(self, &start, &input.data, bases, &taps).run(kernels, output);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tests::{reference, refusal, run_alone};
    use crate::nn::Layer;
    use crate::testing::{conv, Rng};

    #[test]
    fn border_sees_zeros() {
        let rng = &mut Rng(8);
        let layer = conv(rng, (3, 4, 5), Activation::None, 3);
        // One position: the eight around it are outside the picture.
        let mut input = Tensor::zeros(Rect::of_size(1, 1), 4);
        input.data.copy_from_slice(&[900, -800, 700, -600]);
        let mut padded = [0; 9 * 4];
        padded[4 * 4..5 * 4].copy_from_slice(&input.data);
        let expected = reference(&layer, 300, &padded, &[0], &taps(3, 4, 12));
        assert_eq!(run_alone(layer, &input, 300).data, expected);
    }

    #[test]
    fn malformed_fields_are_refused_with_the_place() {
        let base = conv(&mut Rng(1), (3, 4, 8), Activation::None, 3);
        let refuse = |change: fn(&mut Conv), expected: &str| {
            let mut conv = base.clone();
            change(&mut conv);
            let message = refusal([conv.into()]);
            assert!(message.contains(expected), "{message}");
        };
        refuse(|c| c.kernel = 5, "network test: layer 0: kernel is 5");
        refuse(
            |c| c.inputs = 6,
            "layer 0: convolution of 6 channels gets 4",
        );
        refuse(|c| c.outputs = 0, "output channels: 0");
        refuse(|c| c.shift = 31, "shift: 31, expected 0 to 30");
        refuse(|c| c.clamp_bits = 0, "clamp bits: 0");
        refuse(|c| c.clamp_bits = 16, "clamp bits: 16");
        refuse(|c| c.weights.truncate(287), "287 weights, expected 288");
        refuse(|c| c.bias.truncate(23), "23 values of bias");
        refuse(|c| c.bias.truncate(0), "0 values of bias");
        refuse(|c| c.bias.extend([0; 8]), "32 values of bias");
        let odd: Layer = conv(&mut Rng(1), (1, 4, 5), Activation::None, 1).into();
        let next: Layer = conv(&mut Rng(1), (1, 5, 4), Activation::None, 1).into();
        let message = refusal([odd, next]);
        assert!(
            message.contains("layer 1: convolution has 5 inputs"),
            "{message}"
        );
    }
}
