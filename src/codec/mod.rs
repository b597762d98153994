//! Between pixels and labels: tiles, context model, codebooks, transforms.

mod analysis;
mod context;
mod geometry;
mod group;
mod levels;
mod parallel;
mod salvage;
mod scales;
mod search;
mod synthesis;
mod tile;

pub(crate) use analysis::analyse;
pub(crate) use geometry::{Geometry, Tile, STRIDE};
pub(crate) use parallel::{locked, try_for_each};
pub(crate) use salvage::{salvage_tile, Rescued};
pub(crate) use search::Effort;
pub use search::RateBias;
pub(crate) use synthesis::synthesise;
pub(crate) use tile::{decode_tile, encode_tile};
