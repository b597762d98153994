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

pub(crate) mod codec;
pub(crate) mod container;
mod decode;
mod encode;
pub(crate) mod entropy;
mod error;
mod image;
mod info;
mod limits;
pub mod model;
pub(crate) mod nn;
mod rate;
mod salvage;

pub use decode::{decode, Decoder};
pub use encode::{encode, Encoder};
pub use error::{Error, Result};
pub use image::{Color, Image, Metadata};
pub use info::{inspect, ChunkInfo, Info};
pub use limits::Limits;
pub use model::{Complexity, Digest, Model};
pub use nn::simd_level;
pub use rate::Encoded;
pub use salvage::{DamagedTile, SalvageReport, Salvaged};

/// What the trainer (crate `vqz-train`) shares with the codec. It is for the trainer alone and no part of the API: any release may change it.
#[doc(hidden)]
pub mod lab {
    pub use crate::codec::RateBias;
    pub use crate::entropy::LabelTable;
    pub use crate::model::{ADAPTATION, CODEBOOK_WORDS, CORE_RADIUS, SCALES_PER_OCTAVE};
}
