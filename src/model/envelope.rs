//! What model files and rendering files have in common: signature, version, fields in a fixed order (little-endian, lists preceded by their
//! length), CRC-32; and how networks are written.

use super::validate::check_layers;
use super::{Layer, Network};
use crate::check::check_range;
use crate::fields::{FieldReader, FieldWriter};
use crate::nn::InFile;
use crate::{Error, Result};

/// Bytes of signature and version.
const HEAD: usize = 12;
/// Bytes of a length, and of a CRC-32.
const LENGTH: usize = 4;
const CRC: usize = 4;

/// A kind of file.
pub(super) struct Envelope {
    /// Detects text-mode damage, as PNG's does.
    pub(super) signature: [u8; 8],
    pub(super) version: u32,
    /// For messages.
    pub(super) name: &'static str,
    pub(super) extension: &'static str,
}

impl Envelope {
    /// The bytes of a file whose fields `write` appends.
    pub(super) fn write(&self, write: impl FnOnce(&mut FieldWriter)) -> Vec<u8> {
        let mut w = FieldWriter(self.signature.to_vec());
        w.u32(self.version);
        write(&mut w);
        let crc = crc32fast::hash(&w.0);
        w.u32(crc);
        w.0
    }

    /// Signature and version, of a file that has at least `least` bytes.
    fn begin(&self, bytes: &[u8], least: usize) -> Result<()> {
        if !bytes.starts_with(&self.signature) {
            return Err(Error::Model(format!(
                "not a {} file: signature missing or damaged",
                self.extension
            )));
        }
        check_range("bytes of the file", bytes.len(), least, usize::MAX).map_err(Error::Model)?;
        let version = FieldReader::new(bytes, self.signature.len()).u32("version")?;
        if version != self.version {
            return Err(Error::Unsupported(format!(
                "{} of version {version}, this library reads version {}",
                self.name, self.version
            )));
        }
        Ok(())
    }

    /// A file that says behind its version how long it is, and what follows it.
    pub(super) fn split<'a>(&self, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8])> {
        let least = HEAD + LENGTH + CRC;
        self.begin(bytes, least)?;
        let length = FieldReader::new(bytes, HEAD).u32("length")? as usize;
        check_range("length of the file", length, least, bytes.len())
            .map_err(|what| Error::Model(format!("{what}; was it cut off?")))?;
        Ok(bytes.split_at(length))
    }

    /// The bytes of a file that says so.
    pub(super) fn write_with_length(&self, write: impl FnOnce(&mut FieldWriter)) -> Vec<u8> {
        let mut fields = FieldWriter(Vec::new());
        write(&mut fields);
        self.write(|w| {
            w.u32((HEAD + LENGTH + fields.0.len() + CRC) as u32);
            w.0.extend(fields.0);
        })
    }

    /// What `read` makes of the fields of a file, which must be all of it.
    pub(super) fn read<'a, T>(
        &self,
        bytes: &'a [u8],
        read: impl FnOnce(&mut Reader<'a>) -> Result<T>,
    ) -> Result<T> {
        self.begin(bytes, HEAD + CRC)?;
        let (body, crc) = bytes.split_last_chunk().expect("a CRC");
        let (found, expected) = (crc32fast::hash(body), u32::from_le_bytes(*crc));
        if found != expected {
            return Err(Error::Crc {
                what: self.name.into(),
                offset: 0,
                found,
                expected,
            });
        }
        let mut r = Reader {
            fields: FieldReader::new(body, HEAD),
            layers: 0,
        };
        let data = read(&mut r)?;
        match r.fields.left() {
            0 => Ok(data),
            left => Err(Error::Model(format!(
                "{left} bytes after the last field, expected none"
            ))),
        }
    }
}

pub(super) fn write_name(w: &mut FieldWriter, name: &str) {
    w.u32(name.len() as u32);
    w.0.extend_from_slice(name.as_bytes());
}

pub(super) fn write_network(w: &mut FieldWriter, network: &Network) {
    w.u16(network.inputs);
    w.u8(network.input_bits);
    w.u32(network.layers.len() as u32);
    for layer in &network.layers {
        layer.write(w);
    }
}

pub(super) struct Reader<'a> {
    pub(super) fields: FieldReader<'a>,
    /// Announced so far, in all networks.
    layers: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn name(&mut self) -> Result<String> {
        let name = self.fields.list("name", u8::from_le_bytes)?;
        String::from_utf8(name).map_err(|_| Error::Model("name is not UTF-8".into()))
    }

    /// A list of structures that take at least some bytes each, so that the list cannot outgrow the file by much.
    pub(super) fn structures<T>(
        &mut self,
        what: &str,
        read: fn(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let count = self.fields.u32(what)?;
        (0..count).map(|_| read(self)).collect()
    }

    pub(super) fn network(&mut self) -> Result<Network<InFile<'a>>> {
        let (inputs, input_bits) = (
            self.fields.u16("network inputs")?,
            self.fields.u8("network input bits")?,
        );
        let count = self.fields.u32("layers")?;
        // Layers of one byte take many in memory.
        self.layers = self.layers.saturating_add(count as usize);
        check_layers(self.layers)?;
        let layers = (0..count).map(|_| Layer::read(&mut self.fields));
        Ok(Network {
            inputs,
            input_bits,
            layers: layers.collect::<Result<_>>()?,
        })
    }
}
