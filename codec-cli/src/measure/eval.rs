//! `vqz eval`: rate and distortion of one codec on photos, from files.

use super::host::Host;
use super::{command_line, outcome, MeasureArgs};
use crate::args::CodecArgs;
use crate::console::Console;
use crate::failure::usage;
use crate::files::Target;
use anyhow::Result;
use clap::Args;
use std::path::{Path, PathBuf};
use vqz_measure::{evaluate, Anchor, Asked, CodecName, Codecs, Curve, Evaluate, Origin};
use vqz_measure::{Scale, Shelf};

/// `vqz eval`
#[derive(Debug, Args)]
#[command(
    after_help = "Every file is written, read back and decoded. bpp counts whole files without metadata; scores are of 8-bit RGB, \
    means over the photos.\n\
    Negative BD-rate: fewer bits than the anchor at equal quality (PCHIP on log rate, 0.03 to 2.6 bpp).\n\
    A step to the next quality asked for is out of order if it takes no more bytes for a photo, or does not raise its PSNR."
)]
pub struct EvalArgs {
    /// Codec to evaluate: vqz, vqz-psnr (with --tune psnr), jpeg, mozjpeg, webp, avif, jxl
    #[arg(long = "codec", value_name = "CODEC", default_value = "vqz")]
    which: CodecName,
    /// Qualities, separated by commas [default: 0,10,…,100; other codecs have their own]
    #[arg(long, value_name = "Q,…", value_delimiter = ',')]
    qualities: Option<Vec<f64>>,
    /// A curve of the same photos to compare with: published by CompressAI, written by this command, or CODEC=report.json of `compare`
    #[arg(long = "anchor", value_name = "NAME=FILE.json")]
    anchors: Vec<Anchor>,
    /// Where to write all numbers, as JSON
    #[arg(long, value_name = "FILE.json")]
    out: PathBuf,
    /// Effort of the vqz encoder
    #[arg(long, value_name = "N", default_value_t = vqz::Encoder::DEFAULT_EFFORT)]
    #[arg(value_parser = clap::value_parser!(u8).range(..=i64::from(vqz::Encoder::MAX_EFFORT)))]
    effort: u8,
    #[command(flatten)]
    codec: CodecArgs,
    #[command(flatten)]
    measure: MeasureArgs,
}

/// Runs the command.
pub fn run(args: &EvalArgs, console: &mut Console) -> Result<()> {
    check_writable(&args.out)?;
    let anchors = args
        .anchors
        .iter()
        .map(|anchor| Ok((anchor.name.clone(), anchor.load()?)))
        .collect::<Result<Vec<(String, Curve)>>>()?;
    let mut scales = args.measure.scales(&[Scale::Psnr, Scale::MsSsim]);
    if !scales.contains(&Scale::Psnr) {
        // The dial is checked by it.
        scales.insert(0, Scale::Psnr);
    }
    let files = args.measure.files()?;
    let asked = Evaluate {
        codecs: codecs(args)?,
        scales,
        anchors,
        threads: rayon::current_num_threads(),
        command: command_line(),
    };
    let host = Host::new(console, args.codec.limits(), args.codec.input.max_file_size);
    let done = evaluate(&asked, &files, &host)?;
    drop(host);
    if let Some(evaluation) = done.found {
        let json = serde_json::to_string_pretty(&evaluation)? + "\n";
        Target::File(args.out.clone()).write(json.as_bytes())?;
        Target::Stdout.write(evaluation.to_string().as_bytes())?;
    }
    outcome(done.failed, files.len())
}

fn codecs(args: &EvalArgs) -> Result<Codecs> {
    let origin = match &args.codec.model {
        Some(model) if args.which == CodecName::Vqz => Origin::Model(model.clone()),
        _ => Origin::Named(args.which),
    };
    let asked = args.qualities.iter().map(|settings| Asked {
        codec: args.which,
        settings: settings.clone(),
    });
    let asked: Vec<Asked> = asked.collect();
    let shelf = Shelf::new(args.measure.python(), args.codec.limits(), args.effort);
    Codecs::new(&[origin], &asked, &shelf).map_err(|error| usage(format!("{error:#}")))
}

/// Hours of work shall not be lost to a mistyped name.
fn check_writable(out: &Path) -> Result<()> {
    if out.is_dir() {
        return Err(usage(format!("{}: is a folder", out.display())));
    }
    match out.parent() {
        Some(parent) if parent != Path::new("") && !parent.is_dir() => Err(usage(format!(
            "{}: there is no such folder; create it first",
            parent.display()
        ))),
        _ => Ok(()),
    }
}
