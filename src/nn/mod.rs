//! Integer tensors and the kernels that run networks on them.
//!
//! | file | what |
//! |---|---|
//! | `tensor` | windows of the infinite, channel-last i16 plane |
//! | `conv` | the one convolution primitive: packing, bounds, threads |
//! | `scalar`, `simd/` | its kernels; scalar is the truth, all give the same bits |
//! | `level` | which kernel runs |
//! | `network` | a network checked, proved free of overflow and packed |
//! | `run` | running it over a window, or at a list of positions |
mod conv;
mod level;
mod network;
mod run;
mod scalar;
mod simd;
mod tensor;
#[cfg(test)]
mod tests;

pub use conv::{convolve, Job, PackedConv};
pub use level::{simd_level, Level};
pub use network::Prepared;
pub(crate) use network::{check_knots, check_length, check_range};
pub use tensor::{Rect, Tensor};
