//! `vqz info`: what is in a .vqz file, a model or a rendering file.

use crate::args::InfoArgs;
use crate::batch::extension;
use crate::console::{printable, Console};
use crate::encode::{read_model, read_rendering};
use crate::failure::{explain, text, SomeFailed};
use crate::files::{Source, Target};
use anyhow::{Context as _, Result};
use serde::Serialize;
use std::fmt::{self, Display};
use std::path::Path;
use vqz::{Color, Limits, Model, Models, RenderingModel};

/// Runs the command.
pub fn run(args: &InfoArgs, console: &Console) -> Result<()> {
    let model_file = args.model.clone().flatten();
    let max = args.input.max_file_size;
    let mut reports = Vec::new();
    let mut failed = 0;
    for file in &args.files {
        let report = match extension(file).as_deref() {
            Some("vqzm") => {
                read_model(file, max).map(|model| Report::Model(ModelReport::new(&model)))
            }
            Some("vqzr") => read_rendering(file, max)
                .map(|rendering| Report::Rendering(RenderingReport::new(&rendering))),
            _ => FileReport::new(file, max).map(Report::File),
        };
        match report {
            Ok(report) => reports.push(report),
            Err(error) if args.files.len() == 1 => return Err(error),
            Err(error) => {
                failed += 1;
                console.error(&text(&error));
            }
        }
    }
    if args.files.is_empty() {
        let model = match model_file {
            Some(file) => read_model(&file, max)?,
            None => Model::embedded()?.clone(),
        };
        reports.push(Report::Model(ModelReport::new(&model)));
    }
    let mut text = match (args.json, &reports[..]) {
        (true, [report]) if args.files.len() < 2 => serde_json::to_string_pretty(report)?,
        (true, reports) => serde_json::to_string_pretty(reports)?,
        (false, reports) => {
            let texts: Vec<String> = reports.iter().map(ToString::to_string).collect();
            texts.join("\n")
        }
    };
    text.push('\n');
    Target::Stdout.write(text.as_bytes())?;
    match failed {
        0 => Ok(()),
        _ => Err(SomeFailed {
            failed,
            total: args.files.len(),
        }
        .into()),
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Report {
    File(FileReport),
    Model(ModelReport),
    Rendering(RenderingReport),
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(report) => report.fmt(f),
            Self::Model(report) => report.fmt(f),
            Self::Rendering(report) => report.fmt(f),
        }
    }
}

#[derive(Serialize)]
struct FileReport {
    file: String,
    format_version: u8,
    width: u32,
    height: u32,
    color: &'static str,
    alpha: bool,
    quality: f32,
    /// Digest, 16 hex digits.
    model: String,
    /// Those that this build can show it in without further files.
    renderings: Vec<&'static str>,
    /// As in files of `--tune psnr`.
    uniform_steps: bool,
    /// Tiles may lack the last coding steps.
    tile_steps: bool,
    tile_side: u32,
    tiles: usize,
    layers: u8,
    file_bytes: usize,
    bits_per_pixel: f64,
    chunks: Vec<Chunk>,
}

#[derive(Serialize)]
struct Chunk {
    kind: String,
    offset: usize,
    bytes: usize,
}

impl FileReport {
    fn new(path: &Path, max_bytes: u64) -> Result<Self> {
        let source = Source::new(path);
        // Nothing is decoded: a picture of any size can be described.
        let mut limits = Limits::default();
        limits.max_pixels = u64::MAX;
        limits.max_expansion = u64::MAX;
        let info = source
            .read_vqz(max_bytes)
            .and_then(|bytes| vqz::inspect(&bytes, &limits).map_err(explain))
            .with_context(|| source.to_string())?;
        Ok(Self {
            file: source.to_string(),
            format_version: info.format_version,
            width: info.width,
            height: info.height,
            color: match info.color {
                Color::Gray => "gray",
                Color::Rgb => "rgb",
            },
            alpha: info.alpha,
            quality: info.quality,
            model: info
                .model
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            renderings: renderings(info.model),
            uniform_steps: info.uniform_steps,
            tile_steps: info.tile_steps,
            tile_side: info.tile_side,
            tiles: info.tiles,
            layers: info.layers,
            file_bytes: info.file_bytes,
            bits_per_pixel: info.bits_per_pixel,
            chunks: info
                .chunks
                .into_iter()
                .map(|chunk| Chunk {
                    kind: chunk.kind,
                    offset: chunk.offset,
                    bytes: chunk.bytes,
                })
                .collect(),
        })
    }
}

impl Display for FileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alpha = if self.alpha { " with alpha" } else { "" };
        writeln!(f, "{}", printable(&self.file))?;
        writeln!(
            f,
            "  picture   {}×{}, {}{alpha}",
            self.width, self.height, self.color
        )?;
        writeln!(
            f,
            "  size      {} bytes, {:.3} bits per pixel",
            self.file_bytes, self.bits_per_pixel
        )?;
        // The file has it in 1,024 steps: a tenth is what was asked for.
        let tuned = match self.uniform_steps {
            true => ", uniform steps (tuned for PSNR)",
            false => "",
        };
        let quality = (self.quality * 10.0).round() / 10.0;
        writeln!(f, "  quality   {quality}{tuned}")?;
        writeln!(f, "  model     {}", self.model)?;
        let renderings = match self.renderings.is_empty() {
            true => "none without --model: it is not built in".into(),
            false => self.renderings.join(", "),
        };
        writeln!(f, "  rendering {renderings}")?;
        writeln!(
            f,
            "  format    version {}, layers: {}",
            self.format_version, self.layers
        )?;
        writeln!(
            f,
            "  tiles     {} of up to {side}×{side} pixels",
            self.tiles,
            side = self.tile_side
        )?;
        write!(f, "  chunks    kind      offset       bytes")?;
        for chunk in &self.chunks {
            write!(
                f,
                "\n            {:6} {:>9} {:>11}",
                chunk.kind, chunk.offset, chunk.bytes
            )?;
        }
        Ok(())
    }
}

/// What the models that are built in can make of a file that names one so.
fn renderings(model: [u8; 8]) -> Vec<&'static str> {
    let models = Models::default();
    let known = models.digests().iter().any(|d| d.short() == model);
    let faithful = known.then_some("faithful");
    let perceptual = models.rendering(model).map(|_| "perceptual");
    faithful.into_iter().chain(perceptual).collect()
}

#[derive(Serialize)]
struct RenderingReport {
    /// 16 hex digits.
    digest: String,
    name: String,
    /// Digest of the model whose files it renders.
    base: String,
    parameters: u64,
    kmac_per_pixel: f64,
}

impl RenderingReport {
    fn new(rendering: &RenderingModel) -> Self {
        Self {
            digest: rendering.digest().to_string(),
            name: rendering.name().into(),
            base: rendering.base().to_string(),
            parameters: rendering.parameters(),
            kmac_per_pixel: rendering.kmac_per_pixel(),
        }
    }
}

impl Display for RenderingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "rendering {}", self.digest)?;
        writeln!(f, "  name        {}", printable(&self.name))?;
        writeln!(f, "  of model    {}", self.base)?;
        writeln!(f, "  parameters  {}", self.parameters)?;
        write!(f, "  networks    {:.1} kMAC per pixel", self.kmac_per_pixel)
    }
}

#[derive(Serialize)]
struct EncoderReport {
    /// 16 hex digits.
    digest: String,
    name: String,
    kmac_per_pixel: f64,
}

impl EncoderReport {
    fn new(model: &Model) -> Option<Self> {
        let (digest, name) = model.encoder()?;
        Some(Self {
            digest: digest.to_string(),
            name,
            kmac_per_pixel: model.complexity().encoder_kmac_per_pixel?,
        })
    }
}

impl Display for EncoderReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digest, name) = (&self.digest, printable(&self.name));
        write!(
            f,
            "{:.1} kMAC per pixel, {digest} ({name})",
            self.kmac_per_pixel
        )
    }
}

#[derive(Serialize)]
struct ModelReport {
    /// 16 hex digits.
    digest: String,
    name: String,
    parameters: u64,
    /// Without it, the model can only decode.
    encoder: Option<EncoderReport>,
    decoder_kmac_per_pixel: f64,
    /// Instructions the networks run with on this machine.
    simd: &'static str,
}

impl ModelReport {
    fn new(model: &Model) -> Self {
        let complexity = model.complexity();
        Self {
            digest: model.digest().to_string(),
            name: model.name().into(),
            parameters: complexity.parameters,
            encoder: EncoderReport::new(model),
            decoder_kmac_per_pixel: complexity.decoder_kmac_per_pixel,
            simd: vqz::simd_level().unwrap_or("unknown"),
        }
    }
}

impl Display for ModelReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "model {}", self.digest)?;
        // Free text from a file: nothing in it may move the cursor.
        writeln!(f, "  name        {}", printable(&self.name))?;
        writeln!(f, "  parameters  {}", self.parameters)?;
        match &self.encoder {
            Some(encoder) => writeln!(f, "  encoder     {encoder}")?,
            None => writeln!(f, "  encoder     none, it can only decode")?,
        }
        writeln!(
            f,
            "  decoder     {:.1} kMAC per pixel",
            self.decoder_kmac_per_pixel
        )?;
        write!(f, "  simd        {}", self.simd)
    }
}
