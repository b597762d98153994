//! `vqz decode`: .vqz files to pictures.

use crate::args::DecodeArgs;
use crate::batch::{self, Job, Naming};
use crate::console::Console;
use crate::encode::summary;
use crate::failure::{explain, usage};
use crate::files::Target;
use crate::picture::{self, Format};
use anyhow::Result;
use std::time::Instant;
use vqz::Decoder;

/// Runs the command.
pub fn run(args: &DecodeArgs, console: &mut Console) -> Result<()> {
    let naming = Naming {
        inputs: &["vqz"],
        output: args.format.unwrap_or(Format::Png).extension(),
    };
    let jobs = batch::plan(&args.inputs, &args.output, naming, |path| {
        if args.format.is_some() || Format::of(path).is_some() {
            return Ok(());
        }
        Err(usage(format!(
            "{}: unknown picture format; end the name in {}, or use --format",
            path.display(),
            Format::names()
        )))
    })?;
    let decoder = Decoder::new(args.codec.load_model()?).limits(args.codec.limits());
    batch::run(&jobs, console, |job, console| {
        decode(job, &decoder, args.format, console)
    })
}

fn decode(
    job: &Job,
    decoder: &Decoder<'_>,
    format: Option<Format>,
    console: &Console,
) -> Result<()> {
    let started = Instant::now();
    let bytes = job.source.read()?;
    let image = decoder.decode(&bytes).map_err(explain)?;
    let by_name = match &job.target {
        Target::File(path) => Format::of(path),
        Target::Stdout => None,
    };
    let (picture, notes) = picture::write(&image, format.or(by_name).unwrap_or(Format::Png))?;
    job.target.write(&picture)?;
    for note in notes {
        console.note(&job.target, &note);
    }
    console.verbose(&summary(job, &image, bytes.len(), started));
    Ok(())
}
