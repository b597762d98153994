//! Whether bytes are a `.vqz` file.

use crate::container::SIGNATURE;

/// What the first bytes of a file tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// A `.vqz` file.
    Vqz,
    /// Something else.
    Other,
    /// There are too few bytes to tell: [`SIGNATURE_BYTES`](Self::SIGNATURE_BYTES) are needed.
    TooShort,
}

impl Probe {
    /// How many bytes are needed to tell for certain.
    pub const SIGNATURE_BYTES: usize = SIGNATURE.len();
}

/// Whether a file that begins with `bytes` is a `.vqz` file.
///
/// ```
/// use vqz::{probe, Probe};
/// assert_eq!(probe(b"\x89PNG\r\n\x1A\n"), Probe::Other);
/// assert_eq!(probe(b"\x8DVQZ\r\n\x1A\n..."), Probe::Vqz);
/// assert_eq!(probe(b"\x8DVQ"), Probe::TooShort);
/// ```
#[must_use]
pub fn probe(bytes: &[u8]) -> Probe {
    if bytes.starts_with(&SIGNATURE) {
        Probe::Vqz
    } else if SIGNATURE.starts_with(bytes) {
        Probe::TooShort
    } else {
        Probe::Other
    }
}
