//! The closed set of operations that networks are made of, one file each, and what an operation has to say for itself.
//!
//! Tensors are channel-last i16. `rshift(x, s)` rounds: `(x + (1 << (s - 1))) >> s` for s ≥ 1, x for s = 0.
//!
//! A new operation is a new file, its `mod` line and its line in [`operations!`] below, and a paragraph of SPEC.md; CONTRIBUTING.md lists what lies
//! outside of the library.

mod add;
mod chain;
mod conv;
mod convolution;
mod depthwise;
mod gain;
mod pass;
mod shuffle;
mod state;

pub(super) use chain::Chain;
pub(super) use convolution::{run_at, Convolution};
pub(super) use pass::Pass;
pub(super) use state::{Scale, State, FULL_BITS, MAX_CHANNELS};

use std::fmt::Debug;

use super::{InFile, Rect, Values, Weights};
use crate::fields::{FieldReader, FieldWriter};
use crate::{Error, Result};

/// An operation as model files give it.
pub(super) trait Operation {
    /// Writes its fields in the order in which [`FromModelFile::read`] reads them.
    fn write(&self, to: &mut FieldWriter);

    /// Checks its fields against the tensor that it gets, and makes `state` that of the tensor which it gives.
    fn check(&self, state: &mut State) -> Result<(), String>;

    /// The same ready to run on a tensor with such values. Its fields have been checked.
    fn pack(&self, inputs: Values) -> Box<dyn PackedOperation>;
}

/// How an operation is read from a model file, its weights staying there.
pub(super) trait FromModelFile<'a>: Sized {
    /// The same with the weights in memory.
    type Owned;

    fn read(from: &mut FieldReader<'a>) -> Result<Self>;

    fn into_owned(self) -> Self::Owned;
}

/// An operation ready to run.
pub(super) trait PackedOperation: Debug + Send + Sync {
    /// The window of its input that `wanted` of its output is made of. `saved` is the window that the AddSaved ahead wants of the remembered
    /// tensor.
    fn input_window(&self, wanted: Rect, saved: &mut Rect) -> Rect {
        let _ = saved;
        wanted
    }

    /// Replaces the tensor of `pass` by `window` of the output; the tensor covers [`Self::input_window`].
    fn run(&self, pass: &mut Pass, window: Rect);

    /// What gives the same where all inputs but the first `inputs` (even) are 0, with less work, if there is such a thing.
    fn narrowed(&self, inputs: usize) -> Option<Box<dyn PackedOperation>> {
        let _ = inputs;
        None
    }

    /// For convolutions: they can also be run at a list of positions.
    fn convolution(&self) -> Option<&dyn Convolution> {
        None
    }

    /// The operation, if it is this one: after a convolution it is run together with it.
    fn shuffle(&self) -> Option<layers::Shuffle> {
        None
    }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $code:literal $file:ident::$name:ident $(<$weights:ident>)?,)*) => {
        /// The operations by name: [`crate::model`] hands on all that is here, so that a new one needs no line there.
        pub mod layers {
            $(pub use super::$file::$name;)*
        }
        use layers::*;

        /// One operation of a network.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Layer<W = Vec<i16>> {
            $($(#[$doc])* $name($name $(<$weights>)?),)*
        }

        $(impl<W> From<$name $(<$weights>)?> for Layer<W> {
            fn from(operation: $name $(<$weights>)?) -> Self {
                Self::$name(operation)
            }
        })*

        impl<W: Weights> Layer<W> {
            pub(super) fn operation(&self) -> &dyn Operation {
                match self {
                    $(Self::$name(operation) => operation,)*
                }
            }

            /// Layer type in model files.
            fn code(&self) -> u8 {
                match self {
                    $(Self::$name(_) => $code,)*
                }
            }
        }

        impl<'a> Layer<InFile<'a>> {
            /// Reads a layer, its type first.
            pub(crate) fn read(from: &mut FieldReader<'a>) -> Result<Self> {
                let at = from.at();
                match from.u8("layer type")? {
                    $($code => $name::read(from).map(Self::$name),)*
                    code => Err(Error::Model(format!(
                        "layer type at byte {at}: {code}, expected 0 to {}",
                        [$($code),*].len() - 1
                    ))),
                }
            }

            /// With the weights copied out of the file.
            pub(crate) fn into_owned(self) -> Layer {
                match self {
                    $(Self::$name(operation) => Layer::$name(operation.into_owned()),)*
                }
            }
        }
    };
}

// Each by its layer type in model files.
operations! {
    /// Convolution, zero outside the picture.
    0 conv::Conv<W>,
    /// Remembers the tensor for the next `AddSaved` (one level, not nested).
    1 add::Save,
    /// Adds the remembered tensor.
    2 add::AddSaved,
    /// Depth to space.
    3 shuffle::Shuffle,
    /// Space to depth, the inverse.
    4 shuffle::Unshuffle,
    /// Factors per channel.
    5 gain::Gain,
    /// Depthwise convolution.
    6 depthwise::Depthwise<W>,
}

impl<W: Weights> Layer<W> {
    /// Writes a layer as [`Layer::read`] reads it.
    pub(crate) fn write(&self, to: &mut FieldWriter) {
        to.u8(self.code());
        self.operation().write(to);
    }
}
