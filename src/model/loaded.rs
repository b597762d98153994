//! A model ready for the codec.

use std::fmt;
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

use super::beside::beside;
use super::layer::InFile;
use super::{LatentBlock, ModelData, Networks};
use crate::entropy::LabelTable;
use crate::nn::Level;
use crate::Result;

/// A model: valid, its networks prepared, immutable. Share it by reference between threads.
#[derive(Debug)]
pub struct Model {
    digest: Digest,
    name: String,
    complexity: Complexity,
    pub(crate) networks: Networks,
    pub(crate) z: LatentBlock,
    /// μ per channel of z, Q10.
    pub(crate) z_mean: Vec<i16>,
    /// log2 σ per channel of z, Q10.
    pub(crate) z_log_scale: Vec<i16>,
    pub(crate) y: LatentBlock,
    /// See [`ModelData::scale_min`].
    pub(crate) scale_min: i16,
    pub(crate) tables: Vec<LabelTable>,
}

impl Model {
    /// Loads a model file (`.vqzm`).
    ///
    /// # Errors
    /// Those of [`ModelData::from_bytes`], and [`crate::Error::Parameter`] if the environment variable `VQZ_SIMD` is set to an
    /// unknown level.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::load(bytes, Level::detect()?)
    }

    /// The same, with the kernels of `level`.
    pub(super) fn load(bytes: &[u8], level: Level) -> Result<Self> {
        // The checksum takes about a quarter of all that loading is.
        let (digest, prepared) = beside(|| Sha256::digest(bytes), || prepare(bytes, level));
        let (data, networks) = prepared?;
        let ([encoder, context, decoder], parameters) = networks.cost();
        Ok(Self {
            digest: Digest(digest.into()),
            name: data.name,
            complexity: Complexity {
                encoder_kmac_per_pixel: (encoder + context) / 1000.0,
                decoder_kmac_per_pixel: (context + decoder) / 1000.0,
                parameters,
            },
            networks,
            z: data.z,
            z_mean: data.z_mean,
            z_log_scale: data.z_log_scale,
            y: data.y,
            scale_min: data.scale_min,
            tables: data
                .tables
                .iter()
                .map(|t| LabelTable::new(&t.frequencies))
                .collect(),
        })
    }

    /// The default model, built into the library; loaded at the first call.
    ///
    /// # Errors
    /// [`crate::Error::Parameter`] if the environment variable `VQZ_SIMD` is set to an unknown level.
    pub fn embedded() -> Result<&'static Self> {
        static MODEL: OnceLock<Model> = OnceLock::new();
        let level = Level::detect()?;
        Ok(MODEL.get_or_init(|| {
            Self::load(include_bytes!("../../models/default.vqzm"), level)
                .expect("tests load the built-in model")
        }))
    }

    /// What files name this model by.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Free text: name, training run.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it costs to run.
    #[must_use]
    pub fn complexity(&self) -> Complexity {
        self.complexity
    }
}

fn prepare(bytes: &[u8], level: Level) -> Result<(ModelData<InFile<'_>>, Networks)> {
    let data = ModelData::parse(bytes)?;
    data.check_latents()?;
    let networks = Networks::prepare(&data, level)?;
    Ok((data, networks))
}

/// What a model costs to run.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Complexity {
    /// Thousands of multiply-accumulates per pixel to encode (analysis, hyper-latents, context; one pass).
    pub encoder_kmac_per_pixel: f64,
    /// Thousands of multiply-accumulates per pixel to decode (hyper-latents, context, synthesis).
    pub decoder_kmac_per_pixel: f64,
    /// Weights, biases and gains of all networks.
    pub parameters: u64,
}

/// SHA-256 of a model file. Shown as its first 8 bytes in hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The first 8 bytes, which `.vqz` files carry.
    #[must_use]
    pub fn short(&self) -> [u8; 8] {
        std::array::from_fn(|i| self.0[i])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.short()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
