//! A model ready for the codec.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};

use super::beside::beside;
use super::{Codewords, EncoderNetworks, LatentBlock, ModelData, Networks};
use crate::entropy::{LabelTable, LabelTables};
use crate::nn::{InFile, Kernels};
use crate::Result;

/// A model: valid, its networks prepared, immutable. A cheap handle: clones are the same model.
#[derive(Debug, Clone)]
pub struct Model(Arc<Loaded>);

/// What a [`Model`] is a handle of.
#[derive(Debug)]
pub(crate) struct Loaded {
    digest: Digest,
    name: String,
    pub(crate) networks: Networks,
    encoder: EncoderPart,
    pub(crate) z: LatentBlock,
    /// μ per channel of z, Q10.
    pub(crate) z_mean: Vec<i16>,
    /// log2 σ per channel of z, Q10.
    pub(crate) z_log_scale: Vec<i16>,
    pub(crate) y: LatentBlock,
    /// See [`ModelData::scale_min`].
    pub(crate) scale_min: i16,
    pub(crate) tables: LabelTables,
    pub(crate) codewords: Codewords,
}

/// The networks that encoders alone need: prepared from the file's bytes when the first picture is encoded.
#[derive(Debug)]
struct EncoderPart {
    bytes: Cow<'static, [u8]>,
    kernels: Kernels,
    networks: OnceLock<EncoderNetworks>,
}

impl EncoderPart {
    fn new(bytes: Cow<'static, [u8]>, kernels: Kernels) -> Self {
        Self {
            bytes,
            kernels,
            networks: OnceLock::new(),
        }
    }
}

impl Model {
    /// Loads a model file (`.vqzm`).
    ///
    /// # Errors
    /// Those of [`ModelData::from_bytes`], and [`crate::Error::Parameter`] if the environment variable `VQZ_SIMD` is set to an
    /// unknown name.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::load(bytes, Kernels::detect()?)
    }

    /// The same, with these kernels.
    pub(crate) fn load(bytes: &[u8], kernels: Kernels) -> Result<Self> {
        let (digest, loaded) = beside(
            || Digest(Sha256::digest(bytes).into()),
            || {
                let data = parse(bytes)?;
                EncoderNetworks::check(&data)?;
                let encoder = EncoderPart::new(Cow::Owned(bytes.to_vec()), kernels);
                Loaded::new(data, encoder, kernels)
            },
        );
        let loaded = Loaded { digest, ..loaded? };
        Ok(Self(Arc::new(loaded)))
    }

    /// Loads a model of which the digest is known; what only encoders need of it is loaded when it is needed.
    ///
    /// # Errors
    /// Those of [`Self::from_bytes`].
    pub(super) fn built_in(bytes: &'static [u8], digest: Digest, kernels: Kernels) -> Result<Self> {
        let encoder = EncoderPart::new(Cow::Borrowed(bytes), kernels);
        let loaded = Loaded::new(parse(bytes)?, encoder, kernels)?;
        Ok(Self(Arc::new(Loaded { digest, ..loaded })))
    }

    /// What the model consists of.
    pub(crate) fn loaded(&self) -> &Loaded {
        &self.0
    }

    /// The digest by which files name this model.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// Free text: name, training run.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What it costs to run.
    #[must_use]
    pub fn complexity(&self) -> Complexity {
        let (analysis, [context, synthesis]) = (self.0.encoder().cost, self.0.networks.cost);
        Complexity {
            encoder_kmac_per_pixel: (analysis.macs + context.macs) / 1000.0,
            decoder_kmac_per_pixel: (context.macs + synthesis.macs) / 1000.0,
            parameters: analysis.parameters + context.parameters + synthesis.parameters,
        }
    }
}

impl Loaded {
    /// A model without its digest.
    fn new(data: ModelData<InFile>, encoder: EncoderPart, kernels: Kernels) -> Result<Self> {
        let tables = data.tables.each_ref().map(|tables| {
            let tables = tables.iter();
            let tables = tables.map(|table| LabelTable::new(&table.frequencies));
            tables.collect()
        });
        Ok(Self {
            digest: Digest([0; 32]),
            networks: Networks::check(&data)?.prepare(kernels),
            encoder,
            name: data.name,
            z: data.z,
            z_mean: data.z_mean,
            z_log_scale: data.z_log_scale,
            y: data.y,
            scale_min: data.scale_min,
            codewords: Codewords::new(&data.tables, data.spacing),
            tables: LabelTables::new(tables),
        })
    }

    /// The networks of the analysis.
    pub(crate) fn encoder(&self) -> &EncoderNetworks {
        let part = &self.encoder;
        part.networks.get_or_init(|| {
            EncoderNetworks::check(&self.file())
                .expect(CHECKED)
                .prepare(part.kernels)
        })
    }

    /// What the model file holds, for encoders that look into networks.
    pub(crate) fn file(&self) -> ModelData<InFile<'_>> {
        parse(&self.encoder.bytes).expect(CHECKED)
    }
}

const CHECKED: &str = "it was checked when the model was loaded, or is built in and tested";

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
    /// Number of weights, biases and gains of all networks.
    pub parameters: u64,
}

/// SHA-256 of a model file. Shown as its first 8 bytes in hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// From the 64 hexadecimal digits that `text` begins with.
    pub(super) fn from_hex(text: &str) -> Self {
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
