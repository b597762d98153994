//! The checks that the fuzz targets make, one function each, and what they need to get past checksums.
//!
//! Also included by `tests/fuzz_findings.rs`, which makes them on every finding with the stable compiler.

pub mod checks;
pub mod chunks;
pub mod models;
pub mod network;
pub mod picture;
