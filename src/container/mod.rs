//! Bytes only: signature, chunks, header, metadata, alpha. What the bytes mean is the codec's business.
//!
//! [`Parser`] keeps ranges of the file and allocates one per chunk that is really there, so that a declared size costs nothing.
//! SPEC.md section 4 is normative.

mod alpha;
mod chunk;
mod filter;
mod header;
mod read;
mod salvage;
mod signature;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use alpha::{decode_alpha, encode_alpha};
pub(crate) use chunk::OVERHEAD;
pub(crate) use filter::{Filter, Weights};
pub use header::Header;
pub(crate) use header::{Coding, FORMAT_VERSION};
#[cfg(test)]
pub(crate) use read::parse;
pub use read::ChunkInfo;
pub(crate) use read::{list_chunks, Parsed, Parser};
pub(crate) use salvage::{recover, Recovered, Stream};
pub(crate) use signature::SIGNATURE;
pub(crate) use write::write;
