//! Any bytes as a file, decoded with a small model under small limits.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use vqz::{Decoder, Limits, Model};

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let bytes = include_bytes!("../../testdata/conformance/models/tiny.vqzm");
        Model::from_bytes(bytes).expect("a valid model")
    })
}

fuzz_target!(|bytes: &[u8]| {
    let mut limits = Limits::default();
    limits.max_pixels = 1 << 16;
    limits.max_metadata = 1 << 12;
    if let Ok(image) = Decoder::new(model()).limits(limits.clone()).decode(bytes) {
        assert!(u64::from(image.width()) * u64::from(image.height()) <= limits.max_pixels);
    }
});
