//! A model at a quality: what the coding of one picture is done with.

use super::quantiser::Quantiser;
use super::synthesis::PreparedFilter;
use crate::container::{Coding, Filter};
use crate::meter::Meter;
use crate::model::{Loaded, RenderingNetworks};
use crate::nn::{Kernels, PreparedNetwork, Rect, Scratch, Staged, Tensor};
use crate::work::Cancel;

/// See the module.
pub(crate) struct Session<'m> {
    pub(crate) model: &'m Loaded,
    /// What full renderings are made by.
    pub(super) rendering: &'m RenderingNetworks,
    /// What full renderings end with.
    pub(super) filter: Option<PreparedFilter>,
    /// 0 to [`crate::model::QUALITY_MAX`].
    pub(super) quality: u16,
    /// Quantiser steps are the channels' own everywhere (SPEC.md section 8.6).
    pub(super) uniform_steps: bool,
    /// Tiles say how many coding steps they hold (SPEC.md section 4.8).
    pub(super) tile_steps: bool,
    /// Quantiser of the latents.
    pub(super) y: Quantiser<'m>,
    /// Quantiser of the hyper-latents.
    pub(super) z: Quantiser<'m>,
    pub(crate) cancel: Cancel,
    /// Counts latent positions: each when its labels are coded, and when its pixels are analysed or rendered.
    pub(crate) meter: Meter,
    /// Memory for the tensors that come and go.
    pub(super) scratch: Scratch,
}

impl<'m> Session<'m> {
    /// `model` at a quality of 0 to [`crate::model::QUALITY_MAX`]; work with it ends when `cancel` is set, and is counted by `meter`.
    pub(crate) fn new(model: &'m Loaded, quality: u16, cancel: &Cancel, meter: &Meter) -> Self {
        let kernels = model.networks.rendering.renderer.kernels();
        let (scale_min, scales) = (model.scale_min, model.tables.scales());
        let codewords = &model.codewords;
        let quantiser =
            |block| Quantiser::new(block, codewords, quality, scale_min, scales, kernels);
        Self {
            model,
            rendering: &model.networks.rendering,
            filter: None,
            quality,
            uniform_steps: false,
            tile_steps: false,
            y: quantiser(&model.y),
            z: quantiser(&model.z),
            cancel: cancel.clone(),
            meter: meter.clone(),
            scratch: Scratch::default(),
        }
    }

    /// With quantiser steps that are not adapted to what is expected, if `uniform`.
    pub(crate) fn with_uniform_steps(mut self, uniform: bool) -> Self {
        self.uniform_steps = uniform;
        self
    }

    /// For tiles as they are coded in a file.
    pub(crate) fn with_coding(mut self, coding: &Coding) -> Self {
        self.tile_steps = coding.tile_steps;
        self.with_uniform_steps(coding.uniform_steps)
    }

    /// With another rendering than the model's own.
    pub(crate) fn with_rendering(mut self, rendering: &'m RenderingNetworks) -> Self {
        self.rendering = rendering;
        self
    }

    /// With the picture's own filter, if it has one.
    pub(crate) fn with_filter(mut self, filter: Option<&Filter>) -> Self {
        let kernels = self.kernels();
        self.filter = filter.map(|filter| PreparedFilter::new(filter, kernels));
        self
    }

    /// What the networks run with.
    pub(super) fn kernels(&self) -> Kernels {
        self.rendering.renderer.kernels()
    }

    /// Channels of the latents.
    pub(crate) fn channels(&self) -> usize {
        self.y.channels()
    }

    /// Output of a network in the window `wanted`; see [`PreparedNetwork::run`].
    pub(super) fn run(
        &self,
        network: &PreparedNetwork,
        wanted: Rect,
        picture: (usize, usize),
        input: impl FnOnce(Rect) -> Tensor,
    ) -> Tensor {
        network.run(wanted, picture, self.quality, &self.scratch, input)
    }

    /// Such a run up to the network's upsampling; see [`PreparedNetwork::run_to_upsampling`].
    pub(super) fn run_to_upsampling<'n>(
        &'n self,
        network: &'n PreparedNetwork,
        wanted: Rect,
        picture: (usize, usize),
        input: impl FnOnce(Rect) -> Tensor,
    ) -> Staged<'n> {
        network.run_to_upsampling(wanted, picture, self.quality, &self.scratch, input)
    }

    /// The tensors of such a run; see [`PreparedNetwork::trace`].
    pub(super) fn trace(
        &self,
        network: &PreparedNetwork,
        wanted: Rect,
        picture: (usize, usize),
        input: impl FnOnce(Rect) -> Tensor,
    ) -> Vec<Tensor> {
        network.trace(wanted, picture, self.quality, &self.scratch, input)
    }
}
