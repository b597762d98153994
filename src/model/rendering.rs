//! What turns latents and their linear patches into the pixels of a rendering: three networks, a model's own or those of a rendering file.

use super::networks::{Cost, NORMALISED_BITS, PATCH_AREA, PATCH_STRIDE, Y_AREA, Y_STRIDE};
use super::shape::Shape;
use super::{Network, Weights, PATCH_CHANNELS};
use crate::nn::{CheckedNetwork, Kernels, PreparedNetwork};
use crate::Result;

/// Bits of patches, and of latents ŷ in absolute units.
pub(super) const FULL_BITS: u8 = 15;

/// See the module; ready to run, or only checked.
#[derive(Debug)]
pub(crate) struct RenderingNetworks<N = PreparedNetwork> {
    pub(crate) body: N,
    pub(crate) lift: N,
    pub(crate) renderer: N,
    /// Planes of noise that the lift sees beside the linear patches.
    pub(crate) noise: usize,
    /// Cost of the three.
    pub(super) cost: Cost,
}

impl<'n, W: Weights> RenderingNetworks<CheckedNetwork<'n, W>> {
    /// Checks them; `latents` is the number of channels that the body gets, `most_noise` how many planes of noise the lift may see.
    pub(super) fn check(
        [body, lift, renderer]: [&'n Network<W>; 3],
        latents: usize,
        most_noise: usize,
    ) -> Result<Self> {
        let renderer = renderer.check("renderer")?;
        let features = renderer.facts().inputs;
        Shape::new(features, 1, PATCH_CHANNELS, 1, 1).check_facts("renderer", renderer.facts())?;
        let up = Y_STRIDE / PATCH_STRIDE;
        let body =
            Shape::new(latents, NORMALISED_BITS, features, up, 1).check("synthesis body", body)?;
        let noise = usize::from(lift.inputs)
            .saturating_sub(PATCH_CHANNELS)
            .min(most_noise);
        let lift = Shape::new(PATCH_CHANNELS + noise, FULL_BITS, features, 1, 1)
            .check("synthesis lift", lift)?;
        Ok(Self {
            cost: Cost::of([
                (body.facts(), Y_AREA),
                (lift.facts(), PATCH_AREA),
                (renderer.facts(), PATCH_AREA),
            ]),
            body,
            lift,
            renderer,
            noise,
        })
    }

    /// Packs them for `kernels`.
    pub(super) fn prepare(&self, kernels: Kernels) -> RenderingNetworks {
        RenderingNetworks {
            body: self.body.prepare(kernels),
            lift: self.lift.prepare(kernels),
            renderer: self.renderer.prepare(kernels),
            noise: self.noise,
            cost: self.cost,
        }
    }
}
