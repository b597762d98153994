#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod convert;
mod decoder;
mod encoder;
mod error;

pub use convert::{from_vqz, to_vqz};
pub use decoder::VqzDecoder;
pub use encoder::{encode, VqzEncoder};
pub use error::image_error;

/// What every file begins with.
static SIGNATURE: [u8; vqz::Probe::SIGNATURE_BYTES] = *b"\x8DVQZ\r\n\x1A\n";

/// Makes `image` recognise and read `.vqz` files, by their name and by their first bytes, from now on and in the whole program. Files are decoded with
/// the models that are built in and the default [`vqz::Limits`], narrowed by `image`'s own.
///
/// Returns whether it did so: it does not if it has been called before, or if another decoder has the name.
pub fn register() -> bool {
    let new = image::hooks::register_decoding_hook(
        "vqz".into(),
        Box::new(|reader| Ok(Box::new(VqzDecoder::new(reader)?))),
    );
    if new {
        image::hooks::register_format_detection_hook("vqz".into(), &SIGNATURE, None);
    }
    new
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_signature_is_that_of_the_format() {
        assert_eq!(vqz::probe(&super::SIGNATURE), vqz::Probe::Vqz);
    }
}
