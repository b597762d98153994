//! The encoder file, `.vqze`: the networks that encoders alone need, for one model. Its frame is that of model files (`envelope.rs`).
//!
//! It is a file of its own so that decoders need not carry it, and so that a better encoder is no other model: files name the model file alone.

use super::envelope::{write_name, write_network, Envelope};
use super::validate::check_layers;
use super::{Digest, Network};
use crate::nn::InFile;
use crate::{Error, Result};

const ENVELOPE: Envelope = Envelope {
    signature: *b"\x89VQZE\r\n\x1a",
    version: 1,
    name: "encoder file",
    extension: ".vqze",
};

/// Everything an encoder file holds, but for the digest of its model. `W` is where the weights are: here, or still in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncoderData<W = Vec<i16>> {
    /// Free text: name, training run.
    pub name: String,
    /// Pixels − 128 (3 channels, 8-bit) → y, linear part.
    pub analysis_linear: Network<W>,
    /// Pixels − 128 → y, network part; added to the linear one.
    pub analysis: Network<W>,
    /// n̂ before quantisation (Q8, 14-bit) → z.
    pub hyper_analysis: Network<W>,
}

impl EncoderData {
    /// The bytes of the encoder file, for the model file with that digest.
    pub(super) fn to_bytes(&self, base: Digest) -> Vec<u8> {
        ENVELOPE.write(|w| {
            write_name(w, &self.name);
            w.0.extend_from_slice(&base.0);
            for network in [&self.analysis_linear, &self.analysis, &self.hyper_analysis] {
                write_network(w, network);
            }
        })
    }
}

impl<'a> EncoderData<InFile<'a>> {
    /// Checks the structure, and that the file is for the model with that digest.
    pub(super) fn parse(bytes: &'a [u8], model: Digest) -> Result<Self> {
        let (data, base) = ENVELOPE.read(bytes, |r| {
            let name = r.name()?;
            let base = Digest(r.fields.array("base model")?);
            let data = Self {
                name,
                analysis_linear: r.network()?,
                analysis: r.network()?,
                hyper_analysis: r.network()?,
            };
            Ok((data, base))
        })?;
        if base != model {
            return Err(Error::Model(format!(
                "encoder file: it is for the model {base}, expected {model}"
            )));
        }
        check_layers(data.networks().map(|network| network.layers.len()).sum())?;
        Ok(data)
    }

    pub(super) fn into_owned(self) -> EncoderData {
        EncoderData {
            name: self.name,
            analysis_linear: self.analysis_linear.into_owned(),
            analysis: self.analysis.into_owned(),
            hyper_analysis: self.hyper_analysis.into_owned(),
        }
    }
}

impl<W> EncoderData<W> {
    fn networks(&self) -> impl Iterator<Item = &Network<W>> {
        [&self.analysis_linear, &self.analysis, &self.hyper_analysis].into_iter()
    }
}
