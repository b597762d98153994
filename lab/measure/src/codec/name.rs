//! The codecs by name, and what it takes to make them ready.

use super::mozjpeg::MozJpeg;
use super::pillow::Pillow;
use super::vqz::Vqz;
use super::Codec;
use ::vqz::lab::read_with_encoder;
use ::vqz::{Encoder, Limits, Model};
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::OnceLock;

/// A codec that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodecName {
    /// This codec, with the model that is built in.
    Vqz,
    /// The same at its highest effort.
    #[serde(rename = "vqz-slow")]
    VqzSlow,
    /// The same, tuned for PSNR.
    #[serde(rename = "vqz-psnr")]
    VqzPsnr,
    /// libjpeg-turbo with its defaults.
    Jpeg,
    /// The best that JPEG decoders can read.
    Mozjpeg,
    /// libwebp.
    Webp,
    /// libaom by libavif.
    Avif,
    /// JPEG XL by libjxl.
    Jxl,
}

impl CodecName {
    /// In the order of reports.
    pub const ALL: [Self; 8] = [
        Self::Vqz,
        Self::VqzSlow,
        Self::VqzPsnr,
        Self::Jpeg,
        Self::Mozjpeg,
        Self::Webp,
        Self::Avif,
        Self::Jxl,
    ];

    /// Those that are compared if nobody says which: all that take a second or less for a photo, and this codec once.
    pub fn usual() -> impl Iterator<Item = Self> {
        let variants = [Self::VqzSlow, Self::VqzPsnr];
        Self::ALL
            .into_iter()
            .filter(move |name| !variants.contains(name))
    }

    /// As users write it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Vqz => "vqz",
            Self::VqzSlow => "vqz-slow",
            Self::VqzPsnr => "vqz-psnr",
            Self::Jpeg => "jpeg",
            Self::Mozjpeg => "mozjpeg",
            Self::Webp => "webp",
            Self::Avif => "avif",
            Self::Jxl => "jxl",
        }
    }

    /// Makes the codec ready.
    ///
    /// # Errors
    /// If it comes from Python's wheels and they are not there.
    pub fn open(self, shelf: &Shelf) -> Result<Box<dyn Codec>> {
        match self {
            Self::Vqz | Self::VqzSlow | Self::VqzPsnr => {
                Origin::Named(self).open_vqz(Model::embedded()?, shelf)
            }
            Self::Mozjpeg => Ok(Box::new(MozJpeg::new())),
            Self::Jpeg | Self::Webp | Self::Avif | Self::Jxl => shelf.pillow()?.open(self.id()),
        }
    }
}

impl std::str::FromStr for CodecName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL
            .into_iter()
            .find(|name| name.id().eq_ignore_ascii_case(text));
        found.ok_or_else(|| {
            let ids = Self::ALL.map(Self::id).join(", ");
            format!("no codec `{text}`, only {ids}")
        })
    }
}

/// Where a codec comes from, for this process or another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Origin {
    /// One of ours.
    Named(CodecName),
    /// vqz with the model of a .vqzm file. Its id is `vqz-` and the first half of the digest of its encoder file.
    Model(PathBuf),
}

impl Origin {
    /// Makes the codec ready.
    ///
    /// # Errors
    /// See [`CodecName::open`]; or if the model cannot be read.
    pub fn open(&self, shelf: &Shelf) -> Result<Box<dyn Codec>> {
        match self {
            Self::Named(name) => name.open(shelf),
            Self::Model(path) => {
                let read = || Ok::<_, anyhow::Error>(Model::from_bytes(&read_with_encoder(path)?)?);
                let model = read().with_context(|| path.display().to_string())?;
                self.open_vqz(&model, shelf)
            }
        }
    }

    fn open_vqz(&self, model: &Model, shelf: &Shelf) -> Result<Box<dyn Codec>> {
        let effort = match self {
            Self::Named(CodecName::VqzSlow) => Encoder::MAX_EFFORT,
            _ => shelf.effort,
        };
        let vqz = Vqz::new(self.clone(), model, effort, shelf.limits.clone())?;
        Ok(Box::new(vqz))
    }

    /// Whether this is vqz, with whatever model.
    pub fn is_vqz(&self) -> bool {
        matches!(
            self,
            Self::Named(CodecName::Vqz | CodecName::VqzSlow | CodecName::VqzPsnr) | Self::Model(_)
        )
    }
}

/// What codecs are made with.
pub struct Shelf {
    python: PathBuf,
    limits: Limits,
    effort: u8,
    pillow: OnceLock<Pillow>,
}

impl Shelf {
    /// `python` is a program, and is run when the first codec needs it; limits and effort are those of vqz.
    pub fn new(python: PathBuf, limits: Limits, effort: u8) -> Self {
        Self {
            python,
            limits,
            effort,
            pillow: OnceLock::new(),
        }
    }

    fn pillow(&self) -> Result<&Pillow> {
        if let Some(pillow) = self.pillow.get() {
            return Ok(pillow);
        }
        let pillow = Pillow::new(self.python.clone()).with_context(|| {
            "JPEG, WebP, AVIF and JPEG XL come from Python's wheels, which scripts/setup-compare.sh installs"
        })?;
        Ok(self.pillow.get_or_init(|| pillow))
    }

    /// With the Python that scripts/setup-compare.sh tells.
    #[cfg(test)]
    pub fn for_tests() -> Self {
        let python = std::env::var_os("VQZ_PYTHON").unwrap_or("python3".into());
        Self::new(
            python.into(),
            Limits::default(),
            ::vqz::Encoder::DEFAULT_EFFORT,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for name in CodecName::ALL {
            assert_eq!(name.id().parse(), Ok(name));
            let origin = Origin::Named(name);
            let text = serde_json::to_string(&origin).unwrap();
            assert_eq!(serde_json::from_str::<Origin>(&text).unwrap(), origin);
        }
        assert_eq!("AVIF".parse(), Ok(CodecName::Avif));
        let error = "jp2".parse::<CodecName>().unwrap_err();
        assert!(
            error.contains("no codec `jp2`, only vqz, vqz-slow, vqz-psnr, jpeg, mozjpeg"),
            "{error}"
        );
    }
}
