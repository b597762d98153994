//! Integer tensors and the networks that run on them: the ground, which knows nothing of models, files of pictures or codecs.
//!
//! | file | what |
//! |---|---|
//! | `tensor` | windows of the infinite, channel-last i16 plane |
//! | `weights` | where a layer's weights are: in memory, or still in the model file |
//! | `scratch` | memory of tensors, to be used again |
//! | `requantise` | what becomes of an accumulator |
//! | `values` | what the values of a tensor may be |
//! | `kernel/` | the convolutions' kernels by architecture; a token proves that the CPU has them |
//! | `ops/` | the operations, one file each: fields, checks, reach, how it is run |
//! | `network` | a list of layers, checked, proved free of overflow and packed |
//! | `run` | running it over a window, or at a list of positions |
//! | `staged` | running it over a window, but its upsampling over parts of that |
//!
//! Each file uses those above it only.
pub(crate) mod kernel;
mod network;
mod ops;
mod requantise;
mod run;
mod scratch;
mod staged;
mod tensor;
#[cfg(test)]
mod tests;
mod values;
mod weights;

pub(crate) use kernel::Loops;
pub use kernel::{simd_level, Kernels};
pub(crate) use network::{CheckedNetwork, Facts};
pub use network::{Network, PreparedNetwork};
pub use ops::{layers, Layer};
pub use requantise::Activation;
pub use scratch::Scratch;
pub(crate) use staged::Staged;
pub use tensor::{Rect, Tensor};
pub(crate) use values::Values;
pub(crate) use weights::InFile;
pub use weights::Weights;
