//! What tests and fuzzing need to see that users do not: the encoder's prediction, and a choice of kernels.

use crate::model::{Model, Network};
use crate::nn::{Kernels, Rect, Scratch, Tensor};
use crate::{Encoder, Image, Result};

/// [`Model::from_bytes`] with these kernels, whatever `VQZ_SIMD` says.
///
/// # Errors
/// Those of [`Model::from_bytes`].
pub fn load_with(bytes: &[u8], kernels: Kernels) -> Result<Model> {
    Model::load(bytes, kernels)
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
/// [`crate::Error::Model`] if the network is not valid.
pub fn run_network(
    network: &Network,
    kernels: Kernels,
    (width, height): (usize, usize),
    quality: u16,
    values: &[i16],
) -> Result<Vec<i16>> {
    let prepared = network.check("test")?.prepare(kernels);
    let limit = prepared.input_limit();
    let mut input = Tensor::zeros(Rect::of_size(width, height), prepared.facts().inputs);
    for (target, &value) in input.data.iter_mut().zip(values.iter().cycle()) {
        *target = value.clamp(-limit, limit);
    }
    let scale = prepared.facts().scale;
    let [width_out, height_out] = [width, height].map(|n| (n * scale.up).div_ceil(scale.down));
    let output = prepared.run(
        Rect::of_size(width_out, height_out),
        (width, height),
        quality,
        &Scratch::default(),
        |rect| input.window(rect),
    );
    Ok(output.data)
}
