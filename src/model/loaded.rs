//! A model ready for the codec.

use std::fmt;
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

use super::beside::beside;
use super::layer::InFile;
use super::{EncoderNetworks, LatentBlock, ModelData, Networks};
use crate::entropy::LabelTable;
use crate::nn::Level;
use crate::Result;

/// The built-in model.
const EMBEDDED: &[u8] = include_bytes!("../../models/default.vqzm");
/// Its digest as `sha256sum` writes it: taken from here, since computing it would be a quarter of a small picture's decoding.
const EMBEDDED_SHA256: &str = include_str!("../../models/default.sha256");

/// A model: valid, its networks prepared, immutable. Share it by reference between threads.
#[derive(Debug)]
pub struct Model {
    digest: Digest,
    name: String,
    pub(crate) networks: Networks,
    /// See [`Self::encoder`].
    encoder: OnceLock<EncoderNetworks>,
    level: Level,
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
        let (digest, loaded) = beside(
            || Digest(Sha256::digest(bytes).into()),
            || {
                let data = parse(bytes)?;
                let encoder = EncoderNetworks::prepare(&data, level)?;
                Ok((Self::new(data, level)?, encoder))
            },
        );
        let (model, encoder) = loaded?;
        model.encoder.set(encoder).expect("it is not there yet");
        Ok(Self { digest, ..model })
    }

    /// A model without its digest and its encoder's networks.
    fn new(data: ModelData<InFile>, level: Level) -> Result<Self> {
        let tables = data.tables.iter();
        Ok(Self {
            digest: Digest([0; 32]),
            networks: Networks::prepare(&data, level)?,
            encoder: OnceLock::new(),
            level,
            name: data.name,
            z: data.z,
            z_mean: data.z_mean,
            z_log_scale: data.z_log_scale,
            y: data.y,
            scale_min: data.scale_min,
            tables: tables.map(|t| LabelTable::new(&t.frequencies)).collect(),
        })
    }

    /// The default model, built into the library; loaded at the first call. What only encoders need of it is loaded at the first picture to encode.
    ///
    /// # Errors
    /// [`crate::Error::Parameter`] if the environment variable `VQZ_SIMD` is set to an unknown level.
    pub fn embedded() -> Result<&'static Self> {
        static MODEL: OnceLock<Model> = OnceLock::new();
        let level = Level::detect()?;
        Ok(MODEL.get_or_init(|| {
            let load = || Self::new(parse(EMBEDDED)?, level);
            Self {
                digest: Digest::from_hex(EMBEDDED_SHA256),
                ..load().expect("tests load the built-in model")
            }
        }))
    }

    /// The networks of the analysis.
    pub(crate) fn encoder(&self) -> &EncoderNetworks {
        // Every other model has got them when it was loaded.
        self.encoder.get_or_init(|| {
            parse(EMBEDDED)
                .and_then(|data| EncoderNetworks::prepare(&data, self.level))
                .expect("tests load the built-in model")
        })
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
        let (analysis, [context, synthesis]) = (self.encoder().cost(), self.networks.cost());
        Complexity {
            encoder_kmac_per_pixel: (analysis.macs + context.macs) / 1000.0,
            decoder_kmac_per_pixel: (context.macs + synthesis.macs) / 1000.0,
            parameters: analysis.parameters + context.parameters + synthesis.parameters,
        }
    }
}

fn parse(bytes: &[u8]) -> Result<ModelData<InFile<'_>>> {
    let data = ModelData::parse(bytes)?;
    data.check_latents()?;
    Ok(data)
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
    /// From the 64 hexadecimal digits that `text` begins with.
    fn from_hex(text: &str) -> Self {
        let byte = |i: usize| u8::from_str_radix(&text[2 * i..2 * i + 2], 16);
        Self(std::array::from_fn(|i| {
            byte(i).expect("a hexadecimal digest")
        }))
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_model_is_what_its_digest_says() {
        let embedded = Model::embedded().unwrap();
        let loaded = Model::from_bytes(EMBEDDED).unwrap();
        assert_eq!(
            embedded.digest(),
            loaded.digest(),
            "run scripts/bless.sh after a new built-in model"
        );
        assert_eq!(embedded.complexity(), loaded.complexity());
    }
}
