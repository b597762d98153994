//! Header, metadata and streams → a file.

use super::chunk::{write_chunk, Kind, OVERHEAD};
use super::filter::Filter;
use super::header::{Header, HEADER_BYTES};
use super::signature::SIGNATURE;
use crate::limits::least_bytes;
use crate::{Error, Limits, Metadata, Result};

/// A file's bytes.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    /// How many of them are there only to make the file long enough for its picture.
    pub(crate) padding: usize,
}

/// The bytes of a file, with padding if it would be too short for its picture ([`crate::Limits::max_expansion`]). `alpha` comes from [`super::encode_alpha`]; `tiles` are range-coder streams in the order of
/// [`super::Parsed::tiles`].
///
/// # Errors
/// [`Error::Parameter`] if `alpha` or the number of `tiles` disagrees with the header, or a payload is 2 GiB or more; [`Error::Limit`] if
/// the metadata is more than decoders take.
pub(crate) fn write(
    header: &Header,
    metadata: &Metadata,
    alpha: Option<&[u8]>,
    filter: Option<&Filter>,
    tiles: &[Vec<u8>],
) -> Result<Written> {
    if alpha.is_some() != header.has_alpha() {
        return Err(Error::Parameter(format!(
            "header says alpha: {}, but alpha given: {}",
            header.has_alpha(),
            alpha.is_some()
        )));
    }
    if tiles.len() != header.stream_count() {
        return Err(Error::Parameter(format!(
            "{} streams given, the header needs {}",
            tiles.len(),
            header.stream_count()
        )));
    }
    let parts = [&metadata.icc, &metadata.exif, &metadata.xmp];
    let bytes = parts.into_iter().flatten().map(|part| part.len() as u64);
    Limits::default().check_metadata(bytes.sum())?;
    let streams: usize = tiles.iter().map(|stream| stream.len() + OVERHEAD).sum();
    let mut out = Vec::with_capacity(SIGNATURE.len() + OVERHEAD + HEADER_BYTES + streams);
    out.extend_from_slice(&SIGNATURE);
    write_chunk(&mut out, Kind::VHDR, &header.to_bytes())?;
    let filter = filter.copied().map(Filter::to_bytes);
    let optional = [
        (Kind::ICCP, metadata.icc.as_deref()),
        (Kind::EXIF, metadata.exif.as_deref()),
        (Kind::XMPP, metadata.xmp.as_deref()),
        (Kind::ALPH, alpha),
        (Kind::FILT, filter.as_deref()),
    ];
    for (kind, payload) in optional {
        if let Some(payload) = payload {
            write_chunk(&mut out, kind, payload)?;
        }
    }
    // Layers of a single tile are read in order anyway, so they do not pay for an index.
    let index = (header.tile_count() > 1).then(|| {
        let lengths = tiles.iter().map(|stream| stream.len() as u32);
        lengths.flat_map(u32::to_le_bytes).collect::<Vec<_>>()
    });
    let streams = match &index {
        Some(index) => index.len() + OVERHEAD + streams,
        None => streams,
    };
    let missing = least_bytes(header.width(), header.height()).saturating_sub(out.len() + streams);
    let before = out.len();
    if missing > 0 {
        let zeros = vec![0; missing.saturating_sub(OVERHEAD)];
        write_chunk(&mut out, Kind::FILL, &zeros)?;
    }
    let padding = out.len() - before;
    if let Some(index) = index {
        write_chunk(&mut out, Kind::TIDX, &index)?;
    }
    for stream in tiles {
        write_chunk(&mut out, Kind::TILE, stream)?;
    }
    Ok(Written {
        bytes: out,
        padding,
    })
}
