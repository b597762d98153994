//! **vqz**: a learned image codec whose files decode to the same pixels on every machine.
//!
//! The path of a file, in decode order, one folder per step:
//!
//! | step | folder |
//! |---|---|
//! | bytes → chunks, checked | `container` |
//! | range coder → labels | `entropy` |
//! | what was learned (`.vqzm`) | `model` |
//! | integer tensors and kernels | `nn` |
//! | labels → latents → pixels, and back | `codec` |
//! | training (feature `train`) | `train` |
#![deny(unsafe_code)]

pub(crate) mod container;
mod error;
mod image;
mod limits;
pub mod model;
pub(crate) mod nn;

pub use error::{Error, Result};
pub use image::{Color, Image, Metadata};
pub use limits::Limits;
pub use nn::simd_level;
