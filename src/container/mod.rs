//! Bytes only: signature, chunks, header, metadata, alpha. What the bytes mean is the codec's business.
//!
//! [`parse`] borrows everything from the file and allocates one slice per chunk that is really there, so that a
//! declared size costs nothing. SPEC.md section 4 is normative.

mod alpha;
mod chunk;
mod header;
mod place;
mod read;
mod remains;
mod signature;
#[cfg(test)]
mod tests;
mod walk;
mod write;

pub(crate) use alpha::{decode_alpha, encode_alpha};
pub(crate) use header::{Coding, Header, FORMAT_VERSION};
pub(crate) use read::{list_chunks, parse};
pub(crate) use remains::{remains, Stream};
pub(crate) use write::write;
