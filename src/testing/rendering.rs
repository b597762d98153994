//! A small random rendering of the small random models.

use super::{conv, depthwise, Rng};
use crate::model::{Activation, Layer, Network, RenderingData, Save, Shuffle};
use crate::model::{AddSaved, PATCH_CHANNELS};
use crate::Digest;

/// Planes of noise that the lift sees.
const NOISE: u16 = 6;
/// Features.
const WIDTH: u16 = 10;

/// A valid rendering for a model with so many latents.
#[must_use]
pub fn rendering(seed: u64, base: Digest, latents: u16) -> RenderingData {
    let rng = &mut Rng(seed);
    let mut plain = |shape| Layer::Conv(conv(rng, shape, Activation::None, 3));
    let network = |inputs, input_bits, layers| Network {
        inputs,
        input_bits,
        layers,
    };
    let seen = PATCH_CHANNELS as u16 + NOISE;
    RenderingData {
        name: format!("rendering {seed}"),
        base,
        body: network(
            latents,
            14,
            vec![plain((1, latents, 16 * WIDTH)), Shuffle(4).into()],
        ),
        lift: network(seen, 15, vec![plain((1, seen, WIDTH))]),
        renderer: network(
            WIDTH,
            14,
            vec![
                Save.into(),
                Layer::Depthwise(depthwise(&mut Rng(!seed), WIDTH, Activation::Relu, 1)),
                plain((3, WIDTH, WIDTH)),
                AddSaved { clamp_bits: 14 }.into(),
                plain((1, WIDTH, PATCH_CHANNELS as u16)),
            ],
        ),
    }
}
