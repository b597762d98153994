//! Damaged file → what is left of its picture.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::drawing::draw_whole;
use super::Decoder;
use crate::codec::{locked, rescue_tile, Rescued, Session, Tile, STRIDE};
use crate::container::{decode_alpha, recover, Header, Recovered, Stream};
use crate::model::Model;
use crate::{Error, Image, Metadata, Result};

/// A picture from a damaged file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Salvaged {
    /// The picture: exact where the tiles are whole, a guess where they are not.
    pub image: Image,
    /// What was damaged.
    pub report: SalvageReport,
}

/// What was damaged in a file, and what could be made of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SalvageReport {
    /// What was found wrong, part by part: what concerns metadata, alpha, index and checksums, then streams and gaps. After a hundred
    /// notes, one says how many more there were.
    pub notes: Vec<String>,
    /// Tiles that are not whole, row by row.
    pub tiles: Vec<DamagedTile>,
    /// How many tiles the picture has.
    pub tile_count: usize,
}

/// A tile of which something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DamagedTile {
    /// Left edge in pixels.
    pub x: u32,
    /// Top edge in pixels.
    pub y: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// How many layers are there from beginning to end.
    pub layers_whole: usize,
    /// Whether the beginning of the next layer is there too. If not, and no layer is whole, the tile is lost: it shows what
    /// the model expects of an unknown picture.
    pub next_layer_begun: bool,
    /// How many layers there should be.
    pub layers: usize,
}

impl SalvageReport {
    /// Whether the file was whole, and the picture is the exact one.
    #[must_use]
    pub fn is_undamaged(&self) -> bool {
        self.notes.is_empty() && self.tiles.is_empty()
    }
}

impl DamagedTile {
    /// Whether nothing of the tile is left.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.layers_whole == 0 && !self.next_layer_begun
    }
}

impl Decoder {
    /// Recovers what is left of the picture in a damaged or truncated file, and reports what is not. It is never needed for a whole file, for
    /// which it gives the same as [`Self::decode`] and an empty report.
    ///
    /// Chunks with a wrong checksum are not used, unless the next chunk tells that only the checksum is damaged. The beginning of a chunk
    /// that the end of the file cuts off is used, although nothing vouches for it. Damaged metadata and alpha are left out.
    /// Pixels of damaged tiles may differ between versions of this library.
    ///
    /// # Errors
    /// [`Error::Limit`], [`Error::WrongModel`], [`Error::OutOfMemory`] and [`Error::Cancelled`] as in [`Self::decode`]; any error of the
    /// signature or the header, without which nothing can be decoded; [`Error::Format`] if no tile has anything left.
    pub fn salvage(&self, bytes: &[u8]) -> Result<Salvaged> {
        let left = recover(bytes, &self.limits)?;
        let header = left.header;
        let model = self.model_of(&header)?;
        let count = header.tile_count();
        if left.streams.keys().all(|place| place / count > 0) {
            return Err(Error::Format(
                "nothing is left of the picture: the first layer of every tile is damaged or missing".into(),
            ));
        }
        let (samples, tiles) = self.rescue(&model, &left)?;
        let mut report = SalvageReport {
            notes: left.notes.into_list(),
            tiles,
            tile_count: count,
        };
        let mut image = Image::new(header.width(), header.height(), header.color(), samples)?;
        if let Some(payload) = left.alpha {
            match decode_alpha(payload, header.width(), header.height()) {
                Ok(alpha) => image = image.with_alpha(alpha)?,
                Err(error) => report.notes.push(format!("alpha left out: {error}")),
            }
        }
        image.metadata = Metadata {
            icc: left.icc.map(<[u8]>::to_vec),
            exif: left.exif.map(<[u8]>::to_vec),
            xmp: left.xmp.map(<[u8]>::to_vec),
        };
        if report.is_undamaged() {
            // What does not matter to the picture, such as a chunk behind the last one, is damage all the same.
            if let Err(error) = self.open(bytes) {
                report.notes.push(error.to_string());
            }
        }
        Ok(Salvaged { image, report })
    }

    /// Samples of what is left, and the tiles that are not whole.
    fn rescue(&self, model: &Model, left: &Recovered<'_>) -> Result<(Vec<u8>, Vec<DamagedTile>)> {
        let (header, streams) = (&left.header, &left.streams);
        let coding = header.coding();
        let session = Session::new(model.loaded(), coding.quality, &self.cancel, &self.meter)
            .with_coding(coding)
            .with_filter(left.filter().as_ref());
        let (count, layers) = (header.tile_count(), usize::from(coding.layers));
        let steps = session.model.networks.steps.len();
        let damaged = Mutex::new(BTreeMap::new());
        let decode = |index: usize, tile: &Tile| {
            let streams: Vec<Stream<'_>> = (0..layers)
                .map_while(|layer| streams.get(&(layer * count + index)).copied())
                .collect();
            let rescued = rescue_tile(&session, tile, &streams, layers, steps)?;
            if rescued.layers < layers {
                let entry = DamagedTile::new(tile, &rescued, layers, header);
                locked(&damaged, |list| list.insert(index, entry));
            }
            Ok(rescued.latents)
        };
        let samples = draw_whole(&session, header, &self.threads, &decode)?;
        let damaged = damaged.into_inner().expect("decoding does not panic");
        Ok((samples, damaged.into_values().collect()))
    }
}

impl DamagedTile {
    fn new(tile: &Tile, rescued: &Rescued, layers: usize, header: &Header) -> Self {
        let area = tile.latents;
        let (x, y) = (area.x as u32 * STRIDE as u32, area.y as u32 * STRIDE as u32);
        Self {
            x,
            y,
            width: (area.width * STRIDE).min((header.width() - x) as usize) as u32,
            height: (area.height * STRIDE).min((header.height() - y) as usize) as u32,
            layers_whole: rescued.layers,
            next_layer_begun: rescued.partial,
            layers,
        }
    }
}
