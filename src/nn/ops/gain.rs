//! Factors per channel.

use super::{FromModelFile, Operation, PackedOperation, Pass, State, FULL_BITS};
use crate::check::{check_length, check_range};
use crate::fields::{FieldReader, FieldWriter};
use crate::nn::{Rect, Values};
use crate::Result;

/// Per-channel `clamp(rshift(x·multiplier, shift))`, computed in i64, clamped to ±32767.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gain {
    /// One per channel.
    pub multipliers: Vec<i32>,
    /// 0 to 30.
    pub shift: u8,
}

impl FromModelFile<'_> for Gain {
    type Owned = Self;

    fn read(from: &mut FieldReader) -> Result<Self> {
        let shift = from.u8("shift")?;
        let multipliers = from.list("gain multipliers", i32::from_le_bytes)?;
        Ok(Self { multipliers, shift })
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl Operation for Gain {
    fn write(&self, to: &mut FieldWriter) {
        to.u8(self.shift);
        to.list(self.multipliers.iter().copied(), i32::to_le_bytes);
    }

    fn check(&self, state: &mut State) -> Result<(), String> {
        check_length("gain multipliers", self.multipliers.len(), state.channels)?;
        check_range("shift", self.shift, 0, 30)?;
        state.values = Values::within(FULL_BITS);
        state.parameters += self.multipliers.len() as u64;
        Ok(())
    }

    fn pack(&self, _: Values) -> Box<dyn PackedOperation> {
        Box::new(self.clone())
    }
}

impl PackedOperation for Gain {
    fn run(&self, pass: &mut Pass, _: Rect) {
        let rounding = (1i64 << self.shift) >> 1;
        let positions = pass
            .tensor_mut()
            .data
            .chunks_exact_mut(self.multipliers.len());
        for position in positions {
            for (value, &m) in position.iter_mut().zip(&self.multipliers) {
                let scaled = (i64::from(*value) * i64::from(m) + rounding) >> self.shift;
                *value = scaled.clamp(-32767, 32767) as i16;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tests::{refusal, run_alone};
    use crate::nn::Tensor;

    #[test]
    fn products_are_rounded_and_clamped() {
        let mut input = Tensor::zeros(Rect::of_size(2, 1), 3);
        input
            .data
            .copy_from_slice(&[100, 3, -32767, -100, -3, 32767]);
        let multipliers = vec![i32::MAX, 2, i32::MIN];
        let output = run_alone(
            Gain {
                multipliers,
                shift: 2,
            },
            &input,
            0,
        );
        // 6/4 = 1.5 becomes 2, −1.5 becomes −1.
        assert_eq!(output.data, [32767, 2, 32767, -32767, -1, -32767]);
    }

    #[test]
    fn malformed_fields_are_refused_with_the_place() {
        let gain = |count, shift| Gain {
            multipliers: vec![1; count],
            shift,
        };
        let message = refusal([gain(3, 0).into()]);
        assert!(
            message.contains("layer 0: 3 gain multipliers, expected 4"),
            "{message}"
        );
        let message = refusal([gain(4, 31).into()]);
        assert!(message.contains("shift: 31, expected 0 to 30"), "{message}");
    }
}
