//! This build as the decoder under test: what `vqz decode` calls, within this process.

use crate::manifest::{sha256, Case, Picture, Pixels};
use crate::Outcome;
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use vqz::{Decoder, Image, Model, Rendering, RenderingModel, Scale, View};

/// Version, target and kernels.
pub fn name() -> Result<String> {
    Ok(format!(
        "vqz {} ({} {}-bit {}-endian, {})",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        usize::BITS,
        if cfg!(target_endian = "big") {
            "big"
        } else {
            "little"
        },
        vqz::simd_level()?,
    ))
}

/// Decodes in a thread of its own, which is left behind when it takes longer than `limit`.
pub fn decode(folder: &Path, case: &Case, limit: Duration) -> Outcome {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|error| format!("{}: cannot be read: {error}", path.display()))
    };
    let read_all = || {
        Ok(Input {
            model: read(&case.model)?,
            rendering: case.rendering.as_deref().map(read).transpose()?,
            file: read(&case.file)?,
        })
    };
    let input = match read_all() {
        Ok(input) => input,
        Err(what) => return Outcome::Broken(what),
    };
    // Without threads there is nobody to watch.
    if cfg!(target_family = "wasm") {
        return input.decode();
    }
    let (sender, receiver) = mpsc::channel();
    // The receiver may have given up.
    std::thread::spawn(move || drop(sender.send(input.decode())));
    receiver.recv_timeout(limit).unwrap_or_else(|error| {
        Outcome::Broken(match error {
            RecvTimeoutError::Timeout => format!("nothing within {} seconds", limit.as_secs()),
            RecvTimeoutError::Disconnected => "a panic".into(),
        })
    })
}

/// The files of a case.
struct Input {
    model: Vec<u8>,
    rendering: Option<Vec<u8>>,
    file: Vec<u8>,
}

impl Input {
    fn decode(&self) -> Outcome {
        match self.try_decode() {
            Ok(picture) => Outcome::Picture(picture),
            Err(error) if error.class().is_files_fault() => {
                Outcome::Refused(error.class().name().into())
            }
            Err(error) => Outcome::Broken(error.to_string()),
        }
    }

    fn try_decode(&self) -> vqz::Result<Picture> {
        let decoder = Decoder::new(&Model::from_bytes(&self.model)?);
        match &self.rendering {
            None => decode_all(&decoder, &self.file, Rendering::Faithful),
            Some(bytes) => {
                let decoder = decoder.with_rendering(&RenderingModel::from_bytes(bytes)?);
                decode_all(&decoder, &self.file, Rendering::Perceptual)
            }
        }
    }
}

/// The picture in a rendering, the smaller ones of that, and its metadata.
fn decode_all(decoder: &Decoder, file: &[u8], rendering: Rendering) -> vqz::Result<Picture> {
    let picture = decoder.open(file)?;
    let image = picture.decode(View::default().rendering(rendering))?;
    let metadata = &image.metadata;
    let kinds = [
        ("iccp", &metadata.icc),
        ("exif", &metadata.exif),
        ("xmpp", &metadata.xmp),
    ];
    let mut smaller = BTreeMap::new();
    for scale in &Scale::ALL[1..] {
        let image = picture.decode(View::scale(*scale).rendering(rendering))?;
        smaller.insert(scale.divisor().to_string(), pixels(&image).hash);
    }
    Ok(Picture {
        pixels: pixels(&image),
        smaller,
        metadata: kinds
            .into_iter()
            .filter_map(|(kind, payload)| Some((kind.into(), sha256(payload.as_ref()?))))
            .collect(),
    })
}

fn pixels(image: &Image) -> Pixels {
    Pixels::new(
        image.width(),
        image.height(),
        image.color().channels() as u32,
        image.samples(),
        image.alpha(),
    )
}
