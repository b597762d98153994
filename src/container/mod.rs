//! Bytes only: signature, chunks, header, metadata, alpha.
