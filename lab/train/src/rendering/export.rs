//! From a checkpoint to a rendering file, and what integers do to its pictures.

use std::cell::RefCell;
use std::path::PathBuf;

use anyhow::{ensure, Context as _, Result};
use tch::{Device, Kind, Tensor};
use vqz::model::RenderingData;
use vqz::{Decoder, Encoder, Image, Models, Rendering, RenderingModel, View};

use super::base::Base;
use super::checkpoint;
use super::generator::Generator;
use crate::compare::whole as whole_image;
use crate::data::{self, Photo};
use crate::files::write;
use crate::fixed_point::End;
use crate::integers::{Integers, INNER_BITS};
use crate::network::Peaks;
use crate::validate::whole;

/// Qualities that activations are calibrated and pictures compared at.
const QUALITIES: [f64; 6] = [0.0, 10.0, 20.0, 30.0, 50.0, 100.0];

/// What to export.
#[derive(Debug, Clone)]
pub struct RenderingExport {
    /// A `checkpoint.safetensors` of [`super::train_rendering`].
    pub checkpoint: PathBuf,
    /// Receives the rendering file.
    pub out: PathBuf,
    /// The base model's file.
    pub base: PathBuf,
    /// Name put into the rendering file.
    pub name: String,
    /// Photos for calibration of the activations' scales, and to compare on.
    pub calibration: PathBuf,
    /// At most this many of them.
    pub calibration_photos: usize,
}

/// Means over the calibration photos at one quality; PSNRs in dB, 8-bit, of each pair the first is the faithful rendering's. The floats' labels are
/// not the files', so that what integers cost is by how much more, or less, the second loses against the first.
#[derive(Debug, Clone, Default)]
pub struct RenderingComparison {
    /// 0 to 100.
    pub quality: f64,
    /// Bits per pixel of the files.
    pub bpp: f64,
    /// In floating point.
    pub float: [f64; 2],
    /// From files.
    pub integer: [f64; 2],
}

/// Writes the integer rendering of a checkpoint's averaged weights, and reports what it does to the calibration photos.
///
/// # Errors
/// Unreadable inputs, another base model than the checkpoint's, or weights that no scale makes safe.
pub fn export_rendering(options: &RenderingExport) -> Result<Vec<RenderingComparison>> {
    let device = Device::cuda_if_available();
    let (mut generator, _, meta) = checkpoint::load(&options.checkpoint, device)?;
    generator.params.use_average(true);
    let base = Base::load(&options.base, meta.base_recipe, device)?;
    ensure!(
        meta.base == base.digest_hex(),
        "{}: the rendering was trained for model {}, this one is {}",
        options.base.display(),
        meta.base,
        base.digest_hex()
    );
    let mut photos = data::load_folder(&options.calibration, 64)?;
    photos.truncate(options.calibration_photos);
    let peaks = calibrate(&base, &generator, &photos);
    let rendering = integers(&base, &generator, peaks, options.name.clone())?;
    let bytes = rendering.to_bytes()?;
    let rendering = RenderingModel::from_bytes(&bytes)
        .context("the exported rendering does not pass its own checks")?;
    write(&options.out, &bytes)?;
    QUALITIES
        .iter()
        .map(|&quality| compare(&base, &generator, &rendering, &photos, quality))
        .collect()
}

/// Pixels of a photo by the networks in floating point, both renderings.
fn render(
    base: &Base,
    generator: &Generator,
    x: &Tensor,
    quality: f64,
    peaks: Option<&RefCell<Peaks>>,
) -> [Tensor; 2] {
    let t = Tensor::from_slice(&[quality as f32 / 100.0]).to_device(base.device());
    let decoded = base.decode(x, &t);
    let noise = generator.specified_noise(&decoded);
    let perceptual = generator.render(&decoded, &t, &noise, peaks);
    [decoded.faithful, perceptual]
}

fn calibrate(base: &Base, generator: &Generator, photos: &[Photo]) -> Peaks {
    let peaks = RefCell::new(Peaks::new());
    tch::no_grad(|| {
        for (photo, quality) in photos.iter().zip(QUALITIES.iter().cycle()) {
            if let Some(x) = whole(photo) {
                let x = x.to_device(base.device());
                let _ = render(base, generator, &x, *quality, Some(&peaks));
            }
        }
    });
    peaks.into_inner()
}

fn integers(
    base: &Base,
    generator: &Generator,
    peaks: Peaks,
    name: String,
) -> Result<RenderingData> {
    let integers = Integers {
        params: &generator.params,
        peaks,
    };
    let Generator {
        body,
        lift,
        renderer,
        ..
    } = generator;
    let features = End {
        scale: integers.feature_scale(body, lift, renderer),
        bits: INNER_BITS,
    };
    let patches = End {
        scale: 16.0,
        bits: 15,
    };
    Ok(RenderingData {
        name,
        base: base.model.digest(),
        body: integers.network(body, 256.0, 14, &features)?,
        lift: integers.network(lift, 16.0, 15, &features)?,
        renderer: integers.network(renderer, features.scale, features.bits, &patches)?,
    })
}

fn compare(
    base: &Base,
    generator: &Generator,
    rendering: &RenderingModel,
    photos: &[Photo],
    quality: f64,
) -> Result<RenderingComparison> {
    let models = Models::none().with(&base.model).with_rendering(rendering);
    let decoder = Decoder::with_models(models);
    let mut sum = RenderingComparison::default();
    let mut count = 0.0;
    for photo in photos {
        let (Some(x), Some(image)) = (whole(photo), whole_image(photo)?) else {
            continue;
        };
        let file = Encoder::new(&base.model)
            .quality(quality as f32)?
            .encode(&image)?;
        let picture = decoder.open(&file)?;
        let perceptual = View::default().rendering(Rendering::Perceptual);
        sum.bpp += file.len() as f64 * 8.0 / (f64::from(image.width()) * f64::from(image.height()));
        let x = x.to_device(base.device());
        let floats = tch::no_grad(|| render(base, generator, &x, quality, None));
        for (index, (float, view)) in floats.iter().zip([View::default(), perceptual]).enumerate() {
            let mse = (float.round().clamp(-128.0, 127.0) - &x)
                .square()
                .mean(Kind::Double);
            sum.float[index] += psnr(mse.double_value(&[]));
            sum.integer[index] += psnr_of(&image, &picture.decode(view)?);
        }
        count += 1.0;
    }
    ensure!(
        count > 0.0,
        "no calibration photo has at least 64 × 64 pixels"
    );
    Ok(RenderingComparison {
        quality,
        bpp: sum.bpp / count,
        float: sum.float.map(|sum| sum / count),
        integer: sum.integer.map(|sum| sum / count),
    })
}

fn psnr_of(original: &Image, picture: &Image) -> f64 {
    let squares = original
        .samples()
        .iter()
        .zip(picture.samples())
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
    psnr(squares.sum::<f64>() / original.samples().len() as f64)
}

fn psnr(mse: f64) -> f64 {
    10.0 * (255.0f64.powi(2) / mse.max(1e-6)).log10()
}
