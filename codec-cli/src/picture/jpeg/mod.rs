//! Whether a JPEG's data are whole and sound. The decoder in use shows grey or smeared blocks where they are not, without a
//! word. Its strict mode finds every file that was cut, but only a sixth of the overwritten scans, where this finds nine
//! tenths. So all scans are decoded here once more, without the pixels.

mod frame;
mod huffman;
mod scan;
mod tables;
#[cfg(test)]
mod tests;

use frame::Frame;
use scan::{Progress, Scan};
use std::fmt;
use tables::Tables;

/// More scans than a progressive file has a use for: the decoder refuses them, and this check need not go through them.
const MAX_SCANS: usize = 100;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fault(&'static str);

type Result<T> = std::result::Result<T, Fault>;

/// What is wrong, and where the sound part ends.
#[derive(Debug)]
pub struct Damage {
    fault: Fault,
    /// Byte of the file.
    at: usize,
    bytes: usize,
    /// Number of the scan, from 1, and row of the picture.
    scan: usize,
    row: usize,
    height: usize,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            fault,
            at,
            bytes,
            scan,
            row,
            height,
        } = self;
        write!(f, "its data break off at byte {at} of {bytes}")?;
        if *scan > 0 {
            write!(f, ", in scan {scan}, at row {row} of {height}")?;
        }
        write!(f, ": {}", fault.0)
    }
}

/// What a sound file has besides the picture.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// A file without one whose scans are all whole loses nothing.
    pub end_marker: bool,
    /// Bytes of comments.
    pub comments: usize,
    /// Bytes behind the end marker: a second picture, a film.
    pub behind: usize,
}

/// Checks everything up to the end marker. `size` is the picture's, width first.
///
/// # Errors
/// The first fault.
pub fn check(data: &[u8], size: (u32, u32)) -> std::result::Result<Contents, Damage> {
    let mut check = Check {
        data,
        size,
        at: 2,
        scans: 0,
        contents: Contents::default(),
        progress: Progress::default(),
    };
    match check.run() {
        Ok(()) => Ok(check.contents),
        Err(fault) => Err(Damage {
            fault,
            at: check.progress.at.max(check.at).min(data.len()),
            bytes: data.len(),
            scan: check.scans,
            row: check.progress.row,
            height: size.1 as usize,
        }),
    }
}

struct Check<'a> {
    data: &'a [u8],
    size: (u32, u32),
    at: usize,
    scans: usize,
    contents: Contents,
    progress: Progress,
}

impl<'a> Check<'a> {
    fn run(&mut self) -> Result<()> {
        self.contents.end_marker = true;
        let mut tables = Tables::default();
        let mut frame: Option<Frame> = None;
        while let Some(marker) = self.marker() {
            if marker == 0xd9 {
                return match frame.is_some_and(|frame| frame.is_begun()) {
                    true => {
                        self.contents.behind = self.data.len() - self.at;
                        Ok(())
                    }
                    false => Err(Fault("a component is missing")),
                };
            }
            // Markers without a segment.
            if matches!(marker, 0x01 | 0xd0..=0xd8) {
                continue;
            }
            let segment = self.segment()?;
            match marker {
                0xc4 => tables.huffman(segment)?,
                0xdb => tables.quantisers(segment)?,
                0xfe => self.contents.comments += segment.len(),
                0xdd => {
                    let &[high, low] = segment else {
                        return Err(Fault("the restart interval is damaged"));
                    };
                    tables.restart = usize::from(u16::from_be_bytes([high, low]));
                }
                0xc0..=0xcf if !matches!(marker, 0xc8 | 0xcc) => {
                    if frame.is_some() {
                        return Err(Fault("there are two frame headers"));
                    }
                    match Frame::new(marker, segment, self.size)? {
                        Some(found) => frame = Some(found),
                        // Not a kind that can be checked here, nor decoded by the decoder in use.
                        None => return Ok(()),
                    }
                }
                0xda => {
                    let frame = frame.as_mut().ok_or(Fault("the frame header is missing"))?;
                    self.scans += 1;
                    // Frames of a film (MJPEG) may leave the usual Huffman tables out: not checked.
                    if self.scans > MAX_SCANS || tables.has_no_codes() {
                        return Ok(());
                    }
                    self.progress = Progress::default();
                    let scan = Scan::new(segment, frame, &tables)?;
                    self.at = scan.check(frame, &tables, self.data, self.at, &mut self.progress)?;
                }
                _ => {}
            }
        }
        match frame.is_some_and(|frame| frame.is_complete()) {
            true => {
                self.contents.end_marker = false;
                Ok(())
            }
            false => Err(Fault("the file ends")),
        }
    }

    /// The next marker; bytes in front of it, and those that fill up, are skipped.
    fn marker(&mut self) -> Option<u8> {
        let rest = &self.data[self.at..];
        let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff);
        let place = rest.windows(2).position(is_marker);
        self.at = place.map_or(self.data.len(), |place| self.at + place + 2);
        place.map(|place| rest[place + 1])
    }

    /// The content of the segment here.
    fn segment(&mut self) -> Result<&'a [u8]> {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let Some(&[high, low]) = rest.first_chunk() else {
            return Err(Fault("the file ends"));
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            return Err(Fault("a segment is shorter than its length"));
        }
        let segment = rest.get(2..length).ok_or(Fault("the file ends"))?;
        self.at += length;
        Ok(segment)
    }
}
