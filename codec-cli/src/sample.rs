//! `vqz sample`: pictures that a model takes to be likely.

use crate::args::SampleArgs;
use crate::console::Console;
use crate::failure::{explain, usage};
use crate::files::{Existing, Source, Target};
use crate::picture::{self, Format, JPEG_QUALITY};
use anyhow::{Context as _, Result};
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use vqz::lab::{complete, sample};
use vqz::Picture;

/// Runs the command.
pub fn run(args: &SampleArgs, console: &Console) -> Result<()> {
    if let Some(prior) = args.small_model() {
        return small(args, prior, console);
    }
    let existing = args.existing.or(Existing::Keep);
    let outputs = outputs(&args.output, args.number);
    for path in &outputs {
        check_name(path)?;
        Target::new(path)?.check(existing)?;
    }
    let decoder = args.codec.decoder()?;
    let draw: Box<dyn Fn(u64) -> Result<Vec<u8>>> = match &args.complete {
        None => {
            let (width, height) = args.size;
            let pixels = u64::from(width) * u64::from(height);
            let limit = args.codec.limits().max_pixels;
            if pixels > limit {
                return Err(usage(format!(
                    "--size is {pixels} pixels, the limit is {limit}; see --max-pixels"
                )));
            }
            let model = args.codec.load_model()?;
            Box::new(move |number| {
                let random = |tile| random(args.seed, number, tile);
                sample(&model, args.size, args.quality, &random).map_err(explain)
            })
        }
        Some(path) => {
            let source = Source::new(path);
            let push = source
                .read_vqz(args.codec.input.max_file_size)
                .and_then(|bytes| {
                    let mut push = decoder.push();
                    push.push(&bytes).map_err(explain)?;
                    Ok(push)
                });
            let push = push.with_context(|| source.to_string())?;
            Box::new(move |number| {
                let random = |tile| random(args.seed, number, tile);
                let drawn = push.picture().map_err(explain).and_then(|picture| {
                    let picture = picture.context("ends before its header does")?;
                    let layers = kept(&picture, push.layers(), args.layers)?;
                    complete(&picture, layers, &random).map_err(explain)
                });
                drawn.with_context(|| source.to_string())
            })
        }
    };
    for (number, path) in (0..).zip(&outputs) {
        let file = draw(number)?;
        let target = Target::new(path)?;
        if is_vqz(path) {
            target.write_unless(&file, existing)?;
        } else {
            let image = decoder.decode(&file).map_err(explain)?;
            let format = Format::of(path).unwrap_or(Format::Png);
            let mut notes = Vec::new();
            target.write_by(existing, |out| {
                notes = picture::write(&image, format, JPEG_QUALITY, out)?;
                Ok(())
            })?;
            notes.iter().for_each(|note| console.note(&target, note));
        }
        console.summary(&format!("{target}: drawn, as {} bytes of .vqz", file.len()));
    }
    Ok(())
}

/// A sheet of samples of a prior that `vqz train-prior` has made.
#[cfg(feature = "train")]
fn small(args: &SampleArgs, prior: &Path, console: &Console) -> Result<()> {
    crate::train::sample_sheet(args, prior, console)
}

#[cfg(not(feature = "train"))]
fn small(_: &SampleArgs, prior: &Path, _: &Console) -> Result<()> {
    Err(usage(format!(
        "{}: checkpoints need a build with `--features train`, as README.md explains; a model file ends in .vqzm",
        prior.display()
    )))
}

/// Random numbers for a tile of a sample. ChaCha's output is specified: no version of the crate, and no machine, gives another one.
fn random(seed: u64, number: u64, tile: usize) -> impl FnMut() -> u16 + Send {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&number.to_le_bytes());
    let mut generator = ChaCha8Rng::from_seed(key);
    generator.set_stream(tile as u64);
    move || generator.next_u32() as u16
}

/// How many layers of a file to keep.
fn kept(picture: &Picture<'_>, there: usize, asked: Option<u8>) -> Result<usize> {
    match asked {
        Some(layers) => Ok(layers.into()),
        None if there < usize::from(picture.layers()) => Ok(there),
        None => Err(usage(
            "the file is whole; --layers says how many of its layers to keep",
        )),
    }
}

fn is_vqz(path: &Path) -> bool {
    crate::batch::extension(path).is_some_and(|extension| extension == "vqz")
}

fn check_name(path: &Path) -> Result<()> {
    if path == Path::new("-") || is_vqz(path) || Format::of(path).is_some() {
        return Ok(());
    }
    Err(usage(format!(
        "{}: unknown picture format; end the name in vqz, {}",
        path.display(),
        Format::names()
    )))
}

/// `a.png`, or `a-1.png`, `a-2.png` and so on.
fn outputs(path: &Path, number: u64) -> Vec<PathBuf> {
    if number == 1 {
        return vec![path.into()];
    }
    let named = |index: u64| {
        let mut name = OsString::from(path.file_stem().unwrap_or_default());
        name.push(format!("-{index}"));
        if let Some(extension) = path.extension() {
            name.push(".");
            name.push(extension);
        }
        path.with_file_name(name)
    };
    (1..=number).map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_samples_are_numbered() {
        assert_eq!(outputs(Path::new("x/a.png"), 1), [Path::new("x/a.png")]);
        let two = outputs(Path::new("x/a.b.png"), 2);
        assert_eq!(two, [Path::new("x/a.b-1.png"), Path::new("x/a.b-2.png")]);
    }

    #[test]
    fn seed_number_and_tile_make_the_numbers_differ() {
        let first = |mut random: Box<dyn FnMut() -> u16>| [random(), random(), random()];
        let numbers = |seed, number, tile| first(Box::new(random(seed, number, tile)));
        assert_eq!(numbers(1, 2, 3), numbers(1, 2, 3));
        for other in [numbers(9, 2, 3), numbers(1, 9, 3), numbers(1, 2, 9)] {
            assert_ne!(numbers(1, 2, 3), other);
        }
    }
}
