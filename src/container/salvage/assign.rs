//! Which stream is which in a damaged file.

use std::collections::BTreeMap;

use super::scan::{Piece, What};
use crate::container::chunk::{Kind, OVERHEAD};
use byteorder::{ByteOrder, LittleEndian as LE};

/// For every piece the place of its stream, if that is known: by the index, or by counting from the beginning up to the first gap and
/// from the end of the file back to the last one. Less than `count`, the number of streams that the header calls for.
///
/// `index` are the lengths of the streams, and where the first one begins.
pub(super) fn places(
    pieces: &[Piece<'_>],
    index: Option<(&[u8], usize)>,
    count: usize,
) -> Vec<Option<usize>> {
    let starts = index.map(|(lengths, first)| starts(lengths, first));
    let tiles = tiles(pieces, count);
    let first_gap = pieces.iter().position(is_gap).unwrap_or(pieces.len());
    let last_gap = pieces.iter().rposition(is_gap).unwrap_or(pieces.len());
    let seam = seam(pieces, &tiles, count).unwrap_or(pieces.len());
    let mut from_end = tiles.iter().filter(|&&tile| tile).count();
    let mut from_start = 0;
    let place = |(i, (piece, &tile)): (usize, (&Piece<'_>, &bool))| {
        let place = match &starts {
            _ if i >= seam => None,
            Some(starts) => starts.get(&piece.offset).and_then(|span| span.place(piece)),
            None if !tile => None,
            None if i <= first_gap => Some(from_start),
            None if i > last_gap => count.checked_sub(from_end),
            None => None,
        };
        from_start += usize::from(tile);
        from_end -= usize::from(tile);
        place.filter(|&place| place < count)
    };
    pieces.iter().zip(&tiles).enumerate().map(place).collect()
}

/// Which pieces take the place of a `TILE` chunk.
fn tiles(pieces: &[Piece<'_>], count: usize) -> Vec<bool> {
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
    tiles
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

/// Whether chunks may have vanished here.
fn is_gap(piece: &Piece<'_>) -> bool {
    matches!(piece.what, What::Rubble | What::Cut(..))
}

/// Where a whole chunk was taken out or put in, so that those from there on have no known place: the first one that seems damaged, if
/// the file is chunks all the way, but too many or too few.
fn seam(pieces: &[Piece<'_>], tiles: &[bool], count: usize) -> Option<usize> {
    let found = tiles.iter().filter(|&&tile| tile).count();
    if found == count || pieces.iter().any(is_gap) {
        return None;
    }
    let damaged = |piece: &Piece<'_>| matches!(piece.what, What::Damaged(_));
    let mut pieces = pieces.iter().zip(tiles);
    pieces.position(|(piece, &tile)| tile && damaged(piece))
}

/// A chunk by the index.
struct Span {
    place: usize,
    end: usize,
}

impl Span {
    /// The place, if the piece has the right length; one that the file cuts off may be shorter.
    fn place(&self, piece: &Piece<'_>) -> Option<usize> {
        let end = piece.offset + piece.bytes;
        let fits = match piece.what {
            What::Cut(..) => end <= self.end,
            _ => end == self.end,
        };
        fits.then_some(self.place)
    }
}

/// Chunks by their offsets in the file. What an index says beyond the largest address is never found there.
fn starts(lengths: &[u8], first: usize) -> BTreeMap<usize, Span> {
    let mut start = first;
    let lengths = lengths.chunks_exact(4).map(LE::read_u32).enumerate();
    let spans = lengths.map(|(place, length)| {
        let this = start;
        start = this
            .saturating_add(length as usize)
            .saturating_add(OVERHEAD);
        (this, Span { place, end: start })
    });
    spans.collect()
}
