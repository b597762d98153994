//! `vqz decode`: .vqz files to pictures.

use crate::args::DecodeArgs;
use crate::batch::{self, Job, Naming};
use crate::console::Console;
use crate::encode::summary;
use crate::failure::{explain, usage};
use crate::files::{Existing, Target};
use crate::picture::{self, Format};
use crate::salvage::{Decoded, Report};
use crate::view;
use anyhow::Result;
use std::time::Instant;

/// Runs the command.
pub fn run(args: &DecodeArgs, console: &mut Console) -> Result<()> {
    let naming = Naming {
        inputs: &["vqz"],
        output: args.format.unwrap_or(Format::Png).extension(),
    };
    let plan = batch::plan(&args.inputs, &args.output, naming, |path| {
        if args.format.is_some() || Format::of(path).is_some() {
            return Ok(());
        }
        Err(usage(format!(
            "{}: unknown picture format; end the name in {}, or use --format",
            path.display(),
            Format::names()
        )))
    })?;
    let report_to = args.salvage_report.as_deref();
    let report_to = report_to
        .map(|path| batch::further_target(&plan.jobs, path))
        .transpose()?;
    let decoder = args.codec.decoder()?;
    let report = Report::default();
    let view = view::of(args.region, args.scale);
    let done = batch::run(&plan, console, |job, console| {
        let read = |bytes: &[u8]| match args.salvage {
            true => report.salvage(&job.source, bytes, &decoder),
            false => {
                let opened = decoder.open(bytes).map_err(explain)?;
                Ok(opened.decode(view).map_err(explain)?.into())
            }
        };
        decode(job, read, args, console)
    });
    if let Some(target) = report_to {
        report.write(&target)?;
    }
    done
}

fn decode(
    job: &Job,
    read: impl Fn(&[u8]) -> Result<Decoded>,
    args: &DecodeArgs,
    console: &Console,
) -> Result<()> {
    let started = Instant::now();
    // A picture of that name may be the original.
    let existing = args.existing.or(Existing::Keep);
    job.target.check(existing)?;
    let bytes = job.source.read_vqz(args.codec.input.max_file_size)?;
    let Decoded { image, losses } = read(&bytes)?;
    let by_name = match &job.target {
        Target::File(path) => Format::of(path),
        Target::Stdout => None,
    };
    let format = args.format.or(by_name).unwrap_or(Format::Png);
    if by_name.is_some_and(|by_name| by_name.extension() != format.extension()) {
        let note = format!(
            "is written as {}, as --format says, whatever its name",
            format.extension()
        );
        console.note(&job.target, &note);
    }
    let (image, turned) = picture::orientation::settle(image, format, args.orientation)?;
    let (picture, notes) = picture::write(&image, format)?;
    job.target.write_unless(&picture, existing)?;
    for note in turned.into_iter().chain(notes) {
        console.note(&job.target, &note);
    }
    console.verbose(&summary(job, &image, bytes.len(), started));
    match losses {
        Some(losses) => Err(losses.tell(job, console)),
        None => Ok(()),
    }
}
