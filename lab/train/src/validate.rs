//! Rate and distortion of the floating-point model on whole photos, rates estimated from its probabilities.

use anyhow::Result;
use serde::Serialize;
use tch::{Kind, Tensor};

use crate::config::Recipe;
use crate::data::{to_tensor, Photo};
use crate::model::{FloatModel, Instruments};
use crate::quantiser::Mode;
use crate::settled::{Coder, SIDE_MAX};

/// Means over the validation photos at one quality.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Point {
    pub quality: f64,
    pub bpp: f64,
    pub psnr: f64,
    /// λ·255²·MSE + bpp with MSE on the 0–1 scale, that is λ·MSE + bpp on the 0–255 scale.
    pub loss: f64,
}

/// The largest part of a photo with sides that are multiples of 64, as `[1, 3, H, W]`.
pub(crate) fn whole(photo: &Photo) -> Option<Tensor> {
    let (w, h) = (photo.width / 64 * 64, photo.height / 64 * 64);
    if w == 0 || h == 0 {
        return None;
    }
    let all = to_tensor(&photo.pixels, 1, photo.height.into(), photo.width.into());
    Some(
        all.narrow(2, 0, h.into())
            .narrow(3, 0, w.into())
            .contiguous_channels_last(),
    )
}

trait ChannelsLast {
    fn contiguous_channels_last(&self) -> Tensor;
}

impl ChannelsLast for Tensor {
    fn contiguous_channels_last(&self) -> Tensor {
        self.permute([0, 2, 3, 1])
            .contiguous()
            .permute([0, 3, 1, 2])
    }
}

/// Validates at qualities 0, 1/(n−1), …, 1 with the quantiser of `mode`. The model sees photos degraded as the recipe says; the error is that
/// against the photos as they are.
///
/// # Errors
/// Those of [`Photo::seen`].
pub(crate) fn validate(
    model: &FloatModel,
    photos: &[Photo],
    recipe: &Recipe,
    points: usize,
    mode: Mode,
    kind: Kind,
    costs: Option<&Tensor>,
) -> Result<Vec<Point>> {
    let instruments = Instruments {
        costs,
        ..Instruments::default()
    };
    each(model, photos, recipe, points, i64::MAX, |x, quality| {
        let t = Tensor::from_slice(&[quality as f32]).to_device(x.device());
        let out = model.forward_with(x, &t, mode, kind, &instruments);
        Ok((out.bpp, out.picture))
    })
}

/// The same of a decoder, of latents that a coder has chosen: of no more of a photo than a tile holds, and without the rate of hyper-latents.
///
/// # Errors
/// Those of [`Photo::seen`] and [`Coder::settle`].
pub(crate) fn validate_decoder(
    model: &FloatModel,
    coder: &Coder,
    photos: &[Photo],
    recipe: &Recipe,
    points: usize,
    kind: Kind,
) -> Result<Vec<Point>> {
    each(model, photos, recipe, points, SIDE_MAX, |x, quality| {
        let t = Tensor::from_slice(&[quality as f32]).to_device(x.device());
        let out = model.decode(&coder.settle(x, &[quality])?, &t, kind);
        Ok((out.bpp, out.picture))
    })
}

/// Means over photos, of no more than `most` pixels of them each way, of what `code` says of each at so many qualities: its rate, and its picture.
fn each(
    model: &FloatModel,
    photos: &[Photo],
    recipe: &Recipe,
    points: usize,
    most: i64,
    code: impl Fn(&Tensor, f64) -> Result<(Tensor, Tensor)>,
) -> Result<Vec<Point>> {
    let device = model.params.device();
    tch::no_grad(|| {
        (0..points)
            .map(|index| {
                let quality = index as f64 / (points - 1) as f64;
                let (mut bpp, mut psnr, mut loss, mut count) = (0.0, 0.0, 0.0, 0.0);
                for (number, photo) in photos.iter().enumerate() {
                    let Some(clean) = whole(photo) else { continue };
                    let Some(x) = whole(&*photo.seen(number, recipe)?) else {
                        continue;
                    };
                    let part = |x: &Tensor| x.slice(2, 0, most, 1).slice(3, 0, most, 1);
                    let (clean, x) = (part(&clean).to_device(device), part(&x).to_device(device));
                    let (rate, picture) = code(&x, quality)?;
                    let picture = picture.round().clamp(-128.0, 127.0);
                    let mse = (picture - &clean)
                        .square()
                        .mean(Kind::Double)
                        .double_value(&[]);
                    let rate = rate.double_value(&[0]);
                    bpp += rate;
                    psnr += 10.0 * (255.0f64 * 255.0 / mse.max(1e-6)).log10();
                    loss += recipe.lambda(quality) * mse + rate;
                    count += 1.0;
                }
                Ok(Point {
                    quality: quality * 100.0,
                    bpp: bpp / count,
                    psnr: psnr / count,
                    loss: loss / count,
                })
            })
            .collect()
    })
}
