//! Writes what fuzzing starts from into a folder per target: the conformance suite, and files that are made here.
//!
//! Usage: `cargo run --example fuzz_seeds -- FOLDER` (`scripts/fuzz.sh` does this).

use std::path::Path;
use std::{env, error::Error, fs};

use vqz::testing::{least, Rng};
use vqz::{Color, Encoder, Image, Model};

fn main() -> Result<(), Box<dyn Error>> {
    let root = env::args().nth(1).ok_or("usage: fuzz_seeds FOLDER")?;
    let root = Path::new(&root);
    let folders = ["encoded", "default", "valid", "invalid"];
    for (name, bytes) in made()?.into_iter().chain(suite(&folders, "vqz")?) {
        for target in ["inspect", "prefix", "decode", "salvage"] {
            write(root, target, &name, &bytes)?;
        }
    }
    for (name, bytes) in suite(&["models", "invalid-models"], "vqzm")? {
        write(root, "model", &name, &bytes)?;
    }
    for (name, bytes) in suite(&["renderings", "invalid-renderings"], "vqzr")? {
        write(root, "model", &name, &bytes)?;
    }
    for seed in 0..3 {
        let name = format!("least-{seed}.vqzm");
        write(root, "model", &name, &least(seed).to_bytes()?)?;
    }
    // These targets take any bytes as a list of choices.
    let rng = &mut Rng(1);
    for index in 0..32 {
        let bytes: Vec<u8> = (0..16 << (index % 4)).map(|_| rng.bits() as u8).collect();
        write(root, "roundtrip", &format!("random-{index}"), &bytes)?;
        write(root, "levels", &format!("random-{index}"), &bytes)?;
    }
    Ok(())
}

fn write(root: &Path, target: &str, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let folder = root.join(target);
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(name), bytes)?)
}

type Files = Vec<(String, Vec<u8>)>;

/// Largest seed in bytes: mutating larger ones takes long to get anywhere.
const LARGEST: usize = 8192;

/// Name and bytes of the conformance suite's files in some of its folders.
fn suite(folders: &[&str], extension: &str) -> Result<Files, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance");
    let mut files = Files::new();
    for folder in folders {
        for entry in fs::read_dir(root.join(folder))? {
            let path = entry?.path();
            if path.extension().is_some_and(|found| found == extension) {
                let name = path.file_name().ok_or("a file has a name")?;
                files.push((format!("{folder}-{}", name.display()), fs::read(&path)?));
            }
        }
    }
    files.retain(|(_, bytes)| bytes.len() <= LARGEST);
    Ok(files)
}

/// One file of each kind with the built-in and the smallest model.
fn made() -> Result<Files, Box<dyn Error>> {
    let mut files = Files::new();
    let smallest = Model::from_bytes(&least(1).to_bytes()?)?;
    for (name, model) in [("built-in", Model::embedded()?), ("least", &smallest)] {
        for (color, progressive) in [(Color::Rgb, false), (Color::Gray, true)] {
            let count = 20 * 17 * color.channels();
            let samples = (0..count).map(|i| (i * i / 7 % 256) as u8).collect();
            let mut image = Image::new(20, 17, color, samples)?;
            if progressive {
                image = image.with_alpha((0..20 * 17).map(|i| (i / 2) as u8).collect())?;
                image.metadata.xmp = Some(b"<x/>".to_vec());
            }
            let encoder = Encoder::new(model).progressive(progressive);
            files.push((format!("{name}-{color:?}.vqz"), encoder.encode(&image)?));
        }
    }
    Ok(files)
}
