//! One photo by all codecs at the same size of the file.

use super::cache::Cache;
use super::codec::Codec;
use super::measure::{measure, measure_trip, Measured, Photo, Trip};
use super::report::{Matched, MatchedItem};
use super::show::Shop;
use super::worst;
use anyhow::{Context as _, Result};
use std::path::Path;

/// How large files may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    Bytes(u64),
    /// Bits per pixel, of the whole file.
    Bpp(f64),
    /// As large as the file of the `codec`-th codec at a quality.
    Of {
        codec: usize,
        quality: f64,
    },
}

/// A codec's part, and the point that was measured for it.
pub struct Found {
    pub item: MatchedItem,
    pub measured: Measured,
}

/// What a search needs.
pub struct Search<'a> {
    pub codecs: &'a [&'a dyn Codec],
    pub size: Size,
    pub cache: &'a Cache,
    /// For files that are thrown away.
    pub scratch: &'a Path,
    /// Where the files that were found stay.
    pub folder: &'a Path,
    pub shop: &'a Shop,
}

impl Search<'_> {
    /// Bytes that no file of the photo may exceed.
    pub fn target(&self, photo: &Photo) -> Result<u64> {
        let pixels = f64::from(photo.picture.width()) * f64::from(photo.picture.height());
        match self.size {
            Size::Bytes(bytes) => Ok(bytes),
            Size::Bpp(bpp) => Ok((bpp * pixels / 8.0) as u64),
            Size::Of { codec, quality } => {
                let codec = self.codecs[codec];
                Ok(measure(codec, photo, quality, self.cache, self.scratch)?.bytes)
            }
        }
    }

    /// The largest file of the `index`-th codec that is not above the target, and its picture.
    ///
    /// # Errors
    /// If even the smallest is above.
    pub fn find(&self, index: usize, photo: &Photo, target: u64) -> Result<Found> {
        let codec = self.codecs[index];
        let quality = match self.size {
            Size::Of { codec, quality } if codec == index => quality,
            _ => self.quality(codec, photo, target)?,
        };
        let id = &codec.about().id;
        let name = photo.name.replace(['/', '\\', ':'], "_");
        let file = self
            .folder
            .join(format!("{name}.{id}.{}", codec.extension()));
        let trip = Trip::make(codec, photo, quality, &file)?;
        let measured = measure_trip(&trip, codec, photo, quality, self.cache)?;
        Ok(Found {
            item: MatchedItem {
                codec: id.clone(),
                quality,
                bytes: measured.bytes,
                bpp: photo.bpp(measured.bytes),
                scores: measured.scores.clone(),
                picture: match codec.media_type() {
                    Some(media_type) => super::report::Picture {
                        bytes: trip.bytes,
                        media_type,
                    },
                    None => self.shop.picture(&trip.decoded)?,
                },
                worst: worst::regions(&photo.picture, &trip.decoded),
            },
            measured,
        })
    }

    fn quality(&self, codec: &dyn Codec, photo: &Photo, target: u64) -> Result<f64> {
        let key = photo.key(codec, &format!("quality for {target} bytes"));
        if let Some(known) = self.cache.get(&key) {
            return Ok(known);
        }
        let (quality, _) = codec
            .encode_to_size(&photo.picture, target)
            .with_context(|| format!("{} in {target} bytes", codec.about().id))?;
        self.cache.put(&key, &quality)?;
        Ok(quality)
    }

    /// The photo's entry of the report.
    pub fn report(&self, photo: &Photo, target: u64, items: Vec<MatchedItem>) -> Result<Matched> {
        let reference = match self.size {
            Size::Of { codec, .. } => Some(self.codecs[codec].about().id.clone()),
            _ => None,
        };
        Ok(Matched {
            photo: photo.name.clone(),
            target_bytes: target,
            target_bpp: photo.bpp(target),
            reference,
            original: self.shop.picture(&photo.picture)?,
            items,
        })
    }
}
