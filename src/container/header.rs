//! The `VHDR` chunk.

use crate::model::QUALITY_MAX;
use crate::{Color, Error, PixelFormat, Result};
use byteorder::{ByteOrder, LittleEndian as LE};

/// The one format version there is.
pub(crate) const FORMAT_VERSION: u8 = 4;
/// Bytes of the payload in this version.
pub(crate) const HEADER_BYTES: usize = 19;
/// Tile sides from 2⁸ to 2¹² pixels.
const TILE_LOG2: std::ops::RangeInclusive<u8> = 8..=12;

const FLAG_GRAY: u8 = 1;
const FLAG_ALPHA: u8 = 2;
const FLAG_UNIFORM: u8 = 4;
const FLAG_TILE_STEPS: u8 = 8;
const FLAGS: u8 = FLAG_GRAY | FLAG_ALPHA | FLAG_UNIFORM | FLAG_TILE_STEPS;

/// How the picture was coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Coding {
    /// First 8 bytes of the model file's SHA-256.
    pub(crate) model: [u8; 8],
    /// 0 to [`QUALITY_MAX`].
    pub(crate) quality: u16,
    /// Quantiser steps are not adapted to what is expected.
    pub(crate) uniform_steps: bool,
    /// Each tile says how many coding steps it holds.
    pub(crate) tile_steps: bool,
    /// log2 of the tile side in pixels, 8 to 12.
    pub(crate) tile_log2: u8,
    /// 1: one stream per tile. n: progressive, n streams per tile.
    pub(crate) layers: u8,
}

/// What a file says of its picture before anything else, in its first 40 bytes or so. A `Header` that exists is valid, so nothing here
/// can fail; the model that it names need not be at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    width: u16,
    height: u16,
    color: Color,
    alpha: bool,
    coding: Coding,
}

impl Header {
    /// A header for a picture of `width` × `height` pixels.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a side is not 1 to 65,535 or a field of `coding` is out of range.
    pub(crate) fn new(
        width: u32,
        height: u32,
        color: Color,
        alpha: bool,
        coding: Coding,
    ) -> Result<Self> {
        let side = |what, value: u32| {
            u16::try_from(value)
                .map_err(|_| Error::Parameter(format!("{what} is {value}, the limit is 65535")))
        };
        let header = Self {
            width: side("width", width)?,
            height: side("height", height)?,
            color,
            alpha,
            coding,
        };
        header.check().map_err(Error::Parameter)?;
        Ok(header)
    }

    /// Reads the payload of a `VHDR` chunk.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for another version, bit depth or reserved flag; [`Error::Format`] for the rest.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self> {
        // The version comes first: another version may have another length.
        match payload.first() {
            None => return Err(Error::Format("VHDR is empty".into())),
            Some(&FORMAT_VERSION) => {}
            Some(version) => {
                return Err(Error::Unsupported(format!(
                    "format version {version}, this program reads version {FORMAT_VERSION}"
                )));
            }
        }
        if payload.len() != HEADER_BYTES {
            return Err(Error::Format(format!(
                "VHDR has {} bytes, it must have {HEADER_BYTES}",
                payload.len()
            )));
        }
        let (flags, depth) = (payload[5], payload[6]);
        if flags & !FLAGS != 0 {
            return Err(Error::Unsupported(format!(
                "flags {flags:#010b} in VHDR, bits 4 to 7 are reserved"
            )));
        }
        if depth != 8 {
            return Err(Error::Unsupported(format!("bit depth {depth}, must be 8")));
        }
        let mut model = [0; 8];
        model.copy_from_slice(&payload[7..15]);
        let header = Self {
            width: LE::read_u16(&payload[1..]),
            height: LE::read_u16(&payload[3..]),
            color: if flags & FLAG_GRAY != 0 {
                Color::Gray
            } else {
                Color::Rgb
            },
            alpha: flags & FLAG_ALPHA != 0,
            coding: Coding {
                model,
                quality: LE::read_u16(&payload[15..]),
                uniform_steps: flags & FLAG_UNIFORM != 0,
                tile_steps: flags & FLAG_TILE_STEPS != 0,
                tile_log2: payload[17],
                layers: payload[18],
            },
        };
        header
            .check()
            .map_err(|what| Error::Format(format!("VHDR: {what}")))?;
        Ok(header)
    }

    /// The payload of the `VHDR` chunk.
    pub(crate) fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        out[0] = FORMAT_VERSION;
        LE::write_u16(&mut out[1..], self.width);
        LE::write_u16(&mut out[3..], self.height);
        let flags = [
            (FLAG_GRAY, self.color == Color::Gray),
            (FLAG_ALPHA, self.alpha),
            (FLAG_UNIFORM, self.coding.uniform_steps),
            (FLAG_TILE_STEPS, self.coding.tile_steps),
        ];
        out[5] = flags.iter().map(|&(flag, set)| flag * u8::from(set)).sum();
        out[6] = 8;
        out[7..15].copy_from_slice(&self.coding.model);
        LE::write_u16(&mut out[15..], self.coding.quality);
        out[17] = self.coding.tile_log2;
        out[18] = self.coding.layers;
        out
    }

    fn check(&self) -> Result<(), String> {
        let Coding {
            quality,
            tile_log2,
            layers,
            tile_steps,
            ..
        } = self.coding;
        if self.width == 0 || self.height == 0 {
            return Err(format!(
                "picture is {}×{}, each side must be at least 1",
                self.width, self.height
            ));
        }
        if quality > QUALITY_MAX {
            return Err(format!("quality is {quality}, the limit is {QUALITY_MAX}"));
        }
        if !TILE_LOG2.contains(&tile_log2) {
            return Err(format!(
                "log2 of the tile side is {tile_log2}, it must be 8 to 12"
            ));
        }
        if layers == 0 {
            return Err("number of layers is 0, it must be at least 1".into());
        }
        if tile_steps && layers != 1 {
            return Err(format!(
                "number of layers is {layers}, it must be 1 where tiles say how many coding steps they hold"
            ));
        }
        Ok(())
    }

    /// The same for a sequential file whose tiles say how many coding steps they hold.
    pub(crate) fn with_tile_steps(mut self) -> Self {
        debug_assert_eq!(self.coding.layers, 1);
        self.coding.tile_steps = true;
        self
    }

    /// Width in pixels, 1 to 65,535.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width.into()
    }

    /// Height in pixels, 1 to 65,535.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height.into()
    }

    /// Colour channels.
    #[must_use]
    pub fn color(&self) -> Color {
        self.color
    }

    /// Whether there is an alpha plane.
    #[must_use]
    pub fn has_alpha(&self) -> bool {
        self.alpha
    }

    /// The pixel format that holds the picture without loss and without waste.
    #[must_use]
    pub fn format(&self) -> PixelFormat {
        PixelFormat::of(self.color, self.alpha)
    }

    /// Quality that the picture was encoded at, 0 to 100.
    #[must_use]
    pub fn quality(&self) -> f32 {
        f32::from(self.coding.quality) * 100.0 / f32::from(QUALITY_MAX)
    }

    /// Number of layers of the file: 1, or as many as its model has coding steps.
    #[must_use]
    pub fn layers(&self) -> u8 {
        self.coding.layers
    }

    /// The model that the file needs, as the first 8 bytes of its digest ([`crate::Digest::short`]).
    #[must_use]
    pub fn model(&self) -> [u8; 8] {
        self.coding.model
    }

    pub(crate) fn coding(&self) -> &Coding {
        &self.coding
    }

    /// Side of a tile in pixels, 256 to 4,096.
    pub(crate) fn tile_side(&self) -> u32 {
        1 << self.coding.tile_log2
    }

    /// Columns of tiles, 1 to 256.
    pub(crate) fn tiles_across(&self) -> usize {
        self.width().div_ceil(self.tile_side()) as usize
    }

    /// Rows of tiles, 1 to 256.
    pub(crate) fn tiles_down(&self) -> usize {
        self.height().div_ceil(self.tile_side()) as usize
    }

    /// Number of tiles, up to 65,536.
    pub(crate) fn tile_count(&self) -> usize {
        self.tiles_across() * self.tiles_down()
    }

    /// Number of `TILE` chunks: layers × tiles, up to 16,711,680.
    pub(crate) fn stream_count(&self) -> usize {
        self.tile_count() * usize::from(self.coding.layers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODING: Coding = Coding {
        model: *b"\x01\x23\x45\x67\x89\xAB\xCD\xEF",
        quality: 1024,
        uniform_steps: false,
        tile_steps: false,
        tile_log2: 10,
        layers: 1,
    };

    #[test]
    fn layout_is_fixed() {
        let header = Header::new(0x1234, 0x0056, Color::Gray, true, CODING).unwrap();
        let bytes =
            *b"\x04\x34\x12\x56\x00\x03\x08\x01\x23\x45\x67\x89\xAB\xCD\xEF\x00\x04\x0A\x01";
        assert_eq!(header.to_bytes(), bytes);
        assert_eq!(Header::parse(&bytes).unwrap(), header);
        assert_eq!(
            (
                header.tiles_across(),
                header.tiles_down(),
                header.stream_count()
            ),
            (5, 1, 5)
        );
    }

    #[test]
    fn extremes() {
        for (tile_log2, across) in [(8, 256), (12, 16)] {
            let coding = Coding {
                tile_log2,
                uniform_steps: true,
                layers: 255,
                ..CODING
            };
            let header = Header::new(65_535, 65_535, Color::Rgb, false, coding).unwrap();
            assert_eq!(Header::parse(&header.to_bytes()).unwrap(), header);
            assert_eq!(header.tiles_across(), across);
            assert_eq!(header.stream_count(), across * across * 255);
        }
        assert!(matches!(
            Header::new(65_536, 1, Color::Rgb, false, CODING),
            Err(Error::Parameter(text)) if text.contains("65536")
        ));
    }

    #[test]
    fn tiles_of_progressive_files_hold_all_steps() {
        let coding = Coding {
            tile_steps: true,
            layers: 3,
            ..CODING
        };
        assert!(matches!(
            Header::new(3, 2, Color::Rgb, false, coding),
            Err(Error::Parameter(text)) if text.contains("layers is 3, it must be 1")
        ));
        let header = Header::new(3, 2, Color::Rgb, false, CODING).unwrap();
        let parsed = Header::parse(&header.with_tile_steps().to_bytes()).unwrap();
        assert!(parsed.coding().tile_steps);
    }

    #[test]
    fn every_bad_field_is_named() {
        let good = Header::new(3, 2, Color::Rgb, false, CODING)
            .unwrap()
            .to_bytes();
        let class_and_text = |at: usize, value: u8| {
            let mut bytes = good;
            bytes[at] = value;
            match Header::parse(&bytes) {
                Err(Error::Unsupported(text)) => ("unsupported", text),
                Err(Error::Format(text)) => ("format", text),
                other => panic!("byte {at} = {value}: {other:?}"),
            }
        };
        let mut cases = vec![
            (0, 1, "unsupported", "version 1"),
            (0, 0, "unsupported", "version 0"),
            (1, 0, "format", "0×2"),
            (3, 0, "format", "3×0"),
            (6, 16, "unsupported", "bit depth 16"),
            (15, 1, "format", "quality is 1025"),
            (17, 7, "format", "tile side is 7"),
            (17, 13, "format", "tile side is 13"),
            (18, 0, "format", "layers is 0"),
        ];
        cases.extend((4..8).map(|bit| (5, 1 << bit, "unsupported", "reserved")));
        for (at, value, class, words) in cases {
            let (found, text) = class_and_text(at, value);
            assert_eq!(found, class, "{text}");
            assert!(text.contains(words), "{text:?} lacks {words:?}");
        }
        for length in [0, 1, 18] {
            assert!(matches!(
                Header::parse(&good[..length]),
                Err(Error::Format(_))
            ));
        }
        assert!(matches!(
            Header::parse(&[&good[..], b"\0"].concat()),
            Err(Error::Format(_))
        ));
    }
}
