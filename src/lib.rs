//! **vqz**: a learned image codec whose files decode to the same pixels on every machine.
//!
//! [`encode`] and [`decode`] do what most programs need. [`Encoder`] and [`Decoder`] have the options; [`Decoder::open`] gives a
//! [`Picture`], of which any [`View`] (a region, a smaller scale) can be decoded into a caller's buffer or row by row;
//! [`Decoder::push`] takes a file as it arrives.
//!
//! One folder per step, from what programs call down to the arithmetic. Imports point down only, too:
//!
//! | step | folder |
//! |---|---|
//! | what programs call | `api` |
//! | labels → latents → pixels, and back | `codec` |
//! | bytes → chunks, checked | `container` |
//! | what was learned (`.vqzm`, `.vqze`) | `model` |
//! | range coder → labels | `entropy` |
//! | integer tensors, the operations of networks, their kernels | `nn` |
//!
//! Below them all: `error`, `limits`, `pixels`, `image`, `view`, `work` (threads, cancellation, memory), `meter` (progress), `check` (numbers within bounds), `quality` (the axis that
//! tables are interpolated over), `tune` (what encoders want), `fields` (of model files).

mod api;
mod check;
pub(crate) mod codec;
pub(crate) mod container;
pub(crate) mod entropy;
mod error;
mod fields;
mod image;
mod limits;
mod meter;
pub mod model;
pub(crate) mod nn;
mod pixels;
mod quality;
#[doc(hidden)]
pub mod testing;
mod tune;
mod view;
mod work;

pub use api::{
    decode, encode, inspect, probe, ChunkInfo, DamagedTile, Decoder, Encoded, Encoder, Features,
    Header, Info, Picture, Probe, Progress, PushDecoder, Rows, SalvageReport, Salvaged,
};
pub use error::{Bound, Error, ErrorClass, Result};
pub use image::{Image, Metadata};
pub use limits::Limits;
pub use meter::Meter;
pub use model::{Complexity, Digest, Model, Models, RenderingModel};
pub use nn::simd_level;
pub use pixels::{Color, PixelFormat};
pub use tune::Tune;
pub use view::{Region, Rendering, Scale, View};
pub use work::Cancel;

/// What the trainer (crate `vqz-train`) shares with the codec, and what `vqz sample` draws with. It is for these alone and no part of the API: any
/// release may change it.
#[doc(hidden)]
pub mod lab {
    pub use crate::api::{complete, count_labels, observe, sample, settle, synthesis_traces};
    pub use crate::codec::{
        noise, ssimulacra2_error, LabelCounts, ObservedStep, RateBias, ScaleCounts, SettledTile,
        SynthesisTrace, Traced, SSIMULACRA2_UNIT,
    };
    pub use crate::entropy::LabelTable;
    pub use crate::model::{
        encoder_beside, read_with_encoder, ADAPTATION, CODEBOOKS, LEARNED_CODEWORDS,
        SCALES_PER_OCTAVE,
    };
}

/// The example of README.md, as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
