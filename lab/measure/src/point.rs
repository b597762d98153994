//! One photo by one codec at one setting: a file is written, read back, decoded, and compared with what went in.

use crate::cache::Cache;
use crate::codec::{Codec, Timed, Work};
use crate::metric::ms_ssim::MIN_SIDE;
use crate::metric::{self, Original, Scale};
use crate::pixels;
use crate::report::Scores;
use crate::Host;
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use vqz::Image;

/// A photo in memory.
pub struct Photo {
    /// In the report.
    pub name: String,
    /// Of its pixels.
    pub digest: String,
    /// What all codecs get.
    pub picture: Image,
    original: Original,
    /// What the scores are of, for the cache.
    metrics: String,
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

/// Peak memory, bytes; `None` where it cannot be measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub encode: Option<u64>,
    pub decode: Option<u64>,
}

impl Photo {
    /// Reads a photo; what is not compared is noted.
    pub fn read(path: &Path, name: &str, scales: &[Scale], host: &dyn Host) -> Result<Self> {
        let (image, mut notes) = host.read(path)?;
        if image.alpha().is_some() {
            notes.push("alpha is left out".into());
        }
        if image.metadata.icc.is_some() {
            notes.push("its ICC profile is left out, and its samples are taken to be sRGB".into());
        }
        let side = image.width().min(image.height());
        if scales.contains(&Scale::MsSsim) && side < MIN_SIDE {
            notes.push(format!(
                "no MS-SSIM, here and in the mean: a side is below {MIN_SIDE} pixels"
            ));
        }
        for note in notes {
            host.note(name, &note);
        }
        let picture = pixels::plain(image)?;
        Ok(Self {
            name: name.into(),
            digest: pixels::digest(&picture),
            original: Original::new(&picture, scales)?,
            picture,
            metrics: metric::version(scales),
        })
    }

    /// How many there are.
    pub fn pixels(&self) -> u64 {
        u64::from(self.picture.width()) * u64::from(self.picture.height())
    }

    /// Bits per pixel of so many bytes.
    pub fn bpp(&self, bytes: u64) -> f64 {
        bytes as f64 * 8.0 / self.pixels() as f64
    }

    /// Names a result in the cache: it depends on the pixels, on what made the file, and on `what` was asked for.
    pub fn key(&self, codec: &dyn Codec, what: &str) -> String {
        let (maker, metrics) = (codec.identity(), &self.metrics);
        format!("{} | {maker} | {metrics} | {what}", self.digest)
    }
}

/// Encoded file and decoded picture, with the times that they took.
pub struct Trip {
    pub file: Vec<u8>,
    pub decoded: Image,
    encode_seconds: f64,
    decode_seconds: f64,
}

impl Trip {
    /// `written` writes the file and reads it back.
    pub fn make(
        codec: &dyn Codec,
        photo: &Photo,
        setting: f64,
        written: impl FnOnce(&[u8]) -> Result<Vec<u8>>,
    ) -> Result<Self> {
        let encoded = codec.encode(&photo.picture, setting)?;
        let file = written(&encoded.value)?;
        let Timed { value, seconds } = codec.decode(&file)?;
        Ok(Self {
            file,
            decoded: value,
            encode_seconds: encoded.seconds,
            decode_seconds: seconds,
        })
    }

    /// Scores it, unless the point is known.
    pub fn measure(
        &self,
        codec: &dyn Codec,
        photo: &Photo,
        setting: f64,
        cache: &Cache,
    ) -> Result<Measured> {
        cache.known_or(&key(codec, photo, setting), || {
            Ok(Measured {
                bytes: self.file.len() as u64,
                encode_seconds: self.encode_seconds,
                decode_seconds: self.decode_seconds,
                scores: photo.original.scores(&self.decoded)?,
            })
        })
    }
}

/// The point, from the cache if it is known. Files come and go in `scratch`.
pub fn measure(
    codec: &dyn Codec,
    photo: &Photo,
    setting: f64,
    cache: &Cache,
    scratch: &Path,
) -> Result<Measured> {
    if let Some(known) = cache.get(&key(codec, photo, setting)) {
        return Ok(known);
    }
    let through_a_file = |bytes: &[u8]| {
        let mut file = tempfile::NamedTempFile::new_in(scratch)?;
        file.write_all(bytes)?;
        Ok(fs::read(file.path())?)
    };
    let measure = || {
        let trip = Trip::make(codec, photo, setting, through_a_file)?;
        trip.measure(codec, photo, setting, cache)
    };
    measure().with_context(|| format!("{} at quality {setting}", codec.about().id))
}

/// The memory that both directions take, from the cache if it is known.
pub fn memory(codec: &dyn Codec, photo: &Photo, setting: f64, cache: &Cache) -> Result<Memory> {
    cache.known_or(
        &photo.key(codec, &format!("memory at quality {setting}")),
        || {
            let file = codec.encode(&photo.picture, setting)?.value;
            Ok(Memory {
                encode: codec.peak(Work::Encode(&photo.picture, setting))?,
                decode: codec.peak(Work::Decode(&file))?,
            })
        },
    )
}

fn key(codec: &dyn Codec, photo: &Photo, setting: f64) -> String {
    photo.key(codec, &format!("quality {setting}"))
}
