//! This build as the decoder under test: what `vqz decode` calls, within this process.

use crate::manifest::{sha256, Case, Picture, Pixels};
use crate::Outcome;
use anyhow::Result;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use vqz::{Decoder, Error, Image, Model};

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
    let (model, file) = match read(&case.model).and_then(|model| Ok((model, read(&case.file)?))) {
        Ok(pair) => pair,
        Err(what) => return Outcome::Broken(what),
    };
    // Without threads there is nobody to watch.
    if cfg!(target_family = "wasm") {
        return decode_bytes(&model, &file);
    }
    let (sender, receiver) = mpsc::channel();
    // The receiver may have given up.
    std::thread::spawn(move || drop(sender.send(decode_bytes(&model, &file))));
    receiver.recv_timeout(limit).unwrap_or_else(|error| {
        Outcome::Broken(match error {
            RecvTimeoutError::Timeout => format!("nothing within {} seconds", limit.as_secs()),
            RecvTimeoutError::Disconnected => "a panic".into(),
        })
    })
}

fn decode_bytes(model: &[u8], file: &[u8]) -> Outcome {
    match Model::from_bytes(model).and_then(|model| Decoder::new(&model).decode(file)) {
        Ok(image) => Outcome::Picture(describe(&image)),
        Err(error) => match class(&error) {
            Some(class) => Outcome::Refused(class.into()),
            None => Outcome::Broken(error.to_string()),
        },
    }
}

fn describe(image: &Image) -> Picture {
    let metadata = &image.metadata;
    let kinds = [
        ("iccp", &metadata.icc),
        ("exif", &metadata.exif),
        ("xmpp", &metadata.xmp),
    ];
    Picture {
        pixels: Pixels::new(
            image.width(),
            image.height(),
            image.color().channels() as u32,
            image.samples(),
            image.alpha(),
        ),
        metadata: kinds
            .into_iter()
            .filter_map(|(kind, payload)| Some((kind.into(), sha256(payload.as_ref()?))))
            .collect(),
    }
}

/// The class of SPEC.md section 12, of an error that a file can cause.
fn class(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Signature(_) => "Signature",
        Error::Truncated { .. } => "Truncated",
        Error::Crc { .. } => "Crc",
        Error::Format(_) => "Format",
        Error::Unsupported(_) => "Unsupported",
        Error::WrongModel { .. } => "WrongModel",
        Error::Limit { .. } => "Limit",
        Error::Model(_) => "Model",
        _ => return None,
    })
}
