//! `vqz eval`: rate and distortion on photos, from files.
//!
//! | what | file |
//! |---|---|
//! | the codecs | `codec` |
//! | one photo, from file to numbers | `measure` |
//! | published curves to compare with | `anchor` |
//! | whether every step of the dial counts | `dial` |
//! | means, JSON, table | `report` |

mod anchor;
mod codec;
mod dial;
mod measure;
mod report;

use crate::args::CodecArgs;
use crate::batch;
use crate::console::Console;
use crate::failure::{text, usage, SomeFailed};
use crate::files::Target;
use crate::metrics::ms_ssim;
use crate::picture;
use anchor::{AnchorArg, Curve};
use anyhow::{Context as _, Result};
use clap::Args;
use codec::{Codec, CodecName};
use measure::{Photo, Setup};
use rayon::prelude::*;
use report::{Means, ModelId, Report};
use std::path::{Path, PathBuf};

/// `vqz eval`
#[derive(Debug, Args)]
#[command(
    after_help = "Every file is written, read back and decoded. bpp counts whole files; PSNR and MS-SSIM are of 8-bit RGB, \
    means over the photos. Alpha and metadata count in bpp only.\n\
    Negative BD-rate: fewer bits than the anchor at equal quality (PCHIP on log rate, 0.03 to 2.6 bpp).\n\
    Out of order: a step to the next quality asked for that takes no more bytes of a photo, or does not raise its PSNR."
)]
pub struct EvalArgs {
    /// Codec to evaluate
    #[arg(
        long = "codec",
        value_enum,
        value_name = "CODEC",
        default_value = "vqz"
    )]
    which: CodecName,
    /// Qualities, separated by commas [default: 0,10,…,100; of jpeg 5,10,…,95]
    #[arg(long, value_name = "Q,…", value_delimiter = ',')]
    qualities: Option<Vec<f32>>,
    /// A curve of the same photos to compare with, as CompressAI publishes them or as this command writes them; may be repeated
    #[arg(long = "anchor", value_name = "NAME=FILE.json", value_parser = AnchorArg::parse)]
    anchors: Vec<AnchorArg>,
    /// Where to write all numbers, as JSON
    #[arg(long, value_name = "FILE.json")]
    out: PathBuf,
    /// Effort of the vqz encoder
    #[arg(long, value_name = "N", default_value_t = vqz::Encoder::DEFAULT_EFFORT)]
    #[arg(value_parser = clap::value_parser!(u8).range(..=i64::from(vqz::Encoder::MAX_EFFORT)))]
    effort: u8,
    #[command(flatten)]
    codec: CodecArgs,
    /// Pictures, or folders of them (subfolders are not searched)
    #[arg(required = true, value_name = "PHOTO")]
    photos: Vec<PathBuf>,
}

/// Runs the command.
pub fn run(args: &EvalArgs, console: &mut Console) -> Result<()> {
    let qualities = match &args.qualities {
        Some(qualities) => qualities.clone(),
        None => args.which.default_qualities(),
    };
    for &quality in &qualities {
        args.which.check_quality(quality).map_err(usage)?;
    }
    check_writable(&args.out)?;
    let anchors = args
        .anchors
        .iter()
        .map(|anchor| Ok((anchor.name.clone(), anchor.load()?)))
        .collect::<Result<Vec<(String, Curve)>>>()?;
    let files = batch::expand(&args.photos, picture::INPUT_EXTENSIONS)
        .into_iter()
        .collect::<Result<Vec<PathBuf>>>()?;
    let codec = match args.which {
        CodecName::Vqz => Codec::Vqz(args.codec.load_model()?, args.effort),
        CodecName::Jpeg => Codec::Jpeg,
    };
    let photos = measure(&files, &qualities, &codec, args, console)?;
    if !photos.is_empty() {
        let report = report(&codec, photos, &anchors, console);
        let json = serde_json::to_string_pretty(&report)? + "\n";
        Target::File(args.out.clone()).write(json.as_bytes())?;
        Target::Stdout.write(report.to_string().as_bytes())?;
        return failed(files.len() - report.photos.len(), files.len());
    }
    failed(files.len(), files.len())
}

fn failed(failed: usize, total: usize) -> Result<()> {
    match failed {
        0 => Ok(()),
        _ => Err(SomeFailed { failed, total }.into()),
    }
}

/// All photos that did not fail, in order.
fn measure(
    files: &[PathBuf],
    qualities: &[f32],
    codec: &Codec,
    args: &EvalArgs,
    console: &mut Console,
) -> Result<Vec<Photo>> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let setup = Setup {
        codec,
        qualities,
        limits: &args.codec.limits(),
        max_file_size: args.codec.input.max_file_size,
        folder: folder.path(),
    };
    console.start(files.len() * qualities.len());
    let shown: &Console = console;
    // Bridged: no more photos are in memory at a time than there are threads.
    let mut photos: Vec<(usize, Photo)> = files
        .iter()
        .enumerate()
        .par_bridge()
        .filter_map(|(index, path)| {
            let measured = setup.measure(index, path, || shown.advance());
            if let Err(error) = &measured {
                shown.error(&format!("{}: {}", path.display(), text(error)));
            }
            Some((index, measured.ok()?))
        })
        .collect();
    console.finish();
    photos.sort_by_key(|(index, _)| *index);
    Ok(photos.into_iter().map(|(_, photo)| photo).collect())
}

fn report(
    codec: &Codec,
    photos: Vec<Photo>,
    anchors: &[(String, Curve)],
    console: &Console,
) -> Report {
    let results = Means::of(&photos);
    for photo in &photos {
        if photo.points.iter().any(|point| point.ms_ssim.is_none()) {
            console.note(
                &photo.file,
                &format!(
                    "no MS-SSIM, here and in the mean: a side is below {} pixels",
                    ms_ssim::MIN_SIDE
                ),
            );
        }
    }
    let arguments = std::env::args_os().skip(1);
    let words: Vec<String> = arguments
        .map(|a| a.to_string_lossy().into_owned())
        .collect();
    Report {
        name: codec.name(),
        description: format!(
            "{}; means over {} photos; files written, read back and decoded; bpp of whole files, 8-bit RGB",
            codec.description(),
            photos.len()
        ),
        command: format!("vqz {}", words.join(" ")),
        version: env!("CARGO_PKG_VERSION"),
        model: match codec {
            Codec::Vqz(model, _) => Some(ModelId {
                digest: model.digest().to_string(),
                name: model.name().into(),
            }),
            Codec::Jpeg => None,
        },
        bd_rates: results.compare(anchors),
        out_of_order: dial::out_of_order(&photos),
        results,
        photos,
    }
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
