//! What the command line asks for: codecs with their qualities, the size of equal files.

use super::args::CompareArgs;
use super::codec::{Codec, CodecName};
use super::matched::Size;
use super::memory::Origin;
use crate::failure::usage;
use crate::files::{Source, MAX_FILE_SIZE};
use crate::picture::{self, Damaged};
use anyhow::{Context as _, Result};
use std::path::Path;
use vqz::Limits;

/// The size of equal files in a full comparison is that of vqz at this quality.
const MATCHED_QUALITY: f64 = 40.0;

/// A codec and the qualities of its curve.
pub struct Entry {
    pub origin: Origin,
    pub codec: Box<dyn Codec>,
    pub qualities: Vec<f64>,
}

/// The codecs: vqz, its other models, the rest.
///
/// # Errors
/// [`Usage`](crate::failure::Usage) if a codec is named twice or has not got a quality.
pub fn entries(args: &CompareArgs, limits: &Limits) -> Result<Vec<Entry>> {
    let named = |name: &&CodecName| **name == CodecName::Vqz;
    let origins = (args.codecs.iter().filter(named).copied().map(Origin::Named))
        .chain(args.models.iter().cloned().map(Origin::Model))
        .chain(
            args.codecs
                .iter()
                .filter(|name| !named(name))
                .copied()
                .map(Origin::Named),
        );
    let mut entries: Vec<Entry> = Vec::new();
    for origin in origins {
        let codec = origin.open(limits)?;
        let about = codec.about();
        let same = |entry: &&Entry| entry.codec.about().settings == about.settings;
        if let Some(first) = entries.iter().find(same) {
            let ids = (&first.codec.about().id, &about.id);
            return Err(usage(format!(
                "{} and {} are the same codec; leave one out",
                ids.0, ids.1
            )));
        }
        let qualities = qualities(args, &origin, &*codec)?;
        entries.push(Entry {
            origin,
            codec,
            qualities,
        });
    }
    Ok(entries)
}

fn qualities(args: &CompareArgs, origin: &Origin, codec: &dyn Codec) -> Result<Vec<f64>> {
    let name = match origin {
        Origin::Named(name) => *name,
        Origin::Model(_) => CodecName::Vqz,
    };
    let asked = args.qualities.iter().find(|asked| asked.codec == name);
    let mut list = asked.map_or_else(|| codec.default_qualities(), |asked| asked.list.clone());
    for &quality in &list {
        let checked = codec.scale().check(quality);
        checked.map_err(|error| usage(format!("{}: {error}", codec.about().id)))?;
    }
    list.sort_by(f64::total_cmp);
    list.dedup();
    Ok(list)
}

/// Checks that the anchor is one of the codecs.
pub fn check_anchor(anchor: &str, entries: &[Entry]) -> Result<()> {
    let ids: Vec<&str> = entries
        .iter()
        .map(|entry| entry.codec.about().id.as_str())
        .collect();
    if ids.contains(&anchor) {
        return Ok(());
    }
    Err(usage(format!(
        "--anchor {anchor}: no such codec here, only {}",
        ids.join(", ")
    )))
}

/// The size of equal files, if the command line has one.
pub fn size(args: &CompareArgs, limits: &Limits) -> Result<Option<Size>> {
    let like = args.like.as_deref().map(|path| {
        let size = plain_size(path, limits);
        size.with_context(|| path.display().to_string())
    });
    let bytes = like.transpose()?.or(args.size);
    Ok(bytes.map(Size::Bytes).or(args.bpp.map(Size::Bpp)))
}

/// The size of equal files without any wish: that of the first vqz at [`MATCHED_QUALITY`], else of the first codec at the
/// middle of its curve.
pub fn default_size(entries: &[Entry]) -> Size {
    let is_vqz = |entry: &Entry| {
        matches!(
            entry.origin,
            Origin::Named(CodecName::Vqz) | Origin::Model(_)
        )
    };
    match entries.iter().position(is_vqz) {
        Some(codec) => Size::Of {
            codec,
            quality: MATCHED_QUALITY,
        },
        None => Size::Of {
            codec: 0,
            quality: middle(&entries[0].qualities),
        },
    }
}

/// Of a list that is not empty.
pub fn middle(qualities: &[f64]) -> f64 {
    qualities[qualities.len() / 2]
}

/// Bytes of a file less its ICC profile, EXIF and XMP, which no codec here has to carry. Files that vqz cannot read as
/// pictures count whole.
fn plain_size(path: &Path, limits: &Limits) -> Result<u64> {
    let bytes = Source::File(path.into()).read(MAX_FILE_SIZE)?;
    let metadata = picture::read(&bytes, limits, Damaged::Accept).map(|(image, _)| image.metadata);
    let metadata = metadata.unwrap_or_default();
    let parts = [metadata.icc, metadata.exif, metadata.xmp];
    let spent: usize = parts.iter().flatten().map(Vec::len).sum();
    Ok(bytes.len().saturating_sub(spent) as u64)
}
