//! One photo by all codecs at the same size of the file.

use crate::cache::Cache;
use crate::codec::Codec;
use crate::point::{measure, Measured, Photo, Trip};
use crate::report::{self, Matched, MatchedItem, Picture};
use crate::setup::Entry;
use crate::show::Shop;
use crate::worst;
use crate::Host;
use anyhow::{Context as _, Result};
use std::fs;
use std::path::PathBuf;

/// How large files may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// So many.
    Bytes(u64),
    /// Bits per pixel, of the whole file.
    Bpp(f64),
    /// As large as the file of the `codec`-th codec at a setting.
    Of {
        /// From 0.
        codec: usize,
        /// On its dial.
        setting: f64,
    },
}

/// The same for one photo, which goes into the page too.
pub struct Target {
    bytes: u64,
    original: Picture,
}

/// A codec's part, and the point that was measured for it.
pub struct Found {
    pub item: MatchedItem,
    pub measured: Measured,
}

/// What a search needs.
pub struct Search<'a> {
    pub entries: &'a [Entry],
    pub size: Size,
    pub cache: &'a Cache,
    /// Where the files that were found go.
    pub folder: PathBuf,
    pub shop: Shop,
}

impl Search<'_> {
    /// The size that no file of the photo may exceed.
    pub fn target(&self, photo: &Photo, scratch: &std::path::Path) -> Result<Target> {
        let bytes = match self.size {
            Size::Bytes(bytes) => bytes,
            Size::Bpp(bpp) => (bpp * photo.pixels() as f64 / 8.0) as u64,
            Size::Of { codec, setting } => {
                let codec = &*self.entries[codec].codec;
                measure(codec, photo, setting, self.cache, scratch)?.bytes
            }
        };
        let original = self.shop.picture(&photo.picture)?;
        Ok(Target { bytes, original })
    }

    /// The largest file of the `index`-th codec that is not above the target, and its picture.
    ///
    /// # Errors
    /// If even the smallest is above.
    pub fn find(
        &self,
        index: usize,
        photo: &Photo,
        target: &Target,
        host: &dyn Host,
    ) -> Result<Found> {
        let codec = &*self.entries[index].codec;
        let setting = match self.size {
            Size::Of { codec, setting } if codec == index => setting,
            _ => self.setting(codec, photo, target.bytes)?,
        };
        let id = &codec.about().id;
        let trip = Trip::make(codec, photo, setting, |file| {
            let name = photo.name.replace(['/', '\\', ':'], "_");
            let path = (self.folder).join(format!("{name}.{id}.{}", codec.extension()));
            host.write(&path, file)?;
            Ok(fs::read(path)?)
        })?;
        let measured = trip.measure(codec, photo, setting, self.cache)?;
        Ok(Found {
            item: MatchedItem {
                codec: id.clone(),
                quality: setting,
                bytes: measured.bytes,
                bpp: photo.bpp(measured.bytes),
                scores: measured.scores.clone(),
                worst: worst::regions(&photo.picture, &trip.decoded),
                picture: match codec.media_type() {
                    Some(media_type) => Picture {
                        bytes: trip.file,
                        media_type,
                    },
                    None => self.shop.picture(&trip.decoded)?,
                },
            },
            measured,
        })
    }

    fn setting(&self, codec: &dyn Codec, photo: &Photo, target: u64) -> Result<f64> {
        let key = photo.key(codec, &format!("quality for {target} bytes"));
        self.cache.known_or(&key, || {
            let found = codec.setting_for(&photo.picture, target);
            found.with_context(|| format!("{} in {target} bytes", codec.about().id))
        })
    }

    /// The photo's entry of the report.
    pub fn report(
        &self,
        photo: &report::Photo,
        target: &Target,
        items: Vec<MatchedItem>,
    ) -> Matched {
        let reference = match self.size {
            Size::Of { codec, .. } => Some(self.entries[codec].codec.about().id.clone()),
            _ => None,
        };
        Matched {
            photo: photo.name.clone(),
            target_bytes: target.bytes,
            target_bpp: photo.bpp(target.bytes),
            reference,
            original: target.original.clone(),
            items,
        }
    }
}
