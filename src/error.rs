//! One error type for the library: who is at fault first, then what, where, the value and the limit.

/// Result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. Every message names the value found and the limit or expectation it broke.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not a vqz file at all (signature missing or damaged).
    #[error("not a .vqz file: {0}")]
    Signature(String),
    /// The file ends early: `needed` bytes at `offset` in `what`, `have` left.
    #[error("file is truncated: {what} at byte {offset} needs {needed} bytes, {have} left")]
    Truncated {
        /// Which structure was being read.
        what: &'static str,
        /// Byte offset in the file.
        offset: usize,
        /// Bytes wanted.
        needed: usize,
        /// Bytes left.
        have: usize,
    },
    /// A checksum does not match: the bytes were damaged.
    #[error(
        "{what} at byte {offset} is damaged: CRC-32 is {found:#010x}, expected {expected:#010x}"
    )]
    Crc {
        /// Which chunk.
        what: String,
        /// Byte offset of the chunk.
        offset: usize,
        /// CRC computed from the bytes.
        found: u32,
        /// CRC stored in the file.
        expected: u32,
    },
    /// The file breaks a rule of the format.
    #[error("invalid file: {0}")]
    Format(String),
    /// The file is valid but needs something this version does not have.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// The file was made with another model.
    #[error("this file needs model {needed}, but the model given is {given}; pass the right one (`--model FILE`)")]
    WrongModel {
        /// Digest named by the file, hex.
        needed: String,
        /// Digest of the model given, hex.
        given: String,
    },
    /// A limit of [`crate::Limits`] was exceeded.
    #[error("{what} is {value}, the limit is {limit}; raise it in `Limits` if you trust the file")]
    Limit {
        /// What is limited.
        what: &'static str,
        /// Value found.
        value: u64,
        /// Limit in force.
        limit: u64,
    },
    /// A model file is invalid.
    #[error("invalid model: {0}")]
    Model(String),
    /// No quality gives what was asked of [`crate::Encoder::encode_to_size`] or [`crate::Encoder::encode_to_psnr`].
    #[error("{what} of {wanted} {unit} cannot be reached, the limit for this picture is {reachable} {unit}")]
    Unreachable {
        /// Which property of the file.
        what: &'static str,
        /// Value asked for.
        wanted: f64,
        /// Best value there is: of the smallest file, or of the best quality.
        reachable: f64,
        /// Of both values.
        unit: &'static str,
    },
    /// An argument of the caller is out of range.
    #[error("invalid argument: {0}")]
    Parameter(String),
}
