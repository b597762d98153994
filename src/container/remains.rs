//! What is left of a damaged file: the chunks that are right, put in their places (SPEC.md section 4.10).

use std::collections::BTreeMap;

use super::chunk::{Chunks, Kind, OVERHEAD};
use super::header::Header;
use super::read::read_header;
use super::walk::{pieces, Piece, What};
use crate::{Limits, Result};
use byteorder::{ByteOrder, LittleEndian as LE};

/// A file of which parts may be missing. All slices borrow from it.
pub(crate) struct Remains<'a> {
    pub(crate) header: Header,
    pub(crate) icc: Option<&'a [u8]>,
    pub(crate) exif: Option<&'a [u8]>,
    pub(crate) xmp: Option<&'a [u8]>,
    pub(crate) alpha: Option<&'a [u8]>,
    /// By place: layer × number of tiles + tile.
    pub(crate) streams: BTreeMap<usize, Stream<'a>>,
    /// What was passed over, and why: the first [`MAX_NOTES`], and how many more there were.
    pub(crate) notes: Vec<String>,
}

/// A file may be rubble and chunks by turns. Whoever reads a hundred notes has read enough.
const MAX_NOTES: usize = 100;

/// A range-coder stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream<'a> {
    pub(crate) bytes: &'a [u8],
    /// The chunk's checksum vouches for it, or the next chunk does. Otherwise the file ends within the chunk, and this is what is there of it.
    pub(crate) checked: bool,
}

/// Finds what can be used of a file.
///
/// # Errors
/// Those of [`super::parse`] that concern the signature, the header and the limits.
pub(crate) fn remains<'a>(file: &'a [u8], limits: &Limits) -> Result<Remains<'a>> {
    let mut chunks = Chunks::of_file(file)?;
    let header = read_header(&mut chunks, limits)?;
    limits.check_expansion(header.width(), header.height(), file.len())?;
    let pieces = pieces(file, chunks.offset());
    let mut left = Remains {
        header,
        icc: None,
        exif: None,
        xmp: None,
        alpha: None,
        streams: BTreeMap::new(),
        notes: Vec::new(),
    };
    let index = left.take_front(&pieces, limits);
    left.place_streams(&pieces, index);
    let more = left.notes.len().saturating_sub(MAX_NOTES);
    left.notes.truncate(MAX_NOTES);
    if more > 0 {
        left.notes.push(format!("{more} more such notes"));
    }
    Ok(left)
}

impl<'a> Remains<'a> {
    fn note(&mut self, piece: &Piece<'_>, what: impl std::fmt::Display) {
        let Piece { offset, bytes, .. } = piece;
        self.notes
            .push(format!("{bytes} bytes at byte {offset}: {what}"));
    }

    /// Takes metadata and alpha. Returns the index, and where the first `TILE` after it begins.
    fn take_front(&mut self, pieces: &[Piece<'a>], limits: &Limits) -> Option<(&'a [u8], usize)> {
        let mut index = None;
        // Looked for once: a file may be full of them.
        let mut looked = false;
        for (i, piece) in pieces.iter().enumerate() {
            let What::Whole {
                kind,
                payload,
                checksum,
            } = piece.what
            else {
                continue;
            };
            if !checksum {
                self.note(
                    piece,
                    format_args!("the checksum of chunk `{kind}` is damaged, the next chunk tells that the rest of it is right"),
                );
            }
            let slot = match kind {
                Kind::ICCP => &mut self.icc,
                Kind::EXIF => &mut self.exif,
                Kind::XMPP => &mut self.xmp,
                Kind::ALPH => &mut self.alpha,
                Kind::TIDX if !looked && payload.len() == 4 * self.header.stream_count() => {
                    looked = true;
                    let front = |p: &&Piece<'_>| !matches!(p.what, What::Whole { kind, .. } if kind != Kind::TILE);
                    index = pieces[i..].iter().find(front).map(|p| (payload, p.offset));
                    continue;
                }
                Kind::TILE => continue,
                kind if kind.is_critical() || kind == Kind::TIDX => {
                    self.note(
                        piece,
                        format_args!("chunk `{kind}` out of place, passed over"),
                    );
                    continue;
                }
                _ => continue,
            };
            if slot.is_some() {
                self.note(piece, format_args!("a second chunk `{kind}`, passed over"));
                continue;
            }
            *slot = Some(payload);
        }
        let metadata = [self.icc, self.exif, self.xmp];
        let bytes: usize = metadata.iter().flatten().map(|part| part.len()).sum();
        if bytes as u64 > limits.max_metadata {
            self.notes.push(format!(
                "{bytes} bytes of metadata left out, the limit is {}",
                limits.max_metadata
            ));
            (self.icc, self.exif, self.xmp) = (None, None, None);
        }
        match (self.header.has_alpha(), self.alpha.is_some()) {
            (true, false) => self.notes.push("the alpha plane is lost".into()),
            (false, true) => {
                self.notes
                    .push("an alpha plane that the header does not announce, left out".into());
                self.alpha = None;
            }
            _ => {}
        }
        index
    }

    /// Puts streams where they belong: by the index, or by counting from the beginning up to the first gap and from the end of the
    /// file back to the last one. What lies between has no known place.
    fn place_streams(&mut self, pieces: &[Piece<'a>], index: Option<(&'a [u8], usize)>) {
        let count = self.header.stream_count();
        let starts = index.map(|(lengths, first)| starts(lengths, first));
        let mut begun = false;
        let mut tiles: Vec<bool> = pieces
            .iter()
            .map(|piece| {
                begun |= is_tile(piece, begun);
                begun && is_tile(piece, begun)
            })
            .collect();
        // Damaged chunks of unknown kind may be metadata or the index: if there are too many tiles, the first of them are.
        let found = tiles.iter().filter(|&&tile| tile).count();
        let doubtful = pieces.iter().zip(&mut tiles).filter(|(piece, tile)| {
            **tile && matches!(piece.what, What::Damaged(kind) if kind != Kind::TILE)
        });
        for (_, tile) in doubtful.take(found.saturating_sub(count)) {
            *tile = false;
        }
        let first_gap = pieces.iter().position(is_gap).unwrap_or(pieces.len());
        let last_gap = pieces.iter().rposition(is_gap).unwrap_or(pieces.len());
        let end = seam(pieces, &tiles, count).unwrap_or(pieces.len());
        let mut from_end = tiles.iter().filter(|&&tile| tile).count();
        let mut from_start = 0;
        for (i, (piece, &tile)) in pieces.iter().zip(&tiles).enumerate() {
            let place = match &starts {
                _ if i >= end => None,
                Some(starts) => starts.get(&piece.offset).copied(),
                None if !tile => None,
                None if i <= first_gap => Some(from_start),
                None if i > last_gap => count.checked_sub(from_end),
                None => None,
            };
            from_start += usize::from(tile);
            from_end -= usize::from(tile);
            self.place(piece, place.filter(|&place| place < count));
        }
    }

    fn place(&mut self, piece: &Piece<'a>, place: Option<usize>) {
        match (&piece.what, place) {
            (
                &What::Whole {
                    kind: Kind::TILE,
                    payload,
                    ..
                },
                place,
            ) => match place.filter(|place| !self.streams.contains_key(place)) {
                Some(place) => self.keep(place, payload, true),
                None => self.note(piece, "a stream whose place is not known, passed over"),
            },
            (What::Whole { .. }, _) => {}
            (What::Cut(Kind::TILE, bytes), Some(place)) => {
                self.note(
                    piece,
                    "the file ends within a stream, which is used as far as it goes",
                );
                self.keep(place, bytes, false);
            }
            (What::Cut(..), _) => self.note(piece, "the file ends within a chunk, passed over"),
            (What::Damaged(kind), _) => {
                self.note(
                    piece,
                    format_args!("chunk `{kind}` is damaged, passed over"),
                );
            }
            (What::Rubble, _) => self.note(piece, "no chunk found here, passed over"),
        }
    }

    fn keep(&mut self, place: usize, bytes: &'a [u8], checked: bool) {
        self.streams.insert(place, Stream { bytes, checked });
    }
}

/// Whether a piece takes the place of a `TILE` chunk; `begun` once there was one.
fn is_tile(piece: &Piece<'_>, begun: bool) -> bool {
    match piece.what {
        What::Whole { kind, .. } => kind == Kind::TILE,
        What::Damaged(kind) => begun || kind == Kind::TILE || !Kind::ALL.contains(&kind),
        What::Cut(kind, _) => kind == Kind::TILE,
        What::Rubble => false,
    }
}

/// Where a whole chunk was taken out or put in, so that those from there on have no known place: the first one that seems damaged, if
/// the file is chunks all the way, but too many or too few. `tiles` tells which pieces take the place of one of the `count` streams.
fn seam(pieces: &[Piece<'_>], tiles: &[bool], count: usize) -> Option<usize> {
    let found = tiles.iter().filter(|&&tile| tile).count();
    if found == count || pieces.iter().any(is_gap) {
        return None;
    }
    let damaged = |piece: &Piece<'_>| matches!(piece.what, What::Damaged(_));
    let mut pieces = pieces.iter().zip(tiles);
    pieces.position(|(piece, &tile)| tile && damaged(piece))
}

/// Whether chunks may have vanished here.
fn is_gap(piece: &Piece<'_>) -> bool {
    matches!(piece.what, What::Rubble | What::Cut(..))
}

/// Offsets in the file → places, by the index.
fn starts(lengths: &[u8], first: usize) -> BTreeMap<usize, usize> {
    let mut start = first;
    let lengths = lengths.chunks_exact(4).map(LE::read_u32);
    lengths
        .enumerate()
        .map(|(place, length)| {
            let this = start;
            start = start.saturating_add(length as usize + OVERHEAD);
            (this, place)
        })
        .collect()
}
