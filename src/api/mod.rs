//! What programs call: files in, pixels out, and back.

mod decoder;
mod drawing;
mod encoder;
mod info;
mod latents;
mod picture;
mod probe;
mod push;
mod rate;
mod rehearsal;
mod salvage;
mod sample;
mod target;
mod traces;

pub use crate::container::{ChunkInfo, Header};
pub use decoder::{decode, Decoder};
pub use encoder::{encode, Encoder};
pub use info::{inspect, Info};
pub use latents::Features;
pub use picture::Picture;
pub use probe::{probe, Probe};
pub use push::{Progress, PushDecoder};
pub use rate::Encoded;
pub use rehearsal::{count_labels, observe, settle};
pub use salvage::{DamagedTile, SalvageReport, Salvaged};
pub use sample::{complete, sample};
pub use target::Rows;
pub use traces::synthesis_traces;
