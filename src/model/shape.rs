//! What the codec expects of a network: channels, bits, resolution.

use super::{Network, Weights};
use crate::nn::{CheckedNetwork, Facts};
use crate::{Error, Result};

/// What the codec expects of a network.
pub(super) struct Shape {
    inputs: usize,
    input_bits: u8,
    outputs: usize,
    /// Resolution of the output: times `up`, divided by `down`.
    up: usize,
    down: usize,
}

impl Shape {
    pub(super) fn new(
        inputs: usize,
        input_bits: u8,
        outputs: usize,
        up: usize,
        down: usize,
    ) -> Self {
        Self {
            inputs,
            input_bits,
            outputs,
            up,
            down,
        }
    }

    /// A valid network that must be of this shape.
    pub(super) fn check<'n, W: Weights>(
        &self,
        name: &str,
        network: &'n Network<W>,
    ) -> Result<CheckedNetwork<'n, W>> {
        let checked = network.check(name)?;
        self.check_facts(name, checked.facts())?;
        Ok(checked)
    }

    pub(super) fn check_facts(&self, name: &str, facts: &Facts) -> Result<()> {
        let fail = |what: &str, found: String, expected: String| {
            Err(Error::Model(format!(
                "network {name}: {found} {what}, expected {expected}"
            )))
        };
        let (inputs, outputs) = (facts.inputs, facts.outputs);
        if inputs != self.inputs {
            return fail("inputs", inputs.to_string(), self.inputs.to_string());
        }
        if facts.input_bits < self.input_bits {
            return fail(
                "input bits",
                facts.input_bits.to_string(),
                format!("at least {}", self.input_bits),
            );
        }
        if outputs != self.outputs {
            return fail("outputs", outputs.to_string(), self.outputs.to_string());
        }
        let scale = facts.scale;
        if (scale.up, scale.down) != (self.up, self.down) {
            return fail(
                "of the input's resolution",
                format!("{}/{}", scale.up, scale.down),
                format!("{}/{}", self.up, self.down),
            );
        }
        Ok(())
    }
}
