//! `vqz decode`: .vqz files to pictures.

use crate::args::DecodeArgs;
use crate::batch::{self, Done, Job, Naming, Way};
use crate::console::Console;
use crate::encode::{done, read_rendering, summary};
use crate::failure::{explain, usage};
use crate::files::{Existing, Source, Target};
use crate::picture::{self, Format, JPEG_QUALITY};
use crate::salvage::{Decoded, Report};
use crate::view::{self, Rendering};
use anyhow::Result;
use std::fs::File;
use std::io::Read as _;
use std::time::Instant;
use vqz::Decoder;

/// Runs the command.
pub fn run(args: &DecodeArgs, console: &mut Console) -> Result<()> {
    let naming = Naming {
        inputs: &["vqz"],
        output: args.format.unwrap_or(Format::Png).extension(),
        recursive: args.batch.recursive,
    };
    let (inputs, output) = args.batch.split(&args.paths)?;
    let plan = batch::plan(inputs, output, naming, |path| {
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
    let mut decoder = args.codec.decoder()?;
    if let Some(file) = &args.rendering_file {
        if args.rendering == Rendering::Faithful {
            return Err(usage("--rendering-file is for --rendering perceptual"));
        }
        let max_bytes = args.codec.input.max_file_size;
        decoder = decoder.with_rendering(&read_rendering(file, max_bytes)?);
    }
    let report = Report::default();
    let view = view::of(args.region, args.scale, args.rendering);
    let way = Way {
        jobs: args.batch.jobs,
        // A picture of that name may be the original.
        existing: args.existing.or(Existing::Keep),
    };
    let done = batch::run(
        &plan,
        console,
        way,
        |job| pixels(job, &decoder),
        |job, console| {
            let decoder = decoder.clone().meter(&console.meter());
            let read = |bytes: &[u8]| match args.salvage {
                true => report.salvage(&job.source, bytes, &decoder),
                false => {
                    let opened = decoder.open(bytes).map_err(explain)?;
                    Ok(opened.decode(view).map_err(explain)?.into())
                }
            };
            decode(job, read, args, way.existing, console)
        },
    );
    if let Some(target) = report_to {
        report.write(&plan.jobs, &target)?;
    }
    done
}

fn decode(
    job: &Job,
    read: impl Fn(&[u8]) -> Result<Decoded>,
    args: &DecodeArgs,
    existing: Existing,
    console: &Console,
) -> Result<Done> {
    let started = Instant::now();
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
            "is written as {}, as --format says, despite its name",
            format.extension()
        );
        console.note(&job.target, &note);
    }
    let (image, turned) = picture::orientation::settle(image, format, args.orientation)?;
    if args.quality.is_some() && format != Format::Jpg {
        let name = format.extension();
        return Err(usage(format!(
            "{}: --quality is for JPEG only; {name} is lossless",
            job.target
        )));
    }
    let quality = args.quality.unwrap_or(JPEG_QUALITY);
    let mut notes = Vec::new();
    job.target.write_by(existing, |out| {
        notes = picture::write(&image, format, quality, out)?;
        Ok(())
    })?;
    for note in turned.into_iter().chain(notes) {
        console.note(&job.target, &note);
    }
    console.verbose(&summary(job, &image, &bytes, started));
    match losses {
        Some(losses) => Err(losses.tell(job, console)),
        None => Ok(done(&image, bytes.len())),
    }
}

/// How many pixels a file says that it has; 0 if that cannot be told.
pub fn pixels(job: &Job, decoder: &Decoder) -> u64 {
    // Enough for the header.
    let mut head = Vec::new();
    let Source::File(path) = &job.source else {
        return 0;
    };
    let read = File::open(path).and_then(|file| file.take(256).read_to_end(&mut head));
    let mut push = decoder.push();
    if read.is_err() || push.push(&head).is_err() {
        return 0;
    }
    match push.picture() {
        Ok(Some(picture)) => u64::from(picture.width()) * u64::from(picture.height()),
        _ => 0,
    }
}
