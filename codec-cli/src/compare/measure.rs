//! One photo by one codec at one quality: a file is written, read back, decoded, and compared with what went in.

use super::cache::Cache;
use super::clock::timed;
use super::codec::Codec;
use super::pixels;
use super::report::Scores;
use super::score::{self, Original};
use crate::files::{Source, Target, MAX_FILE_SIZE};
use crate::picture::{self, Damaged};
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use vqz::{Image, Limits};

/// A photo in memory.
pub struct Photo {
    /// In the report.
    pub name: String,
    /// Of its pixels.
    pub digest: String,
    /// What all codecs get.
    pub picture: Image,
    pub original: Original,
}

/// What was measured at a point.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// Size of the file.
    pub bytes: u64,
    pub encode_seconds: f64,
    pub decode_seconds: f64,
    pub scores: Scores,
}

impl Photo {
    /// Reads a photo, and notes on what is not compared.
    pub fn read(path: &Path, name: String, limits: &Limits) -> Result<(Self, Vec<String>)> {
        let (image, mut notes) = picture::read(
            &Source::File(path.into()).read_picture(MAX_FILE_SIZE)?,
            limits,
            Damaged::Refuse,
        )?;
        if image.alpha().is_some() {
            notes.push("alpha is left out".into());
        }
        if image.metadata.icc.is_some() {
            notes.push("its ICC profile is left out, the samples are taken for sRGB".into());
        }
        let picture = pixels::plain(&image)?;
        let photo = Self {
            name,
            digest: pixels::digest(&picture),
            original: Original::new(&picture)?,
            picture,
        };
        Ok((photo, notes))
    }

    /// Bits per pixel of so many bytes.
    pub fn bpp(&self, bytes: u64) -> f64 {
        let pixels = f64::from(self.picture.width()) * f64::from(self.picture.height());
        bytes as f64 * 8.0 / pixels
    }

    /// Names a result in the cache: it depends on the pixels, on what made the file, and on `what` was asked for.
    pub fn key(&self, codec: &dyn Codec, what: &str) -> String {
        let (maker, metrics) = (codec.identity(), score::version());
        format!("{} | {maker} | {metrics} | {what}", self.digest)
    }
}

/// Encoded file and decoded picture, with the times that they took.
pub struct Trip {
    pub bytes: Vec<u8>,
    pub decoded: Image,
    encode_seconds: f64,
    decode_seconds: f64,
}

impl Trip {
    /// `file` is written, read back and left where it is.
    pub fn make(codec: &dyn Codec, photo: &Photo, quality: f64, file: &Path) -> Result<Self> {
        let (bytes, encode_seconds) = timed(|| codec.encode(&photo.picture, quality));
        Target::File(file.into()).write(&bytes?)?;
        let bytes = Source::File(file.into()).read(MAX_FILE_SIZE)?;
        let (decoded, decode_seconds) = timed(|| codec.decode(&bytes));
        Ok(Self {
            bytes,
            decoded: decoded?,
            encode_seconds,
            decode_seconds,
        })
    }
}

/// The point, from the cache if it is known.
pub fn measure(
    codec: &dyn Codec,
    photo: &Photo,
    quality: f64,
    cache: &Cache,
    scratch: &Path,
) -> Result<Measured> {
    if let Some(known) = cache.get(&key(codec, photo, quality)) {
        return Ok(known);
    }
    let file = scratch_file(codec, photo, quality, scratch);
    let trip = Trip::make(codec, photo, quality, &file)
        .with_context(|| format!("{} at quality {quality}", codec.about().id))?;
    std::fs::remove_file(&file)?;
    measure_trip(&trip, codec, photo, quality, cache)
}

/// The same of a trip that has been made.
pub fn measure_trip(
    trip: &Trip,
    codec: &dyn Codec,
    photo: &Photo,
    quality: f64,
    cache: &Cache,
) -> Result<Measured> {
    let key = key(codec, photo, quality);
    if let Some(known) = cache.get(&key) {
        return Ok(known);
    }
    let measured = Measured {
        bytes: trip.bytes.len() as u64,
        encode_seconds: trip.encode_seconds,
        decode_seconds: trip.decode_seconds,
        scores: photo.original.scores(&trip.decoded)?,
    };
    cache.put(&key, &measured)?;
    Ok(measured)
}

fn key(codec: &dyn Codec, photo: &Photo, quality: f64) -> String {
    photo.key(codec, &format!("quality {quality}"))
}

/// A name that no other point has.
fn scratch_file(codec: &dyn Codec, photo: &Photo, quality: f64, scratch: &Path) -> PathBuf {
    let (digest, id, extension) = (&photo.digest, &codec.about().id, codec.extension());
    scratch.join(format!("{digest}-{id}-{quality}.{extension}"))
}
