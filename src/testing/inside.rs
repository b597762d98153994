//! What tests and fuzzing need to see that users do not: the encoder's prediction, and a choice of kernels.

use crate::model::{Model, Network};
use crate::nn::{Level, Prepared, Rect, Tensor};
use crate::{Encoder, Error, Image, Result};

/// [`Model::from_bytes`] with the kernels of `level`, whatever `VQZ_SIMD` says.
///
/// # Errors
/// Those of [`Model::from_bytes`], and [`Error::Parameter`] if this CPU lacks the level.
pub fn load_at(bytes: &[u8], level: Level) -> Result<Model> {
    check_level(level)?;
    Model::load(bytes, level)
}

/// A file, and the samples that its encoder expects a decoder to give. `quality` is 0 to [`crate::model::QUALITY_MAX`], in place of
/// the encoder's own.
///
/// # Errors
/// Those of [`Encoder::encode`].
pub fn encode_and_predict(
    encoder: &Encoder,
    image: &Image,
    quality: u16,
) -> Result<(Vec<u8>, Vec<u8>)> {
    encoder.encode_and_predict(image, quality)
}

/// What a network makes of a picture of `width` × `height` positions at a quality of 0 to [`crate::model::QUALITY_MAX`]: the whole
/// output, row by row. The input takes its values from `values`, over and over, clamped to its `input_bits`; there is at least one.
///
/// # Errors
/// [`Error::Model`] if the network is not valid, [`Error::Parameter`] if this CPU lacks the level.
pub fn run_network(
    network: &Network,
    level: Level,
    (width, height): (usize, usize),
    quality: u16,
    values: &[i16],
) -> Result<Vec<i16>> {
    check_level(level)?;
    let prepared = Prepared::new("test", network, level)?;
    let limit = prepared.input_limit();
    let mut input = Tensor::zeros(Rect::of_size(width, height), prepared.inputs());
    for (target, &value) in input.data.iter_mut().zip(values.iter().cycle()) {
        *target = value.clamp(-limit, limit);
    }
    let scale = prepared.scale();
    let [width_out, height_out] = [width, height].map(|n| (n * scale.up).div_ceil(scale.down));
    let output = prepared.run(
        Rect::of_size(width_out, height_out),
        (width, height),
        quality,
        |rect| input.window(rect),
    );
    Ok(output.data)
}

fn check_level(level: Level) -> Result<()> {
    if level.is_supported() {
        return Ok(());
    }
    Err(Error::Parameter(format!("this CPU lacks {}", level.name())))
}
