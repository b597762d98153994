//! Integer tensors and the kernels that run networks on them.
//!
//! | file | what |
//! |---|---|
//! | `tensor` | windows of the infinite, channel-last i16 plane |
//! | `conv` | the convolution: packing, bounds, threads |
//! | `depthwise` | the same for the depthwise convolution |
//! | `scalar`, `simd/` | its kernels; scalar is the truth, all give the same bits |
//! | `level` | which kernel runs |
//! | `network` | a network checked, proved free of overflow and packed |
//! | `run` | running it over a window, or at a list of positions |
mod conv;
mod depthwise;
mod level;
mod network;
mod run;
mod scalar;
mod simd;
mod tensor;
#[cfg(test)]
mod tests;

pub use conv::{convolve, taps, Job, PackedConv};
pub use depthwise::{depthwise, DepthwiseCall, PackedDepthwise};
pub use level::{simd_level, Level};
pub use network::Prepared;
pub(crate) use network::{check_knots, check_length, check_range};
pub use tensor::{Rect, Tensor};
