//! What tests, fuzz targets and benchmarks share. Not published.
//!
//! | what | file |
//! |---|---|
//! | pictures, models, hashes | `pictures` |
//! | files taken apart and put together again | `files` |
//! | what must hold for any bytes whatsoever | `fuzz/` |

pub mod files;
pub mod fuzz;
mod pictures;

pub use pictures::{picture, pixel_hash, psnr, sha256, tiny, with_alpha, Random};
