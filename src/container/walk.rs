//! A damaged file → stretches: chunks, what may have been chunks, and rubble (SPEC.md section 4.10).

use super::chunk::{link, Chunk, Chunks, Kind, Link, OVERHEAD};
use crate::{Error, Result};
use byteorder::{ByteOrder, LittleEndian as LE};

/// Checksums are computed over at most so many times the file's length, however many chunks it pretends to have.
const CHECK_BUDGET: usize = 16;

/// A stretch of a file.
pub(super) struct Piece<'a> {
    pub(super) offset: usize,
    pub(super) bytes: usize,
    pub(super) what: What<'a>,
}

pub(super) enum What<'a> {
    /// With a right checksum; or with a wrong one where the next chunk is linked to the right one.
    Whole {
        kind: Kind,
        payload: &'a [u8],
        checksum: bool,
    },
    /// The checksum is wrong, but the length is such that the next chunk follows, or the end of the file.
    Damaged(Kind),
    /// Nothing that looks like a chunk; how many there were is not known.
    Rubble,
    /// A chunk that reaches beyond the end of the file: what is there of its payload.
    Cut(Kind, &'a [u8]),
}

/// All of `file` from byte `at` on, the end of its header.
pub(super) fn pieces(file: &[u8], at: usize) -> Vec<Piece<'_>> {
    let mut walk = Walk {
        file,
        at,
        link: None,
        budget: CHECK_BUDGET.saturating_mul(file.len()),
    };
    let mut pieces = Vec::new();
    while walk.at < file.len() {
        let offset = walk.at;
        let what = walk.step();
        pieces.push(Piece {
            offset,
            bytes: walk.at - offset,
            what,
        });
    }
    pieces
}

struct Walk<'a> {
    file: &'a [u8],
    at: usize,
    /// What the chunk at `at` is linked to, where that is known not to be what stands before it.
    link: Option<Link>,
    budget: usize,
}

impl<'a> Walk<'a> {
    /// The piece at `at`, which moves to its end.
    fn step(&mut self) -> What<'a> {
        let (file, start) = (self.file, self.at);
        let before = self.link.take().unwrap_or_else(|| link(&file[..start]));
        let chunk = self.chunk(start, before);
        if let Some(Ok(Chunk { kind, payload, .. })) = chunk {
            self.at += payload.len() + OVERHEAD;
            return What::Whole {
                kind,
                payload,
                checksum: true,
            };
        }
        let head = self.head(start);
        if let Some((kind, end)) = head {
            if let Some(Err(Error::Crc { found, .. })) = chunk {
                let right = found.to_le_bytes();
                if self.is_chunk(end, right) {
                    (self.at, self.link) = (end, Some(right));
                    return What::Whole {
                        kind,
                        payload: &file[start + 8..end - 4],
                        checksum: false,
                    };
                }
            }
            if end == file.len() || self.is_linked(end) {
                self.at = end;
                return What::Damaged(kind);
            }
        }
        let known = |q: &usize| Kind::ALL.iter().any(|k| file[q + 4..].starts_with(&k.0));
        let last = file.len().saturating_sub(OVERHEAD);
        let next = (start + 1..=last)
            .filter(known)
            .find(|&q| self.is_linked(q));
        self.at = next.unwrap_or(file.len());
        match head {
            Some((kind, end)) if next.is_none() && end > file.len() => {
                let payload = &file[start + 8..];
                What::Cut(kind, &payload[..payload.len().min(end - start - OVERHEAD)])
            }
            _ => What::Rubble,
        }
    }

    /// Type and end of the chunk at `at`, as it says itself.
    fn head(&self, at: usize) -> Option<(Kind, usize)> {
        let head = self.file.get(at..at + 8)?;
        let end = at.checked_add(LE::read_u32(head) as usize)?;
        let kind = Kind([head[4], head[5], head[6], head[7]]);
        Some((kind, end.checked_add(OVERHEAD)?))
    }

    /// The chunk at `at`, or what is wrong with it; `None` if it reaches beyond the end of the file, or the budget does not allow to
    /// find out.
    fn chunk(&mut self, at: usize, link: Link) -> Option<Result<Chunk<'a>>> {
        let (_, end) = self.head(at)?;
        if end > self.file.len() {
            return None;
        }
        self.budget = self.budget.checked_sub(end - at)?;
        Some(Chunks::new(link, &self.file[at..], at).next("chunk"))
    }

    fn is_chunk(&mut self, at: usize, link: Link) -> bool {
        matches!(self.chunk(at, link), Some(Ok(_)))
    }

    /// Whether there is a chunk at `at` that is linked to what stands before it.
    fn is_linked(&mut self, at: usize) -> bool {
        let front = self.file.get(..at);
        front.is_some_and(|front| self.is_chunk(at, link(front)))
    }
}
