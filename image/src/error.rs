//! Errors of vqz as errors of `image`.

use image::error::{
    DecodingError, EncodingError, ImageFormatHint, LimitError, LimitErrorKind, ParameterError,
    ParameterErrorKind, UnsupportedError, UnsupportedErrorKind,
};
use image::ImageError;
use vqz::{Bound, Error, ErrorClass};

/// How `image` is told of the format.
pub(crate) fn format() -> ImageFormatHint {
    ImageFormatHint::Name("vqz".into())
}

/// The error of `image` that says the same about a file. Damaged files are [`ImageError::Decoding`] with the vqz error as source; files beyond the
/// limits are [`ImageError::Limits`]; later versions of the format, missing models and missing encoder files are [`ImageError::Unsupported`]. Where `image` keeps no source, its text is kept
/// if there is room for one.
#[must_use]
pub fn image_error(error: Error) -> ImageError {
    let limits = |kind| ImageError::Limits(LimitError::from_kind(kind));
    match (error.class(), &error) {
        (_, Error::Limit { what, .. }) => limits(match what {
            Bound::Width | Bound::Height => LimitErrorKind::DimensionError,
            _ => LimitErrorKind::InsufficientMemory,
        }),
        (ErrorClass::OutOfMemory, _) => limits(LimitErrorKind::InsufficientMemory),
        (ErrorClass::Unsupported | ErrorClass::WrongModel, _) => {
            ImageError::Unsupported(UnsupportedError::from_format_and_kind(
                format(),
                UnsupportedErrorKind::GenericFeature(error.to_string()),
            ))
        }
        (ErrorClass::Parameter, _) => ImageError::Parameter(ParameterError::from_kind(
            ParameterErrorKind::Generic(error.to_string()),
        )),
        (ErrorClass::Cancelled, _) => ImageError::IoError(std::io::Error::other(error)),
        _ => ImageError::Decoding(DecodingError::new(format(), error)),
    }
}

/// The same for what happens while a picture is encoded.
pub(crate) fn encoding_error(error: Error) -> ImageError {
    match error.class() {
        ErrorClass::Cancelled
        | ErrorClass::OutOfMemory
        | ErrorClass::Limit
        | ErrorClass::Unsupported => image_error(error),
        ErrorClass::Parameter if !matches!(error, Error::Unreachable { .. }) => image_error(error),
        _ => ImageError::Encoding(EncodingError::new(format(), error)),
    }
}
