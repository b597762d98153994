//! Float against integer: the same photos through the networks and the quantiser that they were trained with, in floating point (rates added up from
//! tables of that quantiser's labels), and through files. The difference is what integers cost, less what dependent quantisation gains.

use anyhow::Result;
use tch::{Kind, Tensor};
use vqz::{Color, Decoder, Encoder, Image, Model};

use crate::config::Recipe;
use crate::data::Photo;
use crate::model::FloatModel;
use crate::quantiser::Mode;
use crate::validate::{validate, Point};

/// Mean bpp and PSNR at one quality, both ways.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// 0 to 100.
    pub quality: f64,
    /// Sum of the labels' costs, headers not included.
    pub float_bpp: f64,
    /// dB, 8-bit reconstruction.
    pub float_psnr: f64,
    /// Size of the written files, headers included.
    pub integer_bpp: f64,
    /// dB, from the decoded files.
    pub integer_psnr: f64,
}

/// Compares on the parts of the photos whose sides are multiples of 64, at qualities 0, 25, … 100. `costs` are bits of the float model's labels.
pub(crate) fn compare(
    float: &FloatModel,
    integer: &Model,
    photos: &[Photo],
    recipe: &Recipe,
    costs: &Tensor,
) -> Result<Vec<Comparison>> {
    let points = validate(
        float,
        photos,
        recipe,
        5,
        Mode::Hard,
        Kind::Float,
        Some(costs),
    )?;
    points
        .into_iter()
        .map(|point| {
            let (bpp, psnr) = through_files(integer, photos, recipe, &point)?;
            Ok(Comparison {
                quality: point.quality,
                float_bpp: point.bpp,
                float_psnr: point.psnr,
                integer_bpp: bpp,
                integer_psnr: psnr,
            })
        })
        .collect()
}

/// Files hold photos as the recipe degrades them; the PSNR is against the photos as they are.
fn through_files(
    model: &Model,
    photos: &[Photo],
    recipe: &Recipe,
    point: &Point,
) -> Result<(f64, f64)> {
    let (mut bpp, mut psnr, mut count) = (0.0, 0.0, 0.0);
    for (number, photo) in photos.iter().enumerate() {
        let Some(clean) = whole(photo)? else { continue };
        let Some(image) = whole(&*photo.seen(number, recipe)?)? else {
            continue;
        };
        let file = Encoder::new(model)
            .quality(point.quality as f32)?
            .encode(&image)?;
        let back = Decoder::new(model).decode(&file)?;
        let squares = clean
            .samples()
            .iter()
            .zip(back.samples())
            .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
        let mse = squares.sum::<f64>() / clean.samples().len() as f64;
        bpp += file.len() as f64 * 8.0 / (f64::from(clean.width()) * f64::from(clean.height()));
        psnr += 10.0 * (255.0 * 255.0 / mse.max(1e-6)).log10();
        count += 1.0;
    }
    Ok((bpp / count, psnr / count))
}

/// The part of a photo with sides that are multiples of 64; `None` of one that has no such part.
pub(crate) fn whole(photo: &Photo) -> Result<Option<Image>> {
    let (width, height) = (photo.width / 64 * 64, photo.height / 64 * 64);
    if width == 0 || height == 0 {
        return Ok(None);
    }
    let rows = photo
        .pixels
        .chunks_exact(photo.width as usize * 3)
        .take(height as usize);
    let pixels: Vec<u8> = rows
        .flat_map(|row| &row[..width as usize * 3])
        .copied()
        .collect();
    Ok(Some(Image::new(width, height, Color::Rgb, pixels)?))
}
