//! `vqz encode`: pictures to .vqz files.

use crate::args::{CodecArgs, EncodeArgs};
use crate::batch::{self, extension, Done, Job, Naming, Way};
use crate::console::Console;
use crate::decode;
use crate::failure::{explain, usage};
use crate::files::{is_special, Existing, Source, Target};
use crate::picture::{self, lossless, resize, strip, Damaged};
use anyhow::{Context as _, Result};
use std::path::Path;
use std::time::Instant;
use vqz::lab::encoder_beside;
use vqz::{Decoder, Encoded, Encoder, Image, Limits, Model, Models, Probe, RenderingModel};

/// Runs the command.
pub fn run(args: &EncodeArgs, console: &mut Console) -> Result<()> {
    let naming = Naming {
        inputs: picture::INPUT_EXTENSIONS,
        output: "vqz",
        recursive: args.batch.recursive,
    };
    let (inputs, output) = args.batch.split(&args.paths)?;
    let plan = batch::plan(inputs, output, naming, check_name)?;
    let model = args.codec.load_model()?;
    let encoder = Encoder::new(&model)
        .quality(args.quality)?
        .progressive(args.progressive)
        .tune(args.tune)
        .effort(args.effort)?;
    let (goal, limits) = (Goal::of(args), args.codec.limits());
    // A .vqz input may be of the model built in, whichever the output will be of.
    let decoder = Decoder::with_models(Models::default().with(&model)).limits(limits.clone());
    let damaged = match args.accept_damaged {
        true => Damaged::Accept,
        false => Damaged::Refuse,
    };
    let existing = args.existing.or(Existing::Replace);
    let way = Way {
        jobs: args.batch.jobs,
        existing,
    };
    let alone = plan.jobs.len() == 1;
    let pixels = |job: &Job| match &job.source {
        Source::File(path) => match picture::pixels(path) {
            0 => decode::pixels(job, &decoder),
            pixels => pixels,
        },
        Source::Stdin => 0,
    };
    batch::run(&plan, console, way, pixels, |job, console| {
        let started = Instant::now();
        job.target.check(existing)?;
        let bytes = job.source.read_picture(args.codec.input.max_file_size)?;
        let (mut image, notes) = match vqz::probe(&bytes) {
            Probe::Vqz => again(&bytes, &decoder)?,
            _ => picture::read(&bytes, &limits, damaged)?,
        };
        let before = (bytes.len(), image.width(), image.height());
        drop(bytes);
        for note in notes {
            console.note(&job.source, &note);
        }
        image = strip::keep_only(image, args.parts())?;
        if let Some(size) = args.resized() {
            image = resize::to_size(image, size)?;
        }
        let encoder = encoder.clone().meter(&console.meter());
        let bytes = goal.encode(&encoder, &image, &job.target, console)?;
        job.target.write_unless(&bytes, existing)?;
        let line = summary(job, &image, &bytes, started);
        match alone {
            true => console.summary(&line),
            false => console.verbose(&line),
        }
        let same_size = (before.1, before.2) == (image.width(), image.height());
        if let Some(note) = lossless::note(&image, bytes.len(), same_size.then_some(before.0)) {
            console.note(&job.target, &note);
        }
        Ok(done(&image, bytes.len()))
    })
}

/// The picture of a .vqz file, and what to note of that.
fn again(bytes: &[u8], decoder: &Decoder) -> Result<(Image, Vec<String>)> {
    let image = decoder.decode(bytes).map_err(explain)?;
    let note =
        "is a .vqz file already, so the picture loses more; encode the original if there is one";
    Ok((image, vec![note.into()]))
}

/// For the sums of a batch; `bytes` is the size of the .vqz file.
pub fn done(image: &Image, bytes: usize) -> Done {
    Done {
        pixels: u64::from(image.width()) * u64::from(image.height()),
        bytes: bytes as u64,
    }
}

/// What the file must be like.
#[derive(Debug, Clone, Copy)]
enum Goal {
    /// As the encoder is set.
    Quality,
    /// At most so many bytes.
    Size(usize),
    /// At most so many bits per pixel.
    Bpp(f64),
    /// At least so many dB.
    Psnr(f64),
}

impl Goal {
    fn of(args: &EncodeArgs) -> Self {
        match (args.size, args.bpp, args.psnr) {
            (Some(bytes), ..) => Self::Size(usize::try_from(bytes).unwrap_or(usize::MAX)),
            (_, Some(bpp), _) => Self::Bpp(bpp),
            (_, _, Some(db)) => Self::Psnr(db),
            _ => Self::Quality,
        }
    }

    /// The file's bytes.
    fn encode(
        self,
        encoder: &Encoder,
        image: &Image,
        target: &Target,
        console: &Console,
    ) -> Result<Vec<u8>> {
        let found = match self {
            Self::Quality => return encoder.encode(image).map_err(explain),
            Self::Size(bytes) => to_size(encoder, image, bytes, target, console)?,
            Self::Bpp(bpp) => {
                let pixels = f64::from(image.width()) * f64::from(image.height());
                let bytes = (bpp * pixels / 8.0) as usize;
                to_size(encoder, image, bytes, target, console)
                    .with_context(|| format!("{bpp} bits per pixel are {bytes} bytes"))?
            }
            Self::Psnr(db) => encoder.encode_to_psnr(image, db).map_err(explain)?,
        };
        let psnr = found
            .psnr
            .map_or(String::new(), |db| format!(", PSNR {db:.2} dB"));
        if found.quality == 0.0 && found.psnr.is_some() {
            console.note(target, &format!("quality 0, the smallest file{psnr}"));
        }
        console.verbose(&format!(
            "{target}: quality {:.1}{psnr}, by {} trial encodes",
            found.quality, found.trials
        ));
        Ok(found.bytes)
    }
}

fn to_size(
    encoder: &Encoder,
    image: &Image,
    max_bytes: usize,
    target: &Target,
    console: &Console,
) -> Result<Encoded> {
    let found = encoder.encode_to_size(image, max_bytes).map_err(explain)?;
    if found.quality == 100.0 && found.bytes.len() < max_bytes {
        let message = format!(
            "quality 100, the best, takes {} bytes of the {max_bytes} allowed",
            found.bytes.len()
        );
        console.note(target, &message);
    }
    Ok(found)
}

/// What was done, in a line; `file` is the .vqz file.
pub fn summary(job: &Job, image: &Image, file: &[u8], started: Instant) -> String {
    let (width, height) = (image.width(), image.height());
    let pixels = f64::from(width) * f64::from(height);
    let seconds = started.elapsed().as_secs_f64();
    // It may be better than what was asked for, and that of a damaged file cannot be told.
    let mut limits = Limits::default();
    (limits.max_pixels, limits.max_expansion) = (u64::MAX, u64::MAX);
    let quality = match vqz::inspect(file, &limits) {
        Ok(info) => format!(", quality {}", (info.quality * 10.0).round() / 10.0),
        Err(_) => String::new(),
    };
    format!(
        "{} → {}: {width}×{height}, {} bytes, {:.3} bpp{quality}, {seconds:.2} s, {:.2} MP/s ({}, {} threads)",
        job.source,
        job.target,
        file.len(),
        file.len() as f64 * 8.0 / pixels,
        pixels / 1e6 / seconds,
        vqz::simd_level().unwrap_or("unknown"),
        rayon::current_num_threads(),
    )
}

/// Catches `vqz encode *.png` without OUT: the last picture would be overwritten.
fn check_name(path: &Path) -> Result<()> {
    if extension(path).as_deref() == Some("vqz") || is_special(path) {
        return Ok(());
    }
    Err(usage(format!(
        "{}: the output must be a .vqz file, `-`, or a folder (a new one: add a slash)",
        path.display()
    )))
}

impl CodecArgs {
    /// The model of `--model`, or the default one.
    pub fn load_model(&self) -> Result<Model> {
        match &self.model {
            None => Ok(Model::embedded()?.clone()),
            Some(path) => read_model(path, self.input.max_file_size),
        }
    }

    /// A decoder with the model of `--model`, or all that are built in.
    pub fn decoder(&self) -> Result<Decoder> {
        let decoder = match &self.model {
            None => Decoder::default(),
            Some(_) => Decoder::new(&self.load_model()?),
        };
        Ok(decoder.limits(self.limits()))
    }

    /// The library's limits, with `--max-pixels`.
    pub fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        if let Some(pixels) = self.max_pixels {
            limits.max_pixels = pixels;
            limits.max_expansion = u64::MAX;
        }
        limits
    }
}

/// Reads a .vqzm file, and the .vqze file of the same name beside it, of at most so many bytes each.
pub fn read_model(path: &Path, max_bytes: u64) -> Result<Model> {
    let source = Source::File(path.into());
    let read = || -> Result<Model> {
        let mut bytes = source.read_model(max_bytes)?;
        if let Some(encoder) = encoder_beside(path, &bytes) {
            bytes.extend(Source::File(encoder).read_encoder(max_bytes)?);
        }
        Ok(Model::from_bytes(&bytes)?)
    };
    read().with_context(|| source.to_string())
}

/// Reads a .vqzr file of at most so many bytes.
pub fn read_rendering(path: &Path, max_bytes: u64) -> Result<RenderingModel> {
    let source = Source::File(path.into());
    let bytes = source.read_rendering(max_bytes);
    let rendering = bytes.and_then(|bytes| Ok(RenderingModel::from_bytes(&bytes)?));
    rendering.with_context(|| source.to_string())
}
