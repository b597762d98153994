//! Codecs with the settings of their curves, and the size of equal files.

use crate::codec::{Codec, CodecName, Origin, Shelf};
use crate::matched::Size;
use anyhow::{anyhow, ensure, Result};

/// The size of equal files in a full comparison is that of vqz at this setting.
const MATCHED_SETTING: f64 = 40.0;

/// A codec and the settings of its curve.
pub struct Entry {
    pub(crate) origin: Origin,
    pub(crate) codec: Box<dyn Codec>,
    pub(crate) settings: Vec<f64>,
}

/// Settings of a codec that were asked for instead of its own; those of `vqz` are for all models.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Whose.
    pub codec: CodecName,
    /// On its dial, in any order.
    pub settings: Vec<f64>,
}

/// Makes the codecs ready.
///
/// # Errors
/// If one is named twice, cannot be had, or has not got a setting.
pub fn entries(origins: &[Origin], asked: &[Asked], shelf: &Shelf) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    for origin in origins {
        let codec = origin.open(shelf)?;
        let about = codec.about();
        let same = |entry: &&Entry| entry.codec.about().settings == about.settings;
        if let Some(first) = entries.iter().find(same) {
            let ids = (&first.codec.about().id, &about.id);
            return Err(anyhow!(
                "{} and {} are the same codec; leave one out",
                ids.0,
                ids.1
            ));
        }
        entries.push(Entry {
            settings: settings(asked, origin, &*codec)?,
            origin: origin.clone(),
            codec,
        });
    }
    ensure!(!entries.is_empty(), "no codec is left to measure");
    Ok(entries)
}

fn settings(asked: &[Asked], origin: &Origin, codec: &dyn Codec) -> Result<Vec<f64>> {
    let name = match origin {
        Origin::Named(name) => *name,
        Origin::Model(_) => CodecName::Vqz,
    };
    let asked = asked.iter().find(|asked| asked.codec == name);
    let mut list = asked.map_or_else(|| codec.curve(), |asked| asked.settings.clone());
    for &setting in &list {
        let checked = codec.dial().check(setting);
        checked.map_err(|error| anyhow!("{}: {error}", codec.about().id))?;
    }
    list.sort_by(f64::total_cmp);
    list.dedup();
    Ok(list)
}

/// The size of equal files without any wish: that of the first vqz at [`MATCHED_SETTING`], else of the first codec at the
/// middle of its curve.
pub fn default_size(entries: &[Entry]) -> Size {
    match entries.iter().position(|entry| entry.origin.is_vqz()) {
        Some(codec) => Size::Of {
            codec,
            setting: MATCHED_SETTING,
        },
        None => Size::Of {
            codec: 0,
            setting: middle(&entries[0].settings),
        },
    }
}

/// Of a list that is not empty.
pub fn middle(settings: &[f64]) -> f64 {
    settings[settings.len() / 2]
}
