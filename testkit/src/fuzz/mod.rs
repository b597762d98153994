//! The checks that the fuzz targets make, one function each, and what they need to get past checksums. `tests/fuzz_findings.rs` makes them on
//! every finding with the stable compiler.

pub mod checks;
pub mod chunks;
pub mod models;
pub mod network;
pub mod picture;
