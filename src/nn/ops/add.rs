//! Residual branches: a tensor is remembered, and added again after some layers.

use super::{FromModelFile, Operation, PackedOperation, Pass, State, FULL_BITS};
use crate::check::check_range;
use crate::fields::{FieldReader, FieldWriter};
use crate::nn::{Rect, Values};
use crate::Result;

/// Remembers the tensor for the next [`AddSaved`] (one level, not nested).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Save;

/// Adds the remembered tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddSaved {
    /// The sum is clamped to ±(2^clamp_bits − 1); 1 to 15.
    pub clamp_bits: u8,
}

impl FromModelFile<'_> for Save {
    type Owned = Self;

    fn read(_: &mut FieldReader) -> Result<Self> {
        Ok(Self)
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl Operation for Save {
    fn write(&self, _: &mut FieldWriter) {}

    fn check(&self, state: &mut State) -> Result<(), String> {
        if state.saved.replace(state.channels).is_some() {
            return Err("Save inside a Save".into());
        }
        Ok(())
    }

    fn pack(&self, _: Values) -> Box<dyn PackedOperation> {
        Box::new(*self)
    }
}

impl PackedOperation for Save {
    fn input_window(&self, wanted: Rect, saved: &mut Rect) -> Rect {
        wanted.union(*saved)
    }

    fn run(&self, pass: &mut Pass, window: Rect) {
        pass.save();
        pass.crop(pass.inside(window));
    }
}

impl FromModelFile<'_> for AddSaved {
    type Owned = Self;

    fn read(from: &mut FieldReader) -> Result<Self> {
        let clamp_bits = from.u8("clamp bits")?;
        Ok(Self { clamp_bits })
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl Operation for AddSaved {
    fn write(&self, to: &mut FieldWriter) {
        to.u8(self.clamp_bits);
    }

    fn check(&self, state: &mut State) -> Result<(), String> {
        let channels = state.saved.take().ok_or("AddSaved without a Save")?;
        if channels != state.channels {
            return Err(format!(
                "AddSaved of {channels} channels to {} channels",
                state.channels
            ));
        }
        check_range("clamp bits", self.clamp_bits, 1, FULL_BITS)?;
        state.values = Values::within(self.clamp_bits);
        Ok(())
    }

    fn pack(&self, _: Values) -> Box<dyn PackedOperation> {
        Box::new(*self)
    }
}

impl PackedOperation for AddSaved {
    fn input_window(&self, wanted: Rect, saved: &mut Rect) -> Rect {
        *saved = wanted;
        wanted
    }

    fn run(&self, pass: &mut Pass, _: Rect) {
        pass.add_saved(((1i32 << self.clamp_bits) - 1) as i16);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layers::{Shuffle, Unshuffle};
    use crate::nn::tests::{prepare, refusal};
    use crate::nn::{Activation, Layer, Network, Scratch, Tensor};
    use crate::testing::{conv, Rng};

    #[test]
    fn sums_are_clamped() {
        let network = Network {
            inputs: 4,
            input_bits: 15,
            layers: vec![Save.into(), AddSaved { clamp_bits: 14 }.into()],
        };
        let mut input = Tensor::zeros(Rect::of_size(1, 1), 4);
        input.data.copy_from_slice(&[-32767, 32767, 5000, -8191]);
        let prepared = prepare(&network).unwrap();
        let output = prepared.run(input.rect, (1, 1), 0, &Scratch::default(), |rect| {
            input.window(rect)
        });
        assert_eq!(output.data, [-16383, 16383, 10000, -16382]);
    }

    #[test]
    fn what_does_not_match_is_refused() {
        let conv: Layer = conv(&mut Rng(1), (1, 4, 8), Activation::None, 1).into();
        let add = |clamp_bits| AddSaved { clamp_bits }.into();
        let message = refusal([Save.into(), conv, add(9)]);
        assert!(
            message.contains("layer 2: AddSaved of 4 channels to 8"),
            "{message}"
        );
        for bits in [0, 16] {
            let message = refusal([Save.into(), add(bits)]);
            assert!(
                message.contains(&format!("layer 1: clamp bits: {bits}")),
                "{message}"
            );
        }
        // What SPEC.md calls invalid (7.2): the extents of the two might differ.
        let [up, down]: [Layer; 2] = [Shuffle(2).into(), Unshuffle(2).into()];
        for [first, second] in [[up.clone(), down.clone()], [down, up]] {
            let message = refusal([Save.into(), first, second, add(12)]);
            assert!(
                message.contains("layer 1: the resolution changes"),
                "{message}"
            );
        }
    }
}
