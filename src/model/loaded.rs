//! A model ready for the codec.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};

use super::beside::beside;
use super::file::split;
use super::{Codewords, EncoderData, EncoderNetworks, LatentBlock, ModelData, Networks};
use crate::entropy::{LabelTable, LabelTables};
use crate::nn::{InFile, Kernels};
use crate::{Error, Result};

/// A model: valid, its networks prepared, immutable. A cheap handle: clones are the same model.
#[derive(Debug, Clone)]
pub struct Model(Arc<Loaded>);

/// What a [`Model`] is a handle of.
#[derive(Debug)]
pub(crate) struct Loaded {
    digest: Digest,
    name: String,
    pub(crate) networks: Networks,
    encoder: Option<EncoderPart>,
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

/// What encoders alone need: networks that are prepared from the files' bytes when the first picture is encoded.
#[derive(Debug)]
struct EncoderPart {
    /// The model file.
    model: Cow<'static, [u8]>,
    /// The encoder file.
    file: Cow<'static, [u8]>,
    digest: Digest,
    kernels: Kernels,
    networks: OnceLock<EncoderNetworks>,
}

impl EncoderPart {
    fn new([model, file]: [Cow<'static, [u8]>; 2], digest: Digest, kernels: Kernels) -> Self {
        Self {
            model,
            file,
            digest,
            kernels,
            networks: OnceLock::new(),
        }
    }

    /// Its networks, for a model with these channels of y and of z.
    fn networks(&self, channels: [u16; 2]) -> Result<EncoderNetworks> {
        let data = EncoderData::parse(&self.file, self.digest)?;
        Ok(EncoderNetworks::check(&data, channels)?.prepare(self.kernels))
    }
}

impl Model {
    /// Loads a model file (`.vqzm`), and the encoder file (`.vqze`) that may follow it directly. Without one, the model can decode only.
    ///
    /// # Errors
    /// Those of [`ModelData::from_bytes`], and [`crate::Error::Parameter`] if the environment variable `VQZ_SIMD` is set to an
    /// unknown name.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::load(bytes, Kernels::detect()?)
    }

    /// The same, with these kernels.
    pub(crate) fn load(bytes: &[u8], kernels: Kernels) -> Result<Self> {
        let (model, file) = split(bytes)?;
        let (digest, loaded) = beside(|| Digest::of(model), || Loaded::new(parse(model)?, kernels));
        let loaded = Loaded { digest, ..loaded? };
        let encoder = match file {
            [] => None,
            file => {
                let files = [model, file].map(|bytes| Cow::Owned(bytes.to_vec()));
                let part = EncoderPart::new(files, digest, kernels);
                let data = EncoderData::parse(&part.file, digest)?;
                EncoderNetworks::check(&data, loaded.channels())?;
                Some(part)
            }
        };
        Ok(Self(Arc::new(Loaded { encoder, ..loaded })))
    }

    /// Loads a model of which the digest is known; its encoder file is looked at when it is needed.
    ///
    /// # Errors
    /// Those of [`Self::from_bytes`].
    pub(super) fn built_in(
        model: &'static [u8],
        encoder: Option<&'static [u8]>,
        digest: Digest,
        kernels: Kernels,
    ) -> Result<Self> {
        let part = |file| EncoderPart::new([model, file].map(Cow::Borrowed), digest, kernels);
        Ok(Self(Arc::new(Loaded {
            digest,
            encoder: encoder.map(part),
            ..Loaded::new(parse(model)?, kernels)?
        })))
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

    /// The digest and the name of the encoder file, which pictures are encoded with; `None` if there is none, and the model can only decode.
    /// Files do not say which encoder has made them.
    #[must_use]
    pub fn encoder(&self) -> Option<(Digest, String)> {
        let part = self.0.encoder.as_ref()?;
        let data = EncoderData::parse(&part.file, part.digest).expect(CHECKED);
        Some((Digest::of(&part.file), data.name))
    }

    /// What it costs to run.
    #[must_use]
    pub fn complexity(&self) -> Complexity {
        let [context, synthesis] = self.0.networks.cost;
        let analysis = self.0.encoder().ok().map(|encoder| encoder.cost);
        let parameters = analysis.map_or(0, |analysis| analysis.parameters);
        Complexity {
            encoder_kmac_per_pixel: analysis.map(|cost| (cost.macs + context.macs) / 1000.0),
            decoder_kmac_per_pixel: (context.macs + synthesis.macs) / 1000.0,
            parameters: parameters + context.parameters + synthesis.parameters,
        }
    }
}

impl<W> ModelData<W> {
    /// Its frequencies, ready to code labels with.
    pub(crate) fn label_tables(&self) -> LabelTables {
        LabelTables::new(self.tables.each_ref().map(|tables| {
            let tables = tables.iter();
            let tables = tables.map(|table| LabelTable::new(&table.frequencies));
            tables.collect()
        }))
    }
}

impl Loaded {
    /// A model without its digest and its encoder.
    fn new(data: ModelData<InFile>, kernels: Kernels) -> Result<Self> {
        let tables = data.label_tables();
        Ok(Self {
            digest: Digest([0; 32]),
            networks: Networks::check(&data)?.prepare(kernels),
            encoder: None,
            name: data.name,
            z: data.z,
            z_mean: data.z_mean,
            z_log_scale: data.z_log_scale,
            y: data.y,
            scale_min: data.scale_min,
            codewords: Codewords::new(&data.tables, data.spacing),
            tables,
        })
    }

    /// Channels of y and of z.
    fn channels(&self) -> [u16; 2] {
        [self.y.channels, self.z.channels]
    }

    /// The networks of the analysis.
    ///
    /// # Errors
    /// [`Error::NoEncoder`] if the model has no encoder file.
    pub(crate) fn encoder(&self) -> Result<&EncoderNetworks> {
        let part = self.encoder_part()?;
        let networks = || part.networks(self.channels()).expect(CHECKED);
        Ok(part.networks.get_or_init(networks))
    }

    /// What the model file holds, for encoders that look into networks.
    ///
    /// # Errors
    /// As for [`Self::encoder`].
    pub(crate) fn file(&self) -> Result<ModelData<InFile<'_>>> {
        Ok(parse(&self.encoder_part()?.model).expect(CHECKED))
    }

    fn encoder_part(&self) -> Result<&EncoderPart> {
        self.encoder.as_ref().ok_or_else(|| Error::NoEncoder {
            model: self.digest.to_string(),
        })
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
    /// Thousands of multiply-accumulates per pixel to encode (analysis, hyper-latents, context; one pass); `None` if there is no encoder file.
    pub encoder_kmac_per_pixel: Option<f64>,
    /// Thousands of multiply-accumulates per pixel to decode (hyper-latents, context, synthesis).
    pub decoder_kmac_per_pixel: f64,
    /// Number of weights, biases and gains of all networks.
    pub parameters: u64,
}

/// SHA-256 of a model file, without the encoder file behind it. Shown as its first 8 bytes in hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// That of a file.
    #[must_use]
    pub fn of(file: &[u8]) -> Self {
        Self(Sha256::digest(file).into())
    }

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
