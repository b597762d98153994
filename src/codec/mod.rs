//! Between pixels and labels: tiles, context model, dependent quantiser, transforms. All of it works with a [`Session`], a model at a quality.
//!
//! | step, in decode order | file |
//! |---|---|
//! | tiles, as rows of pixels need them | `strips` |
//! | a tile's labels, step by step | `tile`, `context`; from what is left of damaged streams: `rescue`; drawn at random: `sample`; chosen and not written: `rehearsal` (`count`, `observe`, `settle`) |
//! | labels at a position: expected, read or chosen, made into latents | `expected`, `predictor` (`feedback`, `across`), `adaptation`, `pair`, `trellis`, `correction`, `quantiser`; chosen: `search`, `choice/` |
//! | latents → samples | `synthesis/` |
//! | samples → a caller's bytes | `canvas` |
//! | samples → latents | `analysis`; moved until their picture is better: `refine/`; the filter for what they have become: `fit` |

mod across;
mod adaptation;
mod analysis;
mod canvas;
mod choice;
mod context;
mod correction;
mod count;
mod cut;
mod expected;
mod feedback;
mod fit;
mod geometry;
mod observe;
mod pair;
mod parallel;
mod predictor;
mod quantiser;
mod refine;
mod rehearsal;
mod rescue;
mod sample;
mod search;
mod session;
mod settle;
mod strips;
mod synthesis;
mod tile;
mod trellis;

pub(crate) use analysis::analyse;
pub(crate) use canvas::{Alpha, Canvas, Finish};
pub use count::{LabelCounts, ScaleCounts};
pub(crate) use fit::Fit;
pub(crate) use geometry::{Geometry, Tile, STRIDE};
pub(crate) use observe::observe_tile;
pub use observe::ObservedStep;
pub(crate) use parallel::{locked, try_for_each, TILES_PER_WORKER};
pub(crate) use refine::{iterations, refine_tile, traces};
pub use refine::{ssimulacra2_error, SynthesisTrace, Traced, SSIMULACRA2_UNIT};
pub(crate) use rescue::{rescue_tile, Rescued};
pub(crate) use sample::sample_tile;
pub(crate) use search::Effort;
pub use search::RateBias;
pub(crate) use session::Session;
pub(crate) use settle::settle_tile;
pub use settle::SettledTile;
pub(crate) use strips::Strips;
pub use synthesis::noise;
pub(crate) use tile::{decode_labels, decode_tile, encode_tile};
