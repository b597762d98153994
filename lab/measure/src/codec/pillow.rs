//! JPEG, WebP, AVIF and JPEG XL, by Pillow and the libraries in its wheels.

use super::worker::{Answer, Library, Pool};
use super::{Codec, Dial, Timed, Work};
use crate::report::About;
use anyhow::{bail, Context as _, Result};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use vqz::{Color, Image};

/// A Python, and what codecs it has.
pub struct Pillow {
    pool: Arc<Pool>,
    codecs: BTreeMap<String, Library>,
}

/// One of its codecs.
struct Wheel {
    about: About,
    kind: &'static Kind,
    pool: Arc<Pool>,
}

/// What is known of a codec without its library.
struct Kind {
    id: &'static str,
    name: &'static str,
    settings: &'static str,
    extension: &'static str,
    /// `None`: browsers do not show it.
    media_type: Option<&'static str>,
    /// The largest side, pixels.
    max_side: u32,
    min: f64,
    max: f64,
    step: f64,
    curve: &'static [u8],
}

const KINDS: [Kind; 4] = [
    Kind {
        id: "jpeg",
        name: "JPEG",
        settings: "baseline, 4:2:0, standard tables: Pillow's defaults; quality 1 to 100",
        extension: "jpg",
        media_type: Some("image/jpeg"),
        max_side: 65_500,
        min: 1.0,
        max: 100.0,
        step: 1.0,
        curve: &[5, 10, 20, 30, 40, 50, 60, 70, 80, 88, 95],
    },
    Kind {
        id: "webp",
        name: "WebP",
        settings: "lossy, method 4: Pillow's defaults; quality 0 to 100",
        extension: "webp",
        media_type: Some("image/webp"),
        max_side: 16_383,
        min: 0.0,
        max: 100.0,
        step: 1.0,
        curve: &[5, 15, 30, 45, 60, 70, 78, 84, 90, 95, 99],
    },
    Kind {
        id: "avif",
        name: "AVIF",
        settings: "libaom, speed 6, 4:4:4, 8 bits, tuned as the library does by default; quality 0 to 99",
        extension: "avif",
        media_type: Some("image/avif"),
        max_side: 65_536,
        min: 0.0,
        // 100 is lossless.
        max: 99.0,
        step: 1.0,
        curve: &[15, 25, 35, 45, 55, 65, 75, 82, 88, 93, 97],
    },
    Kind {
        id: "jxl",
        name: "JPEG XL",
        settings: "lossy (VarDCT, XYB), effort 7; quality 0 to 99.75, turned into a distance as cjxl does; bare codestream",
        extension: "jxl",
        media_type: None,
        max_side: 1 << 18,
        min: 0.0,
        // 100 is lossless.
        max: 99.75,
        step: 0.25,
        curve: &[15, 30, 45, 60, 70, 78, 84, 88, 92, 95, 97],
    },
];

impl Pillow {
    /// Asks the Python what it has.
    ///
    /// # Errors
    /// If it cannot be run, or has no Pillow.
    pub fn new(python: PathBuf) -> Result<Self> {
        let pool = Pool::new(python);
        let (answer, _) = pool.ask(&json!({"do": "versions"}), &[])?;
        Ok(Self {
            pool: Arc::new(pool),
            codecs: answer.codecs,
        })
    }

    /// Makes one of the codecs ready: `jpeg`, `webp`, `avif` or `jxl`.
    ///
    /// # Errors
    /// If the Python has it not, or too old a version.
    pub fn open(&self, id: &str) -> Result<Box<dyn Codec>> {
        let kind = KINDS.iter().find(|kind| kind.id == id);
        let kind = kind.with_context(|| format!("no codec `{id}`"))?;
        let library = match self.codecs.get(id) {
            Some(Library::Library(library)) => library,
            Some(Library::Missing(reason)) => bail!("{}: {reason}", kind.name),
            None => bail!("{} is unknown to the worker", kind.name),
        };
        Ok(Box::new(Wheel {
            about: About {
                id: kind.id.into(),
                name: kind.name.into(),
                version: library.clone(),
                settings: format!("{}; one thread", kind.settings),
            },
            kind,
            pool: Arc::clone(&self.pool),
        }))
    }
}

impl Wheel {
    fn encoding(&self, picture: &Image, setting: f64) -> serde_json::Value {
        json!({
            "codec": self.kind.id,
            "setting": setting,
            "width": picture.width(),
            "height": picture.height(),
            "channels": picture.color().channels(),
        })
    }

    fn failed(&self, error: anyhow::Error) -> anyhow::Error {
        error.context(format!("{} failed", self.kind.name))
    }
}

impl Codec for Wheel {
    fn about(&self) -> &About {
        &self.about
    }

    fn extension(&self) -> &'static str {
        self.kind.extension
    }

    fn media_type(&self) -> Option<&'static str> {
        self.kind.media_type
    }

    fn dial(&self) -> Dial {
        Dial {
            min: self.kind.min,
            max: self.kind.max,
            step: self.kind.step,
        }
    }

    fn curve(&self) -> Vec<f64> {
        self.kind.curve.iter().copied().map(f64::from).collect()
    }

    fn encode(&self, picture: &Image, setting: f64) -> Result<Timed<Vec<u8>>> {
        let side = picture.width().max(picture.height());
        if side > self.kind.max_side {
            bail!(
                "a side is {side} pixels, the limit of {} is {}",
                self.kind.name,
                self.kind.max_side
            );
        }
        let mut request = self.encoding(picture, setting);
        request["do"] = "encode".into();
        let (answer, file) =
            (self.pool.ask(&request, picture.samples())).map_err(|error| self.failed(error))?;
        Ok(Timed {
            value: file,
            seconds: answer.seconds,
        })
    }

    fn decode(&self, file: &[u8]) -> Result<Timed<Image>> {
        let request = json!({"do": "decode", "codec": self.kind.id});
        let asked = self.pool.ask(&request, file);
        let (answer, samples) = asked.map_err(|error| self.failed(error))?;
        let color = match answer.channels {
            1 => Color::Gray,
            3 => Color::Rgb,
            n => bail!("{} gave {n} channels", self.kind.name),
        };
        Ok(Timed {
            value: Image::new(answer.width, answer.height, color, samples)?,
            seconds: answer.seconds,
        })
    }

    fn peak(&self, work: Work<'_>) -> Result<Option<u64>> {
        let (mut request, payload) = match work {
            Work::Encode(picture, setting) => {
                let mut request = self.encoding(picture, setting);
                request["of"] = "encode".into();
                (request, picture.samples())
            }
            Work::Decode(file) => (json!({"codec": self.kind.id, "of": "decode"}), file),
        };
        request["do"] = "memory".into();
        let asked: Result<(Answer, _)> = self.pool.ask_alone(&request, payload);
        Ok(asked.map_err(|error| self.failed(error))?.0.peak)
    }
}
