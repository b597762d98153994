//! A file's bytes → checked chunks in their places.

use super::chunk::{Chunk, Chunks, Kind};
use super::header::Header;
use crate::info::ChunkInfo;
use crate::{Error, Limits, Result};
use byteorder::{ByteOrder, LittleEndian as LE};

/// A file whose container is valid. All slices borrow from the file.
#[derive(Debug)]
pub(crate) struct Parsed<'a> {
    pub(crate) header: Header,
    pub(crate) icc: Option<&'a [u8]>,
    pub(crate) exif: Option<&'a [u8]>,
    pub(crate) xmp: Option<&'a [u8]>,
    /// For [`super::decode_alpha`]; there exactly when `header.has_alpha()`.
    pub(crate) alpha: Option<&'a [u8]>,
    /// Range-coder streams, layer-major: `[layer][tile row][tile column]`. As many as `header.stream_count()`.
    pub(crate) tiles: Vec<&'a [u8]>,
}

/// All chunks of a file that [`parse`] accepts, in order.
///
/// # Errors
/// Those of [`parse`] that concern single chunks.
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
pub(crate) fn parse<'a>(file: &'a [u8], limits: &Limits) -> Result<Parsed<'a>> {
    let mut chunks = Chunks::of_file(file)?;
    let header = read_header(&mut chunks, limits)?;
    let mut slots = Slots::default();
    // Grows with the chunks that are there, never by the count that is declared.
    let mut tiles = Vec::new();
    while tiles.len() < header.stream_count() {
        let chunk = chunks.next("TILE chunk")?;
        if chunk.kind == Kind::TILE {
            tiles.push(chunk.payload);
        } else {
            slots.put(&chunk, !tiles.is_empty())?;
            slots.check_metadata(limits)?;
        }
    }
    // Only now: a file of which a part has arrived is truncated, not too short for its picture. What may follow does not count.
    limits.check_expansion(header.width(), header.height(), chunks.offset())?;
    if chunks.remaining() > 0 {
        return Err(Error::Format(format!(
            "{} bytes follow the last TILE chunk, at byte {}",
            chunks.remaining(),
            chunks.offset()
        )));
    }
    let [icc, exif, xmp, alpha, index] = slots.found;
    match (header.has_alpha(), alpha.is_some()) {
        (true, false) => {
            return Err(Error::Format(
                "the header announces alpha, but there is no ALPH chunk".into(),
            ))
        }
        (false, true) => {
            return Err(Error::Format(
                "there is an ALPH chunk, but the header says no alpha".into(),
            ))
        }
        _ => {}
    }
    if let Some(index) = index {
        check_index(index, &tiles)?;
    }
    Ok(Parsed {
        header,
        icc,
        exif,
        xmp,
        alpha,
        tiles,
    })
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
#[derive(Default)]
struct Slots<'a> {
    found: [Option<&'a [u8]>; 5],
}

impl<'a> Slots<'a> {
    /// In the order of `found`; `tidx` is last, in the file too.
    const KINDS: [Kind; 5] = [Kind::ICCP, Kind::EXIF, Kind::XMPP, Kind::ALPH, Kind::TIDX];
    const INDEX: usize = 4;

    /// Keeps a chunk that is known, skips one that may be skipped.
    fn put(&mut self, chunk: &Chunk<'a>, after_tile: bool) -> Result<()> {
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
        self.found[slot] = Some(chunk.payload);
        Ok(())
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

fn check_index(index: &[u8], tiles: &[&[u8]]) -> Result<()> {
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
