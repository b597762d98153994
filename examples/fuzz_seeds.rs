//! Writes what fuzzing starts from into a folder per target: the test vectors, and files that are made here.
//!
//! Usage: `cargo run --example fuzz_seeds -- FOLDER` (`scripts/fuzz.sh` does this).

use std::path::Path;
use std::{env, error::Error, fs};

use vqz::model::testing::{least, Rng};
use vqz::{Color, Encoder, Image, Model};

fn main() -> Result<(), Box<dyn Error>> {
    let root = env::args().nth(1).ok_or("usage: fuzz_seeds FOLDER")?;
    let root = Path::new(&root);
    for (name, bytes) in files()? {
        for target in ["inspect", "prefix", "decode"] {
            write(root, target, &name, &bytes)?;
        }
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

/// Name and bytes of `.vqz` files: the test vectors, and one of each kind with the built-in and the smallest model.
fn files() -> Result<Vec<(String, Vec<u8>)>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/testdata/conformance/encoded"
    ))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "vqz") {
            let name = path.file_name().ok_or("a file has a name")?;
            files.push((name.to_string_lossy().into_owned(), fs::read(&path)?));
        }
    }
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
