//! What is left of a damaged file: the chunks that are right, put in their places (SPEC.md section 4.10).

use std::collections::BTreeMap;

use super::assign::places;
use super::scan::{pieces, Piece, What};
use crate::container::chunk::{Chunks, Kind};
use crate::container::filter::Filter;
use crate::container::header::Header;
use crate::container::read::{parse_header, read_header};
use crate::container::signature::SIGNATURE;
use crate::{Limits, Result};

/// A file of which parts may be missing. All slices borrow from it.
pub(crate) struct Recovered<'a> {
    pub(crate) header: Header,
    pub(crate) icc: Option<&'a [u8]>,
    pub(crate) exif: Option<&'a [u8]>,
    pub(crate) xmp: Option<&'a [u8]>,
    pub(crate) alpha: Option<&'a [u8]>,
    filter_payload: Option<&'a [u8]>,
    /// By place: layer × number of tiles + tile.
    pub(crate) streams: BTreeMap<usize, Stream<'a>>,
    /// What was passed over, and why.
    pub(crate) notes: Notes,
}

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
/// Those of [`crate::container::parse`] that concern the signature, the header and the limits.
pub(crate) fn recover<'a>(file: &'a [u8], limits: &Limits) -> Result<Recovered<'a>> {
    let strict = read_header(&mut Chunks::of_file(file)?, limits);
    let pieces = pieces(file, SIGNATURE.len());
    let header = match pieces.first().map(|piece| &piece.what) {
        Some(&What::Whole {
            kind: Kind::VHDR,
            payload,
            intact: false,
        }) => parse_header(payload, limits)?,
        _ => strict?,
    };
    limits.check_expansion(header.width(), header.height(), file.len())?;
    let mut left = Recovered {
        header,
        icc: None,
        exif: None,
        xmp: None,
        alpha: None,
        filter_payload: None,
        streams: BTreeMap::new(),
        notes: Notes::default(),
    };
    let index = left.take_front(&pieces, limits);
    let places = places(&pieces, index, left.header.stream_count());
    for (piece, place) in pieces.iter().zip(places) {
        left.place(piece, place);
    }
    Ok(left)
}

impl<'a> Recovered<'a> {
    /// The filter, if its chunk is whole.
    pub(crate) fn filter(&self) -> Option<Filter> {
        self.filter_payload.and_then(Filter::parse)
    }

    fn note(&mut self, piece: &Piece<'_>, what: impl std::fmt::Display) {
        let Piece { offset, bytes, .. } = piece;
        self.notes
            .add(format_args!("{bytes} bytes at byte {offset}: {what}"));
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
                intact,
            } = piece.what
            else {
                continue;
            };
            if !intact {
                self.note(
                    piece,
                    format_args!("the length or the checksum of chunk `{kind}` is damaged, the rest of it is right"),
                );
            }
            let slot = match kind {
                Kind::ICCP => &mut self.icc,
                Kind::EXIF => &mut self.exif,
                Kind::XMPP => &mut self.xmp,
                Kind::ALPH => &mut self.alpha,
                Kind::FILT => &mut self.filter_payload,
                Kind::TIDX if !looked && payload.len() == 4 * self.header.stream_count() => {
                    looked = true;
                    let front = |p: &&Piece<'_>| !matches!(p.what, What::Whole { kind, .. } if kind != Kind::TILE);
                    index = pieces[i..].iter().find(front).map(|p| (payload, p.offset));
                    continue;
                }
                Kind::TILE => continue,
                Kind::VHDR if i == 0 => continue,
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
            self.notes.add(format_args!(
                "{bytes} bytes of metadata left out, the limit is {}",
                limits.max_metadata
            ));
            (self.icc, self.exif, self.xmp) = (None, None, None);
        }
        match (self.header.has_alpha(), self.alpha.is_some()) {
            (true, false) => self.notes.add("the alpha plane is lost"),
            (false, true) => {
                self.notes
                    .add("an alpha plane that the header does not announce, left out");
                self.alpha = None;
            }
            _ => {}
        }
        index
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

/// Sentences for people.
#[derive(Default)]
pub(crate) struct Notes {
    list: Vec<String>,
    more: usize,
}

impl Notes {
    /// A file may be rubble and chunks by turns. Whoever reads a hundred notes has read enough.
    const MAX: usize = 100;

    fn add(&mut self, note: impl std::fmt::Display) {
        if self.list.len() < Self::MAX {
            self.list.push(note.to_string());
        } else {
            self.more += 1;
        }
    }

    /// The first notes, and how many more there were.
    pub(crate) fn into_list(mut self) -> Vec<String> {
        if self.more > 0 {
            self.list.push(format!("{} more such notes", self.more));
        }
        self.list
    }
}
