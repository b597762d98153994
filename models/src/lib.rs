//! Trained models of the [vqz](https://docs.rs/vqz) image codec, as bytes of model files (`.vqzm`), what encoders need besides (`.vqze`), and perceptual
//! renderings of their files (`.vqzr`).
//!
//! Each is behind a feature of its own. Programs get them through the crate `vqz`, which finds the one that a file was made with.
#![no_std]
#![forbid(unsafe_code)]

/// A model or rendering file.
#[derive(Debug, Clone, Copy)]
pub struct ModelFile {
    /// All of it.
    pub bytes: &'static [u8],
    /// Its SHA-256 in hexadecimal, and whatever `sha256sum` writes behind it.
    pub sha256: &'static str,
    /// The encoder file of a model.
    pub encoder: Option<&'static [u8]>,
}

/// The default model.
#[cfg(feature = "default-model")]
pub const DEFAULT: ModelFile = ModelFile {
    bytes: include_bytes!("../default.vqzm"),
    sha256: include_str!("../default.sha256"),
    #[cfg(feature = "default-encoder")]
    encoder: Some(include_bytes!("../default.vqze")),
    #[cfg(not(feature = "default-encoder"))]
    encoder: None,
};

/// All models that are here, the default one first.
pub const ALL: &[ModelFile] = &[
    #[cfg(feature = "default-model")]
    DEFAULT,
];

/// All renderings that are here.
pub const RENDERINGS: &[ModelFile] = &[
    #[cfg(feature = "perceptual")]
    ModelFile {
        bytes: include_bytes!("../perceptual.vqzr"),
        sha256: include_str!("../perceptual.sha256"),
        encoder: None,
    },
];
