//! A damaged file → stretches: chunks, what may have been chunks, and rubble (SPEC.md section 4.10).

use crate::container::chunk::{checksum, link, Chunk, Chunks, Kind, Link, MAX_PAYLOAD, OVERHEAD};
use crate::{Error, Result};
use byteorder::{ByteOrder, LittleEndian as LE};

/// Checksums are computed over at most so many times the file's length, however many chunks it pretends to have.
const CHECK_BUDGET: u64 = 16;

/// A stretch of a file.
pub(super) struct Piece<'a> {
    pub(super) offset: usize,
    pub(super) bytes: usize,
    pub(super) what: What<'a>,
}

pub(super) enum What<'a> {
    /// A right payload. Not `intact`: either the checksum is wrong, and the next chunk is linked to the right one, or the length is,
    /// and the checksum tells the right one.
    Whole {
        kind: Kind,
        payload: &'a [u8],
        intact: bool,
    },
    /// The checksum is wrong, but the length is such that the next chunk follows, or the end of the file.
    Damaged(Kind),
    /// Nothing that looks like a chunk; how many there were is not known.
    Rubble,
    /// A chunk that reaches beyond the end of the file: what is there of its payload.
    Cut(Kind, &'a [u8]),
}

/// All of `file` from byte `at` on, the end of its signature.
pub(super) fn pieces(file: &[u8], at: usize) -> Vec<Piece<'_>> {
    let mut scan = Scan {
        file,
        at,
        link: None,
        budget: CHECK_BUDGET.saturating_mul(file.len() as u64),
    };
    let mut pieces = Vec::new();
    while scan.at < file.len() {
        let offset = scan.at;
        let what = scan.step();
        pieces.push(Piece {
            offset,
            bytes: scan.at - offset,
            what,
        });
    }
    pieces
}

struct Scan<'a> {
    file: &'a [u8],
    at: usize,
    /// What the chunk at `at` is linked to, where that is known not to be what stands before it.
    link: Option<Link>,
    budget: u64,
}

impl<'a> Scan<'a> {
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
                intact: true,
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
                        intact: false,
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
        if let Some((kind, payload)) = self.of_other_length(start, before) {
            return What::Whole {
                kind,
                payload,
                intact: false,
            };
        }
        match head {
            Some((kind, end)) if next.is_none() && end > file.len() => {
                let payload = &file[start + 8..];
                What::Cut(kind, &payload[..payload.len().min(end - start - OVERHEAD)])
            }
            _ => What::Rubble,
        }
    }

    /// Type and end of the chunk at `at`, as it says itself. `None` for lengths that no chunk has.
    fn head(&self, at: usize) -> Option<(Kind, usize)> {
        let head = self.file.get(at..at + 8)?;
        let length = Some(LE::read_u32(head)).filter(|&length| length <= MAX_PAYLOAD)?;
        let end = at.checked_add(length as usize)?.checked_add(OVERHEAD)?;
        Some((Kind([head[4], head[5], head[6], head[7]]), end))
    }

    /// Type and payload of the chunk from `start` up to where the walk is now, if its checksum is right for that length.
    fn of_other_length(&mut self, start: usize, link: Link) -> Option<(Kind, &'a [u8])> {
        let (covered, stored) = self.file[start..self.at].split_last_chunk()?;
        let (_, (kind, payload)) = covered
            .split_first_chunk::<4>()
            .and_then(|(length, rest)| Some((length, rest.split_first_chunk::<4>()?)))?;
        let length = u32::try_from(payload.len()).ok()?.to_le_bytes();
        self.spend(self.at - start)?;
        let right = checksum(&[&link, &length, kind, payload]);
        (right.to_le_bytes() == *stored).then_some((Kind(*kind), payload))
    }

    /// `None` if the checksums of so many bytes are too many.
    fn spend(&mut self, bytes: usize) -> Option<()> {
        self.budget = self.budget.checked_sub(bytes as u64)?;
        Some(())
    }

    /// The chunk at `at`, or what is wrong with it; `None` if it reaches beyond the end of the file, or the budget does not allow to
    /// find out.
    fn chunk(&mut self, at: usize, link: Link) -> Option<Result<Chunk<'a>>> {
        let (_, end) = self.head(at)?;
        if end > self.file.len() {
            return None;
        }
        self.spend(end - at)?;
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
