//! What can be wrong with a file of pictures.

/// See the module. The texts go on after the file's name.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
    /// The file ends before what it announces.
    #[error("is cut off: {what} takes {needed} bytes, {have} are there")]
    Cut {
        what: &'static str,
        needed: u64,
        have: u64,
    },
    /// Something is larger than it may be.
    #[error("{what} is {value}, the limit is {limit}")]
    Limit {
        what: &'static str,
        value: u64,
        limit: u64,
    },
    /// It is not what it should be.
    #[error("{0}")]
    Format(String),
    /// The system, or gzip's own checks, say no.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

/// Samples of all pictures that are kept in memory, in bytes.
pub(crate) const MAX_SAMPLES: u64 = 1 << 30;

/// # Errors
/// [`DataError::Limit`] if so many bytes of samples are more than [`MAX_SAMPLES`].
pub(crate) fn check_samples(bytes: u64) -> Result<(), DataError> {
    if bytes <= MAX_SAMPLES {
        return Ok(());
    }
    Err(DataError::Limit {
        what: "number of samples",
        value: bytes,
        limit: MAX_SAMPLES,
    })
}
