//! The models that checks code with.

use std::sync::OnceLock;

use vqz::testing::{least, load_with, Kernels};
use vqz::{Limits, Model};

/// The built-in model's pictures are at most this large, pixels: it is a hundred times slower than the small ones.
const EMBEDDED_PIXELS: u64 = 1 << 12;

/// The bytes of the model of the encoded files in the conformance suite.
pub const TINY: &[u8] = include_bytes!("../../../testdata/conformance/models/tiny.vqzm");

/// The model of the encoded files in the conformance suite, with the fastest kernels.
pub fn tiny() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| Model::from_bytes(TINY).expect("a valid model"))
}

/// The same with plain kernels.
pub fn tiny_scalar() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| load_with(TINY, Kernels::SCALAR).expect("a valid model"))
}

/// The model of the conformance suite's made files.
pub fn small() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let bytes = include_bytes!("../../../testdata/conformance/models/small.vqzm");
        Model::from_bytes(bytes).expect("a valid model")
    })
}

/// The smallest model there is.
pub fn smallest() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let bytes = least(1).to_bytes().expect("a valid model");
        Model::from_bytes(&bytes).expect("a valid model")
    })
}

/// The built-in model.
pub fn embedded() -> &'static Model {
    Model::embedded().expect("a valid model")
}

/// Loads them all, so that the first input to need one does not look slow.
pub fn load() {
    for model in [tiny, tiny_scalar, small, smallest, embedded] {
        model();
    }
}

/// The model that a file names, as far as can be told (the tiny one if none is known by that name), and the limits to decode it in.
pub fn for_file(bytes: &[u8]) -> (&'static Model, Limits) {
    // Behind signature, length and type, and seven bytes of the header.
    let named = bytes.get(23..31);
    let model = [embedded(), small(), smallest()]
        .into_iter()
        .find(|model| named.is_some_and(|name| *name == model.digest().short()))
        .unwrap_or(tiny());
    let mut limits = Limits::default();
    limits.max_pixels = 1 << 16;
    limits.max_metadata = 1 << 12;
    if model.digest() == embedded().digest() {
        limits.max_pixels = EMBEDDED_PIXELS;
    }
    (model, limits)
}
