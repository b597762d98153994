//! The model file, `.vqzm`, within the frame of `envelope.rs`, and the encoder file that may follow it.

use std::path::{Path, PathBuf};

use super::envelope::{write_name, write_network, Envelope, Reader};
use super::{
    ChannelFeedback, ContextStep, Digest, EncoderData, FrequencyTable, LatentBlock,
    LinearPrediction, ModelData, Parity, CODEBOOKS,
};
use crate::fields::FieldWriter;
use crate::nn::InFile;
use crate::{Error, Result};

const ENVELOPE: Envelope = Envelope {
    signature: *b"\x89VQZM\r\n\x1a",
    version: 7,
    name: "model file",
    extension: ".vqzm",
};

/// A model file, and what follows it: nothing, or its encoder file.
///
/// # Errors
/// [`Error::Model`], [`Error::Unsupported`] if it is none, or was cut off.
pub(super) fn split(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    ENVELOPE.split(bytes)
}

/// The encoder file of a model file `bytes` at `path`, if none follows it, and one of the same name is beside it.
#[must_use]
pub fn encoder_beside(path: &Path, bytes: &[u8]) -> Option<PathBuf> {
    split(bytes).ok().filter(|(_, rest)| rest.is_empty())?;
    let file = path.with_extension("vqze");
    file.is_file().then_some(file)
}

/// The bytes of the model file at `path`, and of the encoder file that is behind it or beside it, if there is one.
///
/// # Errors
/// If one of them cannot be read.
pub fn read_with_encoder(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = std::fs::read(path)?;
    if let Some(encoder) = encoder_beside(path, &bytes) {
        bytes.extend(std::fs::read(encoder)?);
    }
    Ok(bytes)
}

impl ModelData {
    /// The bytes of the model file, and of the encoder file if there is an encoder. They are a function of the value alone.
    ///
    /// # Errors
    /// [`Error::Model`] if the model breaks a rule that [`Self::from_bytes`] would refuse it for.
    pub fn to_files(&self) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
        self.check()?;
        let model = ENVELOPE.write_with_length(|w| self.write(w));
        let encoder = self.encoder.as_ref();
        let encoder = encoder.map(|encoder| encoder.to_bytes(Digest::of(&model)));
        Ok((model, encoder))
    }

    /// The same as one file, the encoder file behind the model file.
    ///
    /// # Errors
    /// Those of [`Self::to_files`].
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let (mut bytes, encoder) = self.to_files()?;
        bytes.extend(encoder.unwrap_or_default());
        Ok(bytes)
    }

    fn write(&self, w: &mut FieldWriter) {
        write_name(w, &self.name);
        write_block(w, &self.z);
        w.list(self.z_mean.iter().copied(), i16::to_le_bytes);
        w.list(self.z_log_scale.iter().copied(), i16::to_le_bytes);
        write_block(w, &self.y);
        for network in [
            &self.hyper_synthesis,
            &self.synthesis_linear,
            &self.synthesis_body,
            &self.synthesis_lift,
            &self.renderer,
        ] {
            write_network(w, network);
        }
        w.u32(self.steps.len() as u32);
        for step in &self.steps {
            w.u16(step.channels.start);
            w.u16(step.channels.end);
            w.u8(match step.parity {
                Parity::All => 0,
                Parity::Even => 1,
                Parity::Odd => 2,
            });
            write_network(w, &step.network);
            w.u16(step.activity as u16);
            w.u16(step.adaptation);
            write_prediction(w, &step.prediction);
        }
        w.u16(self.scale_min as u16);
        w.u8(self.spacing);
        let tables = self.tables.iter().flatten();
        w.u32(tables.clone().count() as u32);
        for table in tables {
            for codeword in table.codewords {
                w.u16(codeword as u16);
            }
            w.list(table.frequencies.iter().copied(), u16::to_le_bytes);
        }
    }

    /// Parses and checks a model file, and the encoder file behind it if there is one: what this returns keeps every rule of its types'
    /// documentation.
    ///
    /// # Errors
    /// [`Error::Model`] names the field, the value and what was expected; [`Error::Crc`] if bytes were damaged;
    /// [`Error::Unsupported`] if a newer version wrote the file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (model, encoder) = split(bytes)?;
        let mut data = ModelData::parse(model)?;
        if !encoder.is_empty() {
            data.encoder = Some(EncoderData::parse(encoder, Digest::of(model))?);
        }
        data.check()?;
        Ok(data.into_owned())
    }
}

impl<'a> ModelData<InFile<'a>> {
    /// A model without an encoder, from the bytes of the model file alone. Checks the structure only: [`super::Networks::prepare`] and
    /// [`Self::check_latents`] do the rest.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        ENVELOPE.read(bytes, Reader::model)
    }

    fn into_owned(self) -> ModelData {
        let step = |step: ContextStep<InFile>| ContextStep {
            channels: step.channels,
            parity: step.parity,
            network: step.network.into_owned(),
            activity: step.activity,
            adaptation: step.adaptation,
            prediction: step.prediction,
        };
        ModelData {
            name: self.name,
            encoder: self.encoder.map(EncoderData::into_owned),
            hyper_synthesis: self.hyper_synthesis.into_owned(),
            steps: self.steps.into_iter().map(step).collect(),
            synthesis_linear: self.synthesis_linear.into_owned(),
            synthesis_body: self.synthesis_body.into_owned(),
            synthesis_lift: self.synthesis_lift.into_owned(),
            renderer: self.renderer.into_owned(),
            z: self.z,
            z_mean: self.z_mean,
            z_log_scale: self.z_log_scale,
            y: self.y,
            scale_min: self.scale_min,
            spacing: self.spacing,
            tables: self.tables,
        }
    }
}

fn write_prediction(w: &mut FieldWriter, prediction: &LinearPrediction) {
    w.u32(prediction.feedback.len() as u32);
    for channel in &prediction.feedback {
        channel.neighbours.iter().for_each(|&weight| w.u8(weight));
        w.u16(channel.weight);
    }
    w.list(prediction.across.iter().copied(), i16::to_le_bytes);
}

fn write_block(w: &mut FieldWriter, block: &LatentBlock) {
    w.u16(block.channels);
    w.list(block.step.iter().copied(), u16::to_le_bytes);
    w.list(block.gain.iter().copied(), u32::to_le_bytes);
    w.list(block.mean_gain.iter().copied(), u32::to_le_bytes);
    w.list(block.log_scale.iter().copied(), i32::to_le_bytes);
    w.list(block.norm.iter().copied(), u32::to_le_bytes);
    w.u8(block.channel_rate);
    w.u8(block.position_rate);
}

impl<'a> Reader<'a> {
    fn model(&mut self) -> Result<ModelData<InFile<'a>>> {
        // Its length, which has been looked at.
        self.fields.u32("length")?;
        let name = self.name()?;
        let z = self.block()?;
        let z_mean = self.fields.list("z mean", i16::from_le_bytes)?;
        let z_log_scale = self.fields.list("z log-scale", i16::from_le_bytes)?;
        let y = self.block()?;
        Ok(ModelData {
            name,
            z,
            z_mean,
            z_log_scale,
            y,
            encoder: None,
            hyper_synthesis: self.network()?,
            synthesis_linear: self.network()?,
            synthesis_body: self.network()?,
            synthesis_lift: self.network()?,
            renderer: self.network()?,
            steps: self.structures("coding steps", Self::step)?,
            scale_min: self.fields.u16("scale minimum")? as i16,
            spacing: self.fields.u8("spacing")?,
            tables: self.tables()?,
        })
    }

    fn tables(&mut self) -> Result<[Vec<FrequencyTable>; CODEBOOKS]> {
        let mut first = self.structures("frequency tables", |r| {
            let mut codeword = || Ok(r.fields.u16("codeword")? as i16);
            Ok(FrequencyTable {
                codewords: [codeword()?, codeword()?, codeword()?],
                frequencies: r.fields.list("frequencies", u16::from_le_bytes)?,
            })
        })?;
        if !first.len().is_multiple_of(CODEBOOKS) {
            return Err(Error::Model(format!(
                "{} frequency tables, expected an even number",
                first.len()
            )));
        }
        let second = first.split_off(first.len() / CODEBOOKS);
        Ok([first, second])
    }

    fn block(&mut self) -> Result<LatentBlock> {
        Ok(LatentBlock {
            channels: self.fields.u16("latent channels")?,
            step: self.fields.list("steps", u16::from_le_bytes)?,
            gain: self.fields.list("gains", u32::from_le_bytes)?,
            mean_gain: self.fields.list("mean gains", u32::from_le_bytes)?,
            log_scale: self.fields.list("log-scales", i32::from_le_bytes)?,
            norm: self.fields.list("norms", u32::from_le_bytes)?,
            channel_rate: self.fields.u8("channel rate")?,
            position_rate: self.fields.u8("position rate")?,
        })
    }

    fn step(&mut self) -> Result<ContextStep<InFile<'a>>> {
        Ok(ContextStep {
            channels: self.fields.u16("first channel")?..self.fields.u16("last channel")?,
            parity: self
                .fields
                .choice("parity", &[Parity::All, Parity::Even, Parity::Odd])?,
            network: self.network()?,
            activity: self.fields.u16("activity")? as i16,
            adaptation: self.fields.u16("adaptation")?,
            prediction: self.prediction()?,
        })
    }

    fn prediction(&mut self) -> Result<LinearPrediction> {
        Ok(LinearPrediction {
            feedback: self.structures("channels with feedback", |r| {
                let mut weight = || r.fields.u8("weight of a neighbour");
                Ok(ChannelFeedback {
                    neighbours: [weight()?, weight()?, weight()?, weight()?],
                    weight: r.fields.u16("weight of feedback")?,
                })
            })?,
            across: self
                .fields
                .list("weights across channels", i16::from_le_bytes)?,
        })
    }
}
