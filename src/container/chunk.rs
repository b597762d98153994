//! Chunks: u32 payload length, four letters, payload, CRC-32 of the four bytes before the chunk and all three. Little-endian.
//!
//! The four bytes are the checksum of the chunk before, so that a chunk is valid only after the one that it was written after.

use super::signature::{strip_signature, SIGNATURE};
use crate::{Error, Result};
use byteorder::{ByteOrder, LittleEndian as LE};

/// Largest payload of a chunk in bytes.
pub(crate) const MAX_PAYLOAD: u32 = i32::MAX as u32;
/// Bytes of a chunk besides its payload.
pub(crate) const OVERHEAD: usize = 12;
/// Length and type.
const HEAD: usize = 8;

/// The four bytes before a chunk: the checksum of the one before it, or the end of the signature.
pub(crate) type Link = [u8; 4];

/// Four ASCII letters; the case of the first tells critical from ancillary.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind(pub(crate) [u8; 4]);

impl Kind {
    pub(crate) const VHDR: Self = Self(*b"VHDR");
    pub(crate) const ICCP: Self = Self(*b"iccp");
    pub(crate) const EXIF: Self = Self(*b"exif");
    pub(crate) const XMPP: Self = Self(*b"xmpp");
    pub(crate) const ALPH: Self = Self(*b"ALPH");
    pub(crate) const FILT: Self = Self(*b"FILT");
    pub(crate) const TIDX: Self = Self(*b"tidx");
    pub(crate) const TILE: Self = Self(*b"TILE");
    /// Padding.
    pub(crate) const FILL: Self = Self(*b"fill");

    /// All that this version writes.
    pub(crate) const ALL: [Self; 9] = [
        Self::VHDR,
        Self::ICCP,
        Self::EXIF,
        Self::XMPP,
        Self::ALPH,
        Self::FILT,
        Self::FILL,
        Self::TIDX,
        Self::TILE,
    ];

    /// Whether a reader that does not know the chunk has to refuse the file.
    pub(crate) fn is_critical(self) -> bool {
        self.0[0] & 0x20 == 0
    }

    /// Name for the `&'static str` of [`Error::Truncated`].
    fn name(self) -> &'static str {
        match self {
            Self::VHDR => "VHDR chunk",
            Self::ICCP => "iccp chunk",
            Self::EXIF => "exif chunk",
            Self::XMPP => "xmpp chunk",
            Self::ALPH => "ALPH chunk",
            Self::FILT => "FILT chunk",
            Self::TIDX => "tidx chunk",
            Self::TILE => "TILE chunk",
            Self::FILL => "fill chunk",
            _ => "unknown chunk",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// A chunk whose checksum and type letters are right.
pub(crate) struct Chunk<'a> {
    pub(crate) kind: Kind,
    /// Byte offset of the chunk (its length field) in the file.
    pub(crate) offset: usize,
    pub(crate) payload: &'a [u8],
}

impl Chunk<'_> {
    /// Where the payload is in the file.
    pub(crate) fn range(&self) -> std::ops::Range<usize> {
        let start = self.offset + HEAD;
        start..start + self.payload.len()
    }
}

/// Walks the chunks of a file.
pub(crate) struct Chunks<'a> {
    link: Link,
    rest: &'a [u8],
    offset: usize,
}

/// What a chunk at the end of `front` is linked to.
///
/// # Panics
/// If `front` is shorter than a signature.
pub(crate) fn link(front: &[u8]) -> Link {
    *front.last_chunk().expect("chunks follow the signature")
}

impl<'a> Chunks<'a> {
    /// All chunks of a file.
    ///
    /// # Errors
    /// Those of [`strip_signature`].
    pub(crate) fn of_file(file: &'a [u8]) -> Result<Self> {
        let rest = strip_signature(file)?;
        Ok(Self::new(link(&SIGNATURE), rest, SIGNATURE.len()))
    }

    /// `rest` are the bytes of a file from byte `offset` on; the chunk there has to be linked to `link`.
    pub(crate) fn new(link: Link, rest: &'a [u8], offset: usize) -> Self {
        Self { link, rest, offset }
    }

    /// Byte offset of the next chunk.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// Bytes not read yet.
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Reads and checks one chunk; `expected` names what should come here, for the message.
    ///
    /// # Errors
    /// [`Error::Truncated`], [`Error::Crc`], or [`Error::Format`] for a bad length or type.
    pub(crate) fn next(&mut self, expected: &'static str) -> Result<Chunk<'a>> {
        let truncated = |what, needed| Error::Truncated {
            what,
            offset: self.offset,
            needed,
            have: self.rest.len(),
        };
        let length = self.rest.first_chunk().map(|&b| u32::from_le_bytes(b));
        if let Some(length) = length.filter(|&length| length > MAX_PAYLOAD) {
            return Err(Error::Format(format!(
                "chunk at byte {} has a length of {length} bytes, the limit is {MAX_PAYLOAD}",
                self.offset
            )));
        }
        let (Some(length), Some(head)) = (length, self.rest.get(..HEAD)) else {
            return Err(truncated(expected, OVERHEAD));
        };
        let kind = Kind([head[4], head[5], head[6], head[7]]);
        // At most 2³¹ + 11: no overflow with 32-bit addresses.
        let size = length as usize + OVERHEAD;
        let Some(bytes) = self.rest.get(..size) else {
            return Err(truncated(kind.name(), size));
        };
        let (covered, crc) = bytes.split_at(size - 4);
        let (found, stored) = (checksum(&[&self.link, covered]), LE::read_u32(crc));
        if found != stored {
            return Err(Error::Crc {
                what: format!("chunk `{kind}`"),
                offset: self.offset,
                found,
                expected: stored,
            });
        }
        if !kind.0.iter().all(u8::is_ascii_alphabetic) {
            return Err(Error::Format(format!(
                "chunk at byte {} has type `{kind}`, which is not four ASCII letters",
                self.offset
            )));
        }
        let offset = self.offset;
        self.link = link(crc);
        self.rest = &self.rest[size..];
        self.offset += size;
        Ok(Chunk {
            kind,
            offset,
            payload: &covered[HEAD..],
        })
    }
}

/// CRC-32 of a chunk's link, length, type and payload, in any pieces.
pub(super) fn checksum(covered: &[&[u8]]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    covered.iter().for_each(|bytes| crc.update(bytes));
    crc.finalize()
}

/// Appends a chunk to `out`, which begins with the signature.
///
/// # Errors
/// [`Error::Parameter`] if the payload is too long.
pub(crate) fn write_chunk(out: &mut Vec<u8>, kind: Kind, payload: &[u8]) -> Result<()> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    if length > MAX_PAYLOAD {
        return Err(Error::Parameter(format!(
            "{} bytes are too many for a `{kind}` chunk, the limit is {MAX_PAYLOAD}",
            payload.len()
        )));
    }
    let start = out.len();
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&kind.0);
    out.extend_from_slice(payload);
    let crc = checksum(&[&link(&out[..start]), &out[start..]]);
    out.extend_from_slice(&crc.to_le_bytes());
    Ok(())
}
