//! What a network is: a list of layers, checked once and proved free of overflow, then packed for the kernels.

use std::sync::Arc;

use super::ops::{PackedOperation, Scale, State, FULL_BITS, MAX_CHANNELS};
use super::{InFile, Kernels, Layer, Values, Weights};
use crate::check::check_range;
use crate::{Error, Result};

/// A list of layers applied in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network<W = Vec<i16>> {
    /// Channels of the input.
    pub inputs: u16,
    /// The input is bounded by ±(2^input_bits − 1).
    pub input_bits: u8,
    /// The layers, first one first.
    pub layers: Vec<Layer<W>>,
}

/// What the layers of a network say about the whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// Input channels.
    pub(crate) inputs: usize,
    /// Inputs must stay within ±(2^bits − 1).
    pub(crate) input_bits: u8,
    /// Output channels.
    pub(crate) outputs: usize,
    /// Outputs stay within ±(2^bits − 1).
    pub(crate) output_bits: u8,
    /// Output positions per input position along one axis.
    pub(crate) scale: Scale,
    /// Multiply-accumulates of all convolutions per input position.
    pub(crate) macs_per_input: f64,
    /// Number of weights, biases and gains.
    pub(crate) parameters: u64,
    /// Whether the network can be run at single positions ([`PreparedNetwork::run_at`]): it begins with a convolution of either kind, keeps
    /// the resolution, and has at most one layer that sees neighbours, which is not between a Save and its AddSaved.
    pub(crate) can_run_at_positions: bool,
}

/// A network whose layers fit each other and where no accumulator can overflow, whatever the input within `input_bits`.
#[derive(Debug)]
pub(crate) struct CheckedNetwork<'n, W> {
    network: &'n Network<W>,
    /// What each layer gets.
    values: Vec<Values>,
    facts: Facts,
}

/// A checked network ready to run. Clones share it.
#[derive(Debug, Clone)]
pub struct PreparedNetwork {
    pub(super) kernels: Kernels,
    pub(super) operations: Vec<Arc<dyn PackedOperation>>,
    facts: Facts,
}

impl<W: Weights> Network<W> {
    /// Checks a network; nothing is copied. `name` is for messages.
    ///
    /// # Errors
    /// [`Error::Model`] names the network, the layer (counted from 0), and the channel and value where there is one.
    pub(crate) fn check(&self, name: &str) -> Result<CheckedNetwork<'_, W>> {
        let fail = |what: String| Error::Model(format!("network {name}: {what}"));
        check_range("input bits", self.input_bits, 1, FULL_BITS).map_err(fail)?;
        let inputs = usize::from(self.inputs);
        check_range("input channels", inputs, 1, MAX_CHANNELS).map_err(fail)?;
        let mut state = State::new(inputs, self.input_bits);
        let mut values = Vec::with_capacity(self.layers.len());
        for (index, layer) in self.layers.iter().enumerate() {
            values.push(state.values);
            let checked = layer.operation().check(&mut state);
            checked.map_err(|what| fail(format!("layer {index}: {what}")))?;
            state.next();
        }
        if state.saved.is_some() {
            return Err(fail("a Save has no AddSaved after it".into()));
        }
        let facts = Facts {
            inputs,
            input_bits: self.input_bits,
            outputs: state.channels,
            output_bits: state.values.bits(),
            scale: state.scale,
            macs_per_input: state.macs,
            parameters: state.parameters,
            can_run_at_positions: state.can_run_at_positions(),
        };
        Ok(CheckedNetwork {
            network: self,
            values,
            facts,
        })
    }
}

impl Network<InFile<'_>> {
    /// With the weights copied out of the file.
    pub(crate) fn into_owned(self) -> Network {
        Network {
            inputs: self.inputs,
            input_bits: self.input_bits,
            layers: self.layers.into_iter().map(Layer::into_owned).collect(),
        }
    }
}

impl<W: Weights> CheckedNetwork<'_, W> {
    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Packs the weights for `kernels`.
    pub(crate) fn prepare(&self, kernels: Kernels) -> PreparedNetwork {
        let layers = self.network.layers.iter();
        PreparedNetwork {
            kernels,
            operations: layers
                .zip(&self.values)
                .map(|(layer, &values)| layer.operation().pack(values).into())
                .collect(),
            facts: self.facts,
        }
    }
}

impl PreparedNetwork {
    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What it is packed for.
    pub(crate) fn kernels(&self) -> Kernels {
        self.kernels
    }

    /// The same network for the first `inputs` (even, ≥ 2) of its input channels, where the others are 0; `None` if it does not begin with a
    /// dense convolution. What is not different is shared.
    pub(crate) fn narrowed(&self, inputs: usize) -> Option<Self> {
        let (first, rest) = self.operations.split_first()?;
        let first = std::iter::once(first.narrowed(inputs)?.into());
        let facts = Facts {
            inputs,
            ..self.facts
        };
        Some(Self {
            kernels: self.kernels,
            operations: first.chain(rest.iter().cloned()).collect(),
            facts,
        })
    }

    /// Inputs must stay within ± this.
    #[must_use]
    pub fn input_limit(&self) -> i16 {
        ((1i32 << self.facts.input_bits) - 1) as i16
    }
}
