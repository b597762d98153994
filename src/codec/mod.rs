//! Between pixels and labels: tiles, context model, codebooks, transforms.

mod analysis;
mod geometry;
mod levels;
mod search;
mod synthesis;
mod tile;

pub(crate) use analysis::analyse;
pub(crate) use geometry::Geometry;
pub(crate) use search::Effort;
pub(crate) use synthesis::synthesise;
pub(crate) use tile::{decode_tile, encode_tile};
