//! The rendering file, `.vqzr`: another way to turn the latents of one model's files into pixels. Its frame is that of model files (`envelope.rs`).

use std::fmt;
use std::sync::Arc;

use super::envelope::{write_name, write_network, Envelope};
use super::rendering::RenderingNetworks;
use super::validate::check_layers;
use super::{Digest, Loaded, Network, Weights, MAX_NOISE};
use crate::nn::{CheckedNetwork, InFile, Kernels};
use crate::{Error, Result};

const ENVELOPE: Envelope = Envelope {
    signature: *b"\x89VQZR\r\n\x1a",
    version: 1,
    name: "rendering file",
    extension: ".vqzr",
};

/// Everything a rendering file holds. `W` is where the weights are: here, or still in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderingData<W = Vec<i16>> {
    /// Free text: name, training run.
    pub name: String,
    /// The model whose files it renders.
    pub base: Digest,
    /// n̂ → features at the resolution of patches, any number of channels.
    pub body: Network<W>,
    /// Patches of the model's linear part, then 0 to [`MAX_NOISE`] planes of noise (SPEC.md 11.3) → as many features, added to those of the body.
    pub lift: Network<W>,
    /// The sum of features → patches of pixels, Q4, added to the linear part.
    pub renderer: Network<W>,
}

impl RenderingData {
    /// Serialises a rendering. The bytes are a function of the value alone.
    ///
    /// # Errors
    /// [`Error::Model`] if it breaks a rule that [`Self::from_bytes`] would refuse it for.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.check()?;
        Ok(ENVELOPE.write(|w| {
            write_name(w, &self.name);
            w.0.extend_from_slice(&self.base.0);
            for network in [&self.body, &self.lift, &self.renderer] {
                write_network(w, network);
            }
        }))
    }

    /// Parses and checks a rendering file.
    ///
    /// # Errors
    /// [`Error::Model`] names the field, the value and what was expected; [`Error::Crc`] if bytes were damaged;
    /// [`Error::Unsupported`] if a newer version wrote the file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let data = RenderingData::parse(bytes)?;
        data.check()?;
        Ok(Self {
            name: data.name,
            base: data.base,
            body: data.body.into_owned(),
            lift: data.lift.into_owned(),
            renderer: data.renderer.into_owned(),
        })
    }
}

impl<'a> RenderingData<InFile<'a>> {
    /// Checks the structure only.
    fn parse(bytes: &'a [u8]) -> Result<Self> {
        ENVELOPE.read(bytes, |r| {
            Ok(Self {
                name: r.name()?,
                base: Digest(r.fields.array("base model")?),
                body: r.network()?,
                lift: r.network()?,
                renderer: r.network()?,
            })
        })
    }
}

impl<W: Weights> RenderingData<W> {
    fn check(&self) -> Result<RenderingNetworks<CheckedNetwork<'_, W>>> {
        let networks = [&self.body, &self.lift, &self.renderer];
        check_layers(networks.iter().map(|network| network.layers.len()).sum())?;
        RenderingNetworks::check(networks, usize::from(self.body.inputs), MAX_NOISE)
    }
}

/// A rendering file, loaded: valid, its networks prepared, immutable. It is a cheap handle: clones are the same rendering.
///
/// It renders the files of one model, its base, in another way than the model itself does, and does not change their bits; see
/// [`crate::Rendering`] and [`crate::Models::with_rendering`].
#[derive(Clone)]
pub struct RenderingModel(Arc<Inside>);

struct Inside {
    digest: Digest,
    base: Digest,
    name: String,
    networks: RenderingNetworks,
}

impl RenderingModel {
    /// Loads a rendering file (`.vqzr`).
    ///
    /// # Errors
    /// Those of [`RenderingData::from_bytes`], and [`Error::Parameter`] if the environment variable `VQZ_SIMD` is set to an unknown name.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let kernels = Kernels::detect()?;
        let data = RenderingData::parse(bytes)?;
        let networks = data.check()?.prepare(kernels);
        Ok(Self(Arc::new(Inside {
            digest: Digest::of(bytes),
            base: data.base,
            name: data.name,
            networks,
        })))
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// The model whose files it renders.
    #[must_use]
    pub fn base(&self) -> Digest {
        self.0.base
    }

    /// Free text: name, training run.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Thousands of multiply-accumulates per pixel that its networks take. They run in place of the last three of the model's.
    #[must_use]
    pub fn kmac_per_pixel(&self) -> f64 {
        self.0.networks.cost.macs / 1000.0
    }

    /// Number of weights, biases and gains of its networks.
    #[must_use]
    pub fn parameters(&self) -> u64 {
        self.0.networks.cost.parameters
    }

    /// Its networks, for latents of `model`.
    ///
    /// # Errors
    /// [`Error::Model`] if they are for another number of latents, whatever digest the file names.
    pub(crate) fn networks(&self, model: &Loaded) -> Result<&RenderingNetworks> {
        let (found, expected) = (self.0.networks.body.facts().inputs, model.y.channels);
        if found != usize::from(expected) {
            return Err(Error::Model(format!(
                "rendering {}: network synthesis body: {found} inputs, but its base model {} has {expected} latents",
                self.digest(),
                self.base()
            )));
        }
        Ok(&self.0.networks)
    }
}

impl fmt::Debug for RenderingModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RenderingModel({} of {})", self.digest(), self.base())
    }
}
