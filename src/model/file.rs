//! The model file, `.vqzm`: signature, version, fields in a fixed order (little-endian, lists preceded by their length), CRC-32.

use super::layer::InFile;
use super::validate::check_layers;
use super::{
    Activation, ContextStep, Conv, Depthwise, FrequencyTable, LatentBlock, Layer, ModelData,
    Network, Parity, CODEBOOK_WORDS,
};
use crate::{Error, Result};

/// Detects text-mode damage, as PNG's does.
const SIGNATURE: [u8; 8] = *b"\x89VQZM\r\n\x1a";
const VERSION: u32 = 4;

impl ModelData {
    /// Serialises a model. The bytes are a function of the value alone.
    ///
    /// # Errors
    /// [`Error::Model`] if the model breaks a rule that [`Self::from_bytes`] would refuse it for.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.check()?;
        let mut w = Writer(SIGNATURE.to_vec());
        w.u32(VERSION);
        w.u32(self.name.len() as u32);
        w.0.extend_from_slice(self.name.as_bytes());
        w.block(&self.z);
        w.list(&self.z_mean, i16::to_le_bytes);
        w.list(&self.z_log_scale, i16::to_le_bytes);
        w.block(&self.y);
        for network in [
            &self.analysis_linear,
            &self.analysis,
            &self.hyper_analysis,
            &self.hyper_synthesis,
            &self.synthesis_linear,
            &self.synthesis_body,
            &self.synthesis_lift,
            &self.renderer,
        ] {
            w.network(network);
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
            w.network(&step.network);
            w.u16(step.activity as u16);
            w.u16(step.adaptation);
        }
        w.u16(self.scale_min as u16);
        w.u32(self.tables.len() as u32);
        for table in &self.tables {
            w.list(&table.frequencies, u16::to_le_bytes);
        }
        let crc = crc32fast::hash(&w.0);
        w.u32(crc);
        Ok(w.0)
    }

    /// Parses and checks a model: what this returns keeps every rule of its types' documentation.
    ///
    /// # Errors
    /// [`Error::Model`] names the field, the value and what was expected; [`Error::Crc`] if bytes were damaged;
    /// [`Error::Unsupported`] if a newer version wrote the file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let data = ModelData::parse(bytes)?;
        data.check()?;
        Ok(data.into_owned())
    }
}

impl<'a> ModelData<InFile<'a>> {
    /// Checks the structure only: [`super::Networks::prepare`] and [`Self::check_latents`] do the rest.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        if !bytes.starts_with(&SIGNATURE) {
            return Err(Error::Model(
                "not a .vqzm file: signature missing or damaged".into(),
            ));
        }
        let (body, crc) = bytes
            .split_last_chunk()
            .filter(|(body, _)| body.len() >= SIGNATURE.len() + 4)
            .ok_or_else(|| Error::Model(format!("file is truncated: {} bytes", bytes.len())))?;
        let mut r = Reader {
            bytes: body,
            at: SIGNATURE.len(),
            layers: 0,
        };
        let version = r.u32("version")?;
        if version != VERSION {
            return Err(Error::Unsupported(format!(
                "model file of version {version}, this library reads version {VERSION}"
            )));
        }
        let (found, expected) = (crc32fast::hash(body), u32::from_le_bytes(*crc));
        if found != expected {
            return Err(Error::Crc {
                what: "model file".into(),
                offset: 0,
                found,
                expected,
            });
        }
        let data = r.model()?;
        match r.bytes.len() - r.at {
            0 => Ok(data),
            left => Err(Error::Model(format!(
                "{left} bytes after the last field, expected none"
            ))),
        }
    }

    fn into_owned(self) -> ModelData {
        let step = |step: ContextStep<InFile>| ContextStep {
            channels: step.channels,
            parity: step.parity,
            network: step.network.to_owned(),
            activity: step.activity,
            adaptation: step.adaptation,
        };
        ModelData {
            name: self.name,
            analysis_linear: self.analysis_linear.to_owned(),
            analysis: self.analysis.to_owned(),
            hyper_analysis: self.hyper_analysis.to_owned(),
            hyper_synthesis: self.hyper_synthesis.to_owned(),
            steps: self.steps.into_iter().map(step).collect(),
            synthesis_linear: self.synthesis_linear.to_owned(),
            synthesis_body: self.synthesis_body.to_owned(),
            synthesis_lift: self.synthesis_lift.to_owned(),
            renderer: self.renderer.to_owned(),
            z: self.z,
            z_mean: self.z_mean,
            z_log_scale: self.z_log_scale,
            y: self.y,
            scale_min: self.scale_min,
            tables: self.tables,
        }
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn list<T: Copy, const N: usize>(&mut self, values: &[T], bytes: fn(T) -> [u8; N]) {
        self.u32(values.len() as u32);
        for &value in values {
            self.0.extend_from_slice(&bytes(value));
        }
    }

    fn block(&mut self, block: &LatentBlock) {
        self.u16(block.channels);
        self.list(&block.step, u16::to_le_bytes);
        self.list(&block.gain, u32::to_le_bytes);
        self.list(&block.mean_gain, u32::to_le_bytes);
        self.list(&block.log_scale, i32::to_le_bytes);
        self.list(&block.norm, u32::to_le_bytes);
        self.list(block.codebook.as_flattened(), i16::to_le_bytes);
        self.u8(block.channel_rate);
        self.u8(block.position_rate);
    }

    fn requantisation(&mut self, shift: u8, activation: Activation, clamp_bits: u8) {
        self.u8(shift);
        self.u8(match activation {
            Activation::None => 0,
            Activation::Relu => 1,
        });
        self.u8(clamp_bits);
    }

    fn network(&mut self, network: &Network) {
        self.u16(network.inputs);
        self.u8(network.input_bits);
        self.u32(network.layers.len() as u32);
        for layer in &network.layers {
            match layer {
                Layer::Conv(conv) => {
                    self.u8(0);
                    self.u8(conv.kernel);
                    self.u16(conv.inputs);
                    self.u16(conv.outputs);
                    self.requantisation(conv.shift, conv.activation, conv.clamp_bits);
                    self.list(&conv.weights, i16::to_le_bytes);
                    self.list(&conv.bias, i32::to_le_bytes);
                }
                Layer::Depthwise(layer) => {
                    self.u8(6);
                    self.u16(layer.channels);
                    self.requantisation(layer.shift, layer.activation, layer.clamp_bits);
                    self.list(&layer.weights, i16::to_le_bytes);
                    self.list(&layer.bias, i32::to_le_bytes);
                }
                Layer::Save => self.u8(1),
                Layer::AddSaved { clamp_bits } => {
                    self.u8(2);
                    self.u8(*clamp_bits);
                }
                Layer::Shuffle(r) => {
                    self.u8(3);
                    self.u8(*r);
                }
                Layer::Unshuffle(r) => {
                    self.u8(4);
                    self.u8(*r);
                }
                Layer::Gain { multipliers, shift } => {
                    self.u8(5);
                    self.u8(*shift);
                    self.list(multipliers, i32::to_le_bytes);
                }
            }
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Announced so far, in all networks.
    layers: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, what: &str, needed: usize) -> Result<&'a [u8]> {
        let left = &self.bytes[self.at..];
        let taken = left.get(..needed).ok_or_else(|| {
            Error::Model(format!(
                "file is truncated: {what} at byte {} needs {needed} bytes, {} left",
                self.at,
                left.len()
            ))
        })?;
        self.at += needed;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(what, N)?);
        Ok(array)
    }

    fn u8(&mut self, what: &str) -> Result<u8> {
        self.array(what).map(u8::from_le_bytes)
    }

    fn u16(&mut self, what: &str) -> Result<u16> {
        self.array(what).map(u16::from_le_bytes)
    }

    fn u32(&mut self, what: &str) -> Result<u32> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// The bytes of a list whose items take `size` bytes: checked to be there before anything is allocated.
    fn items(&mut self, what: &str, size: usize) -> Result<&'a [u8]> {
        let count = self.u32(what)? as usize;
        self.take(what, count.saturating_mul(size))
    }

    fn list<T, const N: usize>(&mut self, what: &str, from: fn([u8; N]) -> T) -> Result<Vec<T>> {
        let (items, _) = self.items(what, N)?.as_chunks::<N>();
        Ok(items.iter().map(|&bytes| from(bytes)).collect())
    }

    /// A list of structures that take at least some bytes each, so that the list cannot outgrow the file by much.
    fn structures<T>(&mut self, what: &str, read: fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.u32(what)?;
        (0..count).map(|_| read(self)).collect()
    }

    fn choice<T: Copy>(&mut self, what: &str, choices: &[T]) -> Result<T> {
        let code = self.u8(what)?;
        choices.get(usize::from(code)).copied().ok_or_else(|| {
            Error::Model(format!(
                "{what} at byte {}: {code}, expected less than {}",
                self.at - 1,
                choices.len()
            ))
        })
    }

    fn model(&mut self) -> Result<ModelData<InFile<'a>>> {
        let name = self.items("name", 1)?.to_vec();
        let name = String::from_utf8(name).map_err(|_| Error::Model("name is not UTF-8".into()))?;
        let z = self.block()?;
        let z_mean = self.list("z mean", i16::from_le_bytes)?;
        let z_log_scale = self.list("z log-scale", i16::from_le_bytes)?;
        let y = self.block()?;
        Ok(ModelData {
            name,
            z,
            z_mean,
            z_log_scale,
            y,
            analysis_linear: self.network()?,
            analysis: self.network()?,
            hyper_analysis: self.network()?,
            hyper_synthesis: self.network()?,
            synthesis_linear: self.network()?,
            synthesis_body: self.network()?,
            synthesis_lift: self.network()?,
            renderer: self.network()?,
            steps: self.structures("coding steps", Self::step)?,
            scale_min: self.u16("scale minimum")? as i16,
            tables: self.structures("frequency tables", |r| {
                r.list("frequencies", u16::from_le_bytes)
                    .map(|frequencies| FrequencyTable { frequencies })
            })?,
        })
    }

    fn block(&mut self) -> Result<LatentBlock> {
        Ok(LatentBlock {
            channels: self.u16("latent channels")?,
            step: self.list("steps", u16::from_le_bytes)?,
            gain: self.list("gains", u32::from_le_bytes)?,
            mean_gain: self.list("mean gains", u32::from_le_bytes)?,
            log_scale: self.list("log-scales", i32::from_le_bytes)?,
            norm: self.list("norms", u32::from_le_bytes)?,
            codebook: {
                let values = self.list("codebook", i16::from_le_bytes)?;
                let (words, rest) = values.as_chunks::<2>();
                if !rest.is_empty() {
                    return Err(Error::Model(format!(
                        "codebook of {} values, expected a multiple of {}",
                        values.len(),
                        2 * CODEBOOK_WORDS
                    )));
                }
                words.to_vec()
            },
            channel_rate: self.u8("channel rate")?,
            position_rate: self.u8("position rate")?,
        })
    }

    fn step(&mut self) -> Result<ContextStep<InFile<'a>>> {
        Ok(ContextStep {
            channels: self.u16("first channel")?..self.u16("last channel")?,
            parity: self.choice("parity", &[Parity::All, Parity::Even, Parity::Odd])?,
            network: self.network()?,
            activity: self.u16("activity")? as i16,
            adaptation: self.u16("adaptation")?,
        })
    }

    fn network(&mut self) -> Result<Network<InFile<'a>>> {
        let (inputs, input_bits) = (self.u16("network inputs")?, self.u8("network input bits")?);
        let count = self.u32("layers")?;
        // Layers of one byte take many in memory.
        self.layers = self.layers.saturating_add(count as usize);
        check_layers(self.layers)?;
        let layers = (0..count).map(|_| self.layer());
        Ok(Network {
            inputs,
            input_bits,
            layers: layers.collect::<Result<_>>()?,
        })
    }

    fn activation(&mut self) -> Result<Activation> {
        self.choice("activation", &[Activation::None, Activation::Relu])
    }

    fn layer(&mut self) -> Result<Layer<InFile<'a>>> {
        Ok(match self.u8("layer type")? {
            0 => Layer::Conv(Conv {
                kernel: self.u8("kernel")?,
                inputs: self.u16("inputs")?,
                outputs: self.u16("outputs")?,
                shift: self.u8("shift")?,
                activation: self.activation()?,
                clamp_bits: self.u8("clamp bits")?,
                weights: InFile(self.items("weights", 2)?.as_chunks().0),
                bias: self.list("bias", i32::from_le_bytes)?,
            }),
            1 => Layer::Save,
            2 => Layer::AddSaved {
                clamp_bits: self.u8("clamp bits")?,
            },
            3 => Layer::Shuffle(self.u8("shuffle factor")?),
            4 => Layer::Unshuffle(self.u8("shuffle factor")?),
            5 => {
                let shift = self.u8("shift")?;
                Layer::Gain {
                    multipliers: self.list("gain multipliers", i32::from_le_bytes)?,
                    shift,
                }
            }
            6 => Layer::Depthwise(Depthwise {
                channels: self.u16("channels")?,
                shift: self.u8("shift")?,
                activation: self.activation()?,
                clamp_bits: self.u8("clamp bits")?,
                weights: InFile(self.items("weights", 2)?.as_chunks().0),
                bias: self.list("bias", i32::from_le_bytes)?,
            }),
            code => {
                return Err(Error::Model(format!(
                    "layer type at byte {}: {code}, expected 0 to 6",
                    self.at - 1
                )))
            }
        })
    }
}
