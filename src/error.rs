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
    #[error("this file needs model {needed}, which is not at hand ({given})")]
    WrongModel {
        /// Digest named by the file, hex.
        needed: String,
        /// Digests of the models at hand, hex, with commas between them.
        given: String,
    },
    /// A rendering was asked for that is not part of the file's model, and no rendering file of that model is at hand.
    #[error("the perceptual rendering needs a rendering file (.vqzr) of model {model}, and none is at hand (given: {given})")]
    NoRendering {
        /// Digest of the file's model, hex.
        model: String,
        /// Digests of the models for which rendering files are at hand, hex, with commas between them; or `none`.
        given: String,
    },
    /// Pictures were to be encoded with a model that has no encoder file (`.vqze`).
    #[error("model {model} can only decode: its encoder file (.vqze) is not here")]
    NoEncoder {
        /// Digest of the model, hex.
        model: String,
    },
    /// A limit of [`crate::Limits`] was exceeded.
    #[error("{what} is {value}, the limit is {limit}; raise it in `Limits` if you trust the file")]
    Limit {
        /// What is limited.
        what: Bound,
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
        /// Which property of the file was asked for.
        what: &'static str,
        /// Value asked for.
        wanted: f64,
        /// Best value that can be reached: that of the smallest file, or that of the best quality.
        reachable: f64,
        /// Unit of both values.
        unit: &'static str,
    },
    /// An argument of the caller is out of range.
    #[error("invalid argument: {0}")]
    Parameter(String),
    /// [`crate::Cancel`] was set, or the caller's function wanted no more rows.
    #[error("cancelled")]
    Cancelled,
    /// The system has no memory left.
    #[error("out of memory: {bytes} bytes for {what}")]
    OutOfMemory {
        /// What the memory was for.
        what: &'static str,
        /// How much of it.
        bytes: u64,
    },
}

/// What kind of error it is: the classes of SPEC.md section 12 for what is wrong with files, and a few more for what is not the file's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Not a vqz file.
    Signature,
    /// The file ends early.
    Truncated,
    /// A checksum does not match.
    Crc,
    /// Any other violation of the specification in a picture's file.
    Format,
    /// The file has a later version, a reserved value or an unknown critical chunk; or the model that was to encode can only decode.
    Unsupported,
    /// The file's model is not at hand, or not the rendering of it that was asked for.
    WrongModel,
    /// Larger than the limits.
    Limit,
    /// A violation of the specification in a model file.
    Model,
    /// An argument of the caller, or something that no file can have.
    Parameter,
    /// Stopped by the caller.
    Cancelled,
    /// The system has no memory left.
    OutOfMemory,
}

impl ErrorClass {
    /// Its name, as SPEC.md and the conformance suite write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Signature => "Signature",
            Self::Truncated => "Truncated",
            Self::Crc => "Crc",
            Self::Format => "Format",
            Self::Unsupported => "Unsupported",
            Self::WrongModel => "WrongModel",
            Self::Limit => "Limit",
            Self::Model => "Model",
            Self::Parameter => "Parameter",
            Self::Cancelled => "Cancelled",
            Self::OutOfMemory => "OutOfMemory",
        }
    }

    /// Whether the file is to blame, so that every conforming decoder with these limits and models would refuse it.
    #[must_use]
    pub fn is_files_fault(self) -> bool {
        !matches!(self, Self::Parameter | Self::Cancelled | Self::OutOfMemory)
    }
}

impl Error {
    /// What kind of error it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Signature(_) => ErrorClass::Signature,
            Self::Truncated { .. } => ErrorClass::Truncated,
            Self::Crc { .. } => ErrorClass::Crc,
            Self::Format(_) => ErrorClass::Format,
            Self::Unsupported(_) | Self::NoEncoder { .. } => ErrorClass::Unsupported,
            Self::WrongModel { .. } | Self::NoRendering { .. } => ErrorClass::WrongModel,
            Self::Limit { .. } => ErrorClass::Limit,
            Self::Model(_) => ErrorClass::Model,
            Self::Unreachable { .. } | Self::Parameter(_) => ErrorClass::Parameter,
            Self::Cancelled => ErrorClass::Cancelled,
            Self::OutOfMemory { .. } => ErrorClass::OutOfMemory,
        }
    }
}

/// What [`crate::Limits`] bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bound {
    /// [`crate::Limits::max_side`].
    Width,
    /// [`crate::Limits::max_side`].
    Height,
    /// [`crate::Limits::max_pixels`].
    Pixels,
    /// [`crate::Limits::max_expansion`].
    PixelsForLength,
    /// [`crate::Limits::max_metadata`].
    Metadata,
    /// What this machine can address.
    Memory,
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Width => "width",
            Self::Height => "height",
            Self::Pixels => "number of pixels",
            Self::PixelsForLength => "number of pixels in so short a file",
            Self::Metadata => "size of ICC, EXIF and XMP data in bytes",
            Self::Memory => "size in memory in bytes",
        })
    }
}
