//! `vqz compare`: vqz beside other codecs on the same pixels.

use super::host::Host;
use super::{command_line, outcome, MeasureArgs};
use crate::args::parse_bpp;
use crate::console::Console;
use crate::failure::usage;
use crate::files::{Source, Target, MAX_FILE_SIZE};
use crate::picture::{self, Damaged};
use anyhow::{Context as _, Result};
use clap::Args;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use vqz::Limits;
use vqz_measure::{compare, Asked, CodecName, Codecs, Compare, Origin, Scale, Shelf, Size};

/// `vqz compare`
#[derive(Debug, Args)]
#[command(
    after_help = "Every file is written, read back and decoded; sizes are of whole files without metadata, scores are of 8-bit pixels.\n\
    The folder of --out gets report.html, report.json, points.csv, rd-*.svg and the files of equal size in matched/; \
    if the command is stopped and started again, it continues where it was.\n\
    docs/compare.md explains what the numbers mean."
)]
pub struct CompareArgs {
    /// Folder for the report (created)
    #[arg(long, value_name = "FOLDER", required_unless_present = "target")]
    out: Option<PathBuf>,
    /// Codecs to compare, separated by commas; `vqz-slow` is vqz with --effort 2, `vqz-psnr` with --tune psnr [default: vqz,jpeg,mozjpeg,webp,avif,jxl]
    #[arg(long, value_name = "CODEC,…", value_delimiter = ',')]
    codecs: Vec<CodecName>,
    /// A model (.vqzm) to compare as well, as a codec of its own; may be repeated
    #[arg(long = "model", value_name = "FILE")]
    models: Vec<PathBuf>,
    /// Qualities of one codec instead of its default ones; may be repeated. `vqz` stands for all models
    #[arg(long = "qualities", value_name = "CODEC=Q,…", value_parser = parse_qualities)]
    qualities: Vec<Asked>,
    /// Instead of curves, compare the photos at this many bits per pixel, by every codec
    #[arg(long, value_name = "X", value_parser = parse_bpp, group = "target")]
    bpp: Option<f64>,
    /// Instead of curves, compare the photos in files of at most this many bytes
    #[arg(long, value_name = "BYTES", group = "target")]
    size: Option<u64>,
    /// Instead of curves, compare the photos in files no larger than this one (its metadata is not counted)
    #[arg(long, value_name = "FILE", group = "target")]
    like: Option<PathBuf>,
    /// Do not measure memory (it takes two more runs of every codec on every photo)
    #[arg(long)]
    no_memory: bool,
    /// Headline of the report
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Refuse pictures of more pixels than this
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_pixels)]
    max_pixels: u64,
    #[command(flatten)]
    measure: MeasureArgs,
}

/// Runs the command.
pub fn run(args: &CompareArgs, console: &mut Console) -> Result<()> {
    let mut limits = Limits::default();
    limits.max_pixels = args.max_pixels;
    let codecs = codecs(args, &limits)?;
    let size = size(args, &limits)?;
    let files = args.measure.files()?;
    let asked = Compare {
        codecs,
        scales: args.measure.scales(&Scale::ALL),
        size,
        memory: !args.no_memory,
        out: args.out.clone(),
        title: args.title.clone(),
        threads: rayon::current_num_threads(),
        command: command_line(),
    };
    let host = Host::new(console, limits, MAX_FILE_SIZE);
    let done = compare(&asked, &files, &host)?;
    drop(host);
    if let Some(text) = done.found {
        Target::Stdout.write(text.as_bytes())?;
    }
    outcome(done.failed, files.len())
}

/// vqz, its other models, the rest.
fn codecs(args: &CompareArgs, limits: &Limits) -> Result<Codecs> {
    let names = match args.codecs.is_empty() {
        true => CodecName::usual().collect(),
        false => args.codecs.clone(),
    };
    let (own, others): (Vec<CodecName>, Vec<CodecName>) = names
        .into_iter()
        .partition(|name| Origin::Named(*name).is_vqz());
    let models = args.models.iter().cloned().map(Origin::Model);
    let origins: Vec<Origin> = (own.into_iter().map(Origin::Named))
        .chain(models)
        .chain(others.into_iter().map(Origin::Named))
        .collect();
    let effort = vqz::Encoder::DEFAULT_EFFORT;
    let shelf = Shelf::new(args.measure.python(), limits.clone(), effort);
    Codecs::new(&origins, &args.qualities, &shelf).map_err(|error| usage(format!("{error:#}")))
}

/// The size of equal files, if the command line has one.
fn size(args: &CompareArgs, limits: &Limits) -> Result<Option<Size>> {
    let like = args.like.as_deref().map(|path| {
        let size = plain_size(path, limits);
        size.with_context(|| path.display().to_string())
    });
    let bytes = like.transpose()?.or(args.size);
    Ok(bytes.map(Size::Bytes).or(args.bpp.map(Size::Bpp)))
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

/// `CODEC=Q,…`
fn parse_qualities(text: &str) -> Result<Asked, String> {
    let (codec, list) = text.split_once('=').ok_or("must be CODEC=Q,…")?;
    let number = |quality: &str| {
        let parsed = quality.trim().parse();
        parsed.map_err(|_| format!("`{quality}` is not a number"))
    };
    Ok(Asked {
        settings: list.split(',').map(number).collect::<Result<_, _>>()?,
        codec: CodecName::from_str(codec)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualities_name_their_codec() {
        let parsed = parse_qualities("jxl=20,37.5").unwrap();
        assert_eq!(
            (parsed.codec, parsed.settings),
            (CodecName::Jxl, vec![20.0, 37.5])
        );
        for text in ["20,30", "jp2=20", "jpeg=", "jpeg=1,x"] {
            assert!(parse_qualities(text).is_err(), "accepted: {text}");
        }
    }
}
