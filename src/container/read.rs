//! A file's bytes → checked chunks in their places.

use std::ops::Range;

use super::chunk::{link, Chunk, Chunks, Kind};
use super::filter::Filter;
use super::header::Header;
use crate::{Error, Limits, Metadata, Result};
use byteorder::{ByteOrder, LittleEndian as LE};

/// A file whose container is valid, or the beginning of one. All slices borrow from the file.
#[derive(Debug)]
pub(crate) struct Parsed<'a> {
    pub(crate) icc: Option<&'a [u8]>,
    pub(crate) exif: Option<&'a [u8]>,
    pub(crate) xmp: Option<&'a [u8]>,
    /// For [`super::decode_alpha`]; there exactly when `header.has_alpha()`.
    pub(crate) alpha: Option<&'a [u8]>,
    pub(crate) filter: Option<Filter>,
    /// Range-coder streams, layer-major: `[layer][tile row][tile column]`. As many as `header.stream_count()`, if the file is whole.
    pub(crate) tiles: Vec<&'a [u8]>,
}

impl Parsed<'_> {
    /// A copy of ICC, EXIF and XMP.
    pub(crate) fn metadata(&self) -> Metadata {
        Metadata {
            icc: self.icc.map(<[u8]>::to_vec),
            exif: self.exif.map(<[u8]>::to_vec),
            xmp: self.xmp.map(<[u8]>::to_vec),
        }
    }
}

/// A chunk of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkInfo {
    /// Type of the chunk, four letters.
    pub kind: String,
    /// Byte offset of the chunk in the file.
    pub offset: usize,
    /// Size of its payload in bytes.
    pub bytes: usize,
}

/// All chunks of a file that is whole, in order.
///
/// # Errors
/// Those of [`Parser::advance`] that concern single chunks.
pub(crate) fn list_chunks(file: &[u8]) -> Result<Vec<ChunkInfo>> {
    let mut chunks = Chunks::of_file(file)?;
    let mut list = Vec::new();
    while chunks.remaining() > 0 {
        let chunk = chunks.next("chunk")?;
        list.push(ChunkInfo {
            kind: chunk.kind.to_string(),
            offset: chunk.offset,
            bytes: chunk.payload.len(),
        });
    }
    Ok(list)
}

/// Reads a whole file and checks every rule of the container (SPEC.md section 4).
///
/// # Errors
/// [`Error::Signature`], [`Error::Truncated`], [`Error::Crc`], [`Error::Format`], [`Error::Unsupported`] or
/// [`Error::Limit`]; see there.
#[cfg(test)]
pub(crate) fn parse<'a>(file: &'a [u8], limits: &Limits) -> Result<(Header, Parsed<'a>)> {
    let mut parser = Parser::new(limits);
    parser.advance(file)?;
    parser.finish(file)?;
    let header = parser.header.expect("a file that is whole has a header");
    Ok((header, parser.parsed(file)))
}

/// Reads a file that arrives piece by piece. The caller keeps the bytes; what is found is kept as ranges of them.
#[derive(Debug, Clone)]
pub(crate) struct Parser {
    limits: Limits,
    /// Where the next chunk begins. 0: the signature has not been seen.
    offset: usize,
    header: Option<Header>,
    slots: Slots,
    tiles: Vec<Range<usize>>,
}

impl Parser {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            offset: 0,
            header: None,
            slots: Slots::default(),
            tiles: Vec::new(),
        }
    }

    /// Reads and checks all chunks that `file`, the beginning of a file, has and that have not been read before.
    ///
    /// # Errors
    /// Those of a file that ends here and is not whole: [`Error::Truncated`] if more bytes are needed, and then this can be called again;
    /// all other errors are final.
    pub(crate) fn advance(&mut self, file: &[u8]) -> Result<()> {
        let mut chunks = match self.offset {
            0 => Chunks::of_file(file)?,
            offset => Chunks::new(link(&file[..offset]), &file[offset..], offset),
        };
        let header = match self.header {
            Some(header) => header,
            None => {
                let header = read_header(&mut chunks, &self.limits)?;
                self.offset = chunks.offset();
                *self.header.insert(header)
            }
        };
        while self.tiles.len() < header.stream_count() {
            let chunk = chunks.next("TILE chunk")?;
            if chunk.kind == Kind::TILE {
                // Grows with the chunks that are there, never by the count that is declared.
                self.tiles.push(chunk.range());
            } else {
                self.slots.put(&chunk, !self.tiles.is_empty())?;
                self.slots.check_metadata(&self.limits)?;
            }
            self.offset = chunks.offset();
        }
        Ok(())
    }

    /// The rules for a whole file, once [`Self::advance`] has read all of it.
    ///
    /// # Errors
    /// Those of a file that breaks these rules.
    pub(crate) fn finish(&self, file: &[u8]) -> Result<()> {
        // Only now: a file of which a part has arrived is truncated, not too short for its picture. What may follow does not count.
        self.check_expansion()?;
        let more = file.len() - self.offset;
        if more > 0 {
            return Err(Error::Format(format!(
                "{more} bytes follow the last TILE chunk, at byte {}",
                self.offset
            )));
        }
        if let Some(header) = &self.header {
            self.slots.check_complete(header)?;
        }
        if let Some(index) = &self.slots.found[Slots::INDEX] {
            check_index(&file[index.clone()], &self.tiles)?;
        }
        Ok(())
    }

    /// Whether what has been read so far is enough for so large a picture.
    ///
    /// # Errors
    /// [`Error::Limit`] if not.
    pub(crate) fn check_expansion(&self) -> Result<()> {
        match &self.header {
            Some(header) => {
                self.limits
                    .check_expansion(header.width(), header.height(), self.offset)
            }
            None => Ok(()),
        }
    }

    /// The header, as soon as it has been read.
    pub(crate) fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// How many streams have been read.
    pub(crate) fn stream_count(&self) -> usize {
        self.tiles.len()
    }

    /// Whether all chunks have been read.
    pub(crate) fn is_complete(&self) -> bool {
        self.header
            .is_some_and(|header| self.tiles.len() == header.stream_count())
    }

    /// What has been read, as slices of `file`.
    pub(crate) fn parsed<'a>(&self, file: &'a [u8]) -> Parsed<'a> {
        let part = |slot: usize| self.slots.found[slot].clone().map(|range| &file[range]);
        Parsed {
            icc: part(0),
            exif: part(1),
            xmp: part(2),
            alpha: part(Slots::ALPHA),
            filter: part(Slots::FILTER).and_then(Filter::parse),
            tiles: self
                .tiles
                .iter()
                .map(|range| &file[range.clone()])
                .collect(),
        }
    }
}

/// Reads the `VHDR` chunk and checks the picture's size.
pub(super) fn read_header(chunks: &mut Chunks<'_>, limits: &Limits) -> Result<Header> {
    let first = chunks.next("VHDR chunk")?;
    if first.kind != Kind::VHDR {
        return Err(misplaced(&first, "the first chunk must be `VHDR`"));
    }
    parse_header(first.payload, limits)
}

/// Reads the payload of `VHDR` and checks the picture's size.
pub(super) fn parse_header(payload: &[u8], limits: &Limits) -> Result<Header> {
    let header = Header::parse(payload)?;
    limits.check_dimensions(header.width(), header.height())?;
    Ok(header)
}

/// The chunks between `VHDR` and the first `TILE`.
#[derive(Debug, Clone, Default)]
struct Slots {
    /// Where their payloads are.
    found: [Option<Range<usize>>; 6],
}

impl Slots {
    /// In the order of `found`; `tidx` is last, in the file too.
    const KINDS: [Kind; 6] = [
        Kind::ICCP,
        Kind::EXIF,
        Kind::XMPP,
        Kind::ALPH,
        Kind::FILT,
        Kind::TIDX,
    ];
    const ALPHA: usize = 3;
    const FILTER: usize = 4;
    const INDEX: usize = 5;

    /// Keeps a chunk that is known, skips one that may be skipped.
    fn put(&mut self, chunk: &Chunk<'_>, after_tile: bool) -> Result<()> {
        let known = Self::KINDS.iter().position(|&kind| kind == chunk.kind);
        if known.is_none() && chunk.kind != Kind::VHDR && chunk.kind.is_critical() {
            return Err(Error::Unsupported(format!(
                "critical chunk `{}` at byte {}, which this program does not know",
                chunk.kind, chunk.offset
            )));
        }
        if chunk.kind == Kind::VHDR {
            return Err(misplaced(chunk, "there must be only one"));
        }
        if after_tile {
            return Err(misplaced(chunk, "only TILE may follow TILE"));
        }
        let Some(slot) = known else { return Ok(()) };
        if self.found[slot].is_some() {
            return Err(misplaced(chunk, "there must be at most one"));
        }
        if self.found[Self::INDEX].is_some() {
            return Err(misplaced(chunk, "it must come before `tidx`"));
        }
        if slot == Self::FILTER && Filter::parse(chunk.payload).is_none() {
            return Err(Error::Format(format!(
                "chunk `FILT` at byte {} has {} bytes, expected {} or {}",
                chunk.offset,
                chunk.payload.len(),
                Filter::BYTES[0],
                Filter::BYTES[1]
            )));
        }
        self.found[slot] = Some(chunk.range());
        Ok(())
    }

    /// Checks that alpha is there exactly if the header says so.
    fn check_complete(&self, header: &Header) -> Result<()> {
        match (header.has_alpha(), self.found[Self::ALPHA].is_some()) {
            (true, false) => Err(Error::Format(
                "the header announces alpha, but there is no ALPH chunk".into(),
            )),
            (false, true) => Err(Error::Format(
                "there is an ALPH chunk, but the header says no alpha".into(),
            )),
            _ => Ok(()),
        }
    }

    fn check_metadata(&self, limits: &Limits) -> Result<()> {
        let value = self.found[..3]
            .iter()
            .flatten()
            .map(|payload| payload.len() as u64)
            .sum();
        limits.check_metadata(value)
    }
}

fn check_index(index: &[u8], tiles: &[Range<usize>]) -> Result<()> {
    if tiles.len() < 2 {
        return Err(Error::Format(
            "there is a tidx chunk, but only one TILE".into(),
        ));
    }
    if index.len() != 4 * tiles.len() {
        return Err(Error::Format(format!(
            "tidx has {} bytes, {} TILE chunks need {}",
            index.len(),
            tiles.len(),
            4 * tiles.len()
        )));
    }
    for (i, (entry, tile)) in index.chunks_exact(4).zip(tiles).enumerate() {
        let says = LE::read_u32(entry);
        if says as usize != tile.len() {
            return Err(Error::Format(format!(
                "tidx says {says} bytes for TILE {i}, which has {}",
                tile.len()
            )));
        }
    }
    Ok(())
}

fn misplaced(chunk: &Chunk<'_>, rule: &str) -> Error {
    Error::Format(format!(
        "chunk `{}` at byte {}: {rule}",
        chunk.kind, chunk.offset
    ))
}
