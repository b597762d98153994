//! Errors of the library → status codes of vqz.h.

use codec::{Error, ErrorClass};

pub const OK: u32 = 0;
pub const NEED_MORE: u32 = 1;
pub const DAMAGED: u32 = 2;
pub const UNSUPPORTED: u32 = 3;
pub const NEEDS_MODEL: u32 = 4;
pub const LIMIT: u32 = 5;
pub const CANCELLED: u32 = 6;
pub const OUT_OF_MEMORY: u32 = 7;
pub const INVALID_ARGUMENT: u32 = 8;
pub const INTERNAL: u32 = 9;
pub const NEEDS_RENDERING: u32 = 10;

/// What a call ends with if not with a status of its own.
#[derive(Debug, Clone)]
pub struct Failure {
    pub status: u32,
    pub text: String,
    /// Digest of the model that is missing, hexadecimal.
    pub model: Option<String>,
}

impl Failure {
    pub fn argument(text: impl Into<String>) -> Self {
        Self {
            status: INVALID_ARGUMENT,
            text: text.into(),
            model: None,
        }
    }

    pub fn internal(text: &str) -> Self {
        Self {
            status: INTERNAL,
            text: text.into(),
            model: None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match error.class() {
            _ if matches!(error, Error::NoRendering { .. }) => NEEDS_RENDERING,
            ErrorClass::Signature
            | ErrorClass::Truncated
            | ErrorClass::Crc
            | ErrorClass::Format
            | ErrorClass::Model => DAMAGED,
            ErrorClass::Unsupported => UNSUPPORTED,
            ErrorClass::WrongModel => NEEDS_MODEL,
            ErrorClass::Limit => LIMIT,
            ErrorClass::Parameter => INVALID_ARGUMENT,
            ErrorClass::Cancelled => CANCELLED,
            ErrorClass::OutOfMemory => OUT_OF_MEMORY,
            _ => INTERNAL,
        };
        let text = error.to_string();
        let model = match error {
            Error::WrongModel { needed, .. } => Some(needed),
            _ => None,
        };
        Self {
            status,
            text,
            model,
        }
    }
}
