//! The networks of a model, each checked against what the codec will feed it.

use std::ops::Range;

use super::beside::beside;
use super::rendering::{RenderingNetworks, FULL_BITS};
use super::shape::Shape;
use super::steps::{check_context, check_order};
use super::validate::check_layers;
use super::{EncoderData, LinearPrediction, ModelData, Parity, Weights, PATCH_CHANNELS};
use crate::nn::{CheckedNetwork, Facts, Kernels, PreparedNetwork};
use crate::Result;

/// Pixels − 128.
const PIXEL_BITS: u8 = 8;
/// Normalised latents n̂.
pub(crate) const NORMALISED_BITS: u8 = 14;
/// Positions of pixels per position of y, and of y per position of z, along one axis.
pub(super) const Y_STRIDE: usize = 16;
pub(super) const Z_STRIDE: usize = 4;
/// The same of pixels per patch.
pub(super) const PATCH_STRIDE: usize = 4;
/// Pixels per position of y and of a patch, and positions of y per position of z.
pub(super) const Y_AREA: f64 = (Y_STRIDE * Y_STRIDE) as f64;
pub(super) const PATCH_AREA: f64 = (PATCH_STRIDE * PATCH_STRIDE) as f64;
const Z_AREA: f64 = (Z_STRIDE * Z_STRIDE) as f64;

/// The networks that encoders alone need: ready to run, or only checked.
#[derive(Debug)]
pub(crate) struct EncoderNetworks<N = PreparedNetwork> {
    pub(crate) analysis_linear: N,
    pub(crate) analysis: N,
    pub(crate) hyper_analysis: N,
    /// Cost of all of them.
    pub(super) cost: Cost,
}

/// The networks that decoders need (and encoders too): ready to run, or only checked.
#[derive(Debug)]
pub(crate) struct Networks<N = PreparedNetwork> {
    pub(crate) hyper_synthesis: N,
    pub(crate) steps: Vec<Step<N>>,
    pub(crate) synthesis_linear: N,
    /// The faithful rendering.
    pub(crate) rendering: RenderingNetworks<N>,
    /// Cost of hyper-latents and context (which encoders run too), and cost of the synthesis.
    pub(super) cost: [Cost; 2],
}

/// A coding step of y. See [`super::ContextStep`].
#[derive(Debug)]
pub(crate) struct Step<N = PreparedNetwork> {
    pub(crate) channels: Range<usize>,
    pub(crate) parity: Parity,
    pub(crate) network: N,
    pub(crate) activity: i16,
    pub(crate) adaptation: u16,
    pub(crate) prediction: LinearPrediction,
}

/// Multiply-accumulates per pixel, and weights, biases and gains.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    pub(super) macs: f64,
    pub(super) parameters: u64,
}

impl Cost {
    /// The cost of networks, each with the number of pixels per position of its input.
    pub(super) fn of<'f>(networks: impl IntoIterator<Item = (&'f Facts, f64)>) -> Self {
        let add = |sum: Self, (facts, pixels): (&Facts, f64)| Self {
            macs: sum.macs + facts.macs_per_input / pixels,
            parameters: sum.parameters + facts.parameters,
        };
        networks.into_iter().fold(Self::default(), add)
    }

    /// The sum of both costs.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            macs: self.macs + other.macs,
            parameters: self.parameters + other.parameters,
        }
    }
}

impl<'n, W: Weights + Sync> EncoderNetworks<CheckedNetwork<'n, W>> {
    /// Checks the networks; `channels` are those of y and of z.
    pub(super) fn check(data: &'n EncoderData<W>, channels: [u16; 2]) -> Result<Self> {
        let [y, z] = channels.map(usize::from);
        let shape = Shape::new(3, PIXEL_BITS, y, 1, Y_STRIDE);
        let hyper = Shape::new(y, NORMALISED_BITS, z, 1, Z_STRIDE);
        let analysis_linear = shape.check("linear analysis", &data.analysis_linear)?;
        let analysis = shape.check("analysis", &data.analysis)?;
        let hyper_analysis = hyper.check("hyper analysis", &data.hyper_analysis)?;
        Ok(Self {
            cost: Cost::of([
                (analysis_linear.facts(), 1.0),
                (analysis.facts(), 1.0),
                (hyper_analysis.facts(), Y_AREA),
            ]),
            analysis_linear,
            analysis,
            hyper_analysis,
        })
    }

    /// Packs them for `kernels`.
    pub(super) fn prepare(&self, kernels: Kernels) -> EncoderNetworks {
        EncoderNetworks {
            analysis_linear: self.analysis_linear.prepare(kernels),
            analysis: self.analysis.prepare(kernels),
            hyper_analysis: self.hyper_analysis.prepare(kernels),
            cost: self.cost,
        }
    }
}

impl<'n, W: Weights + Sync> Networks<CheckedNetwork<'n, W>> {
    /// Checks them and the order of the coding steps, on several threads.
    pub(super) fn check(data: &'n ModelData<W>) -> Result<Self> {
        check_layers(data.layer_count())?;
        check_order(data)?;
        let (y, z) = (usize::from(data.y.channels), usize::from(data.z.channels));
        let (synthesis, context) = beside(
            || check_synthesis(data, y),
            || check_context(&data.hyper_synthesis, &data.steps, z),
        );
        let (synthesis_linear, rendering) = synthesis?;
        let (hyper_synthesis, steps) = context?;
        Ok(Self {
            cost: [
                Cost::of(
                    [(hyper_synthesis.facts(), Y_AREA * Z_AREA)]
                        .into_iter()
                        .chain(steps.iter().map(|step| match step.parity {
                            Parity::All => (step.network.facts(), Y_AREA),
                            Parity::Even | Parity::Odd => (step.network.facts(), 2.0 * Y_AREA),
                        })),
                ),
                Cost::of([(synthesis_linear.facts(), Y_AREA)]).and(rendering.cost),
            ],
            hyper_synthesis,
            steps,
            synthesis_linear,
            rendering,
        })
    }

    /// Packs them for `kernels`, on several threads.
    pub(super) fn prepare(&self, kernels: Kernels) -> Networks {
        let step = |step: &Step<CheckedNetwork<W>>| Step {
            channels: step.channels.clone(),
            parity: step.parity,
            network: step.network.prepare(kernels),
            activity: step.activity,
            adaptation: step.adaptation,
            prediction: step.prediction.clone(),
        };
        let synthesis = (&self.synthesis_linear, &self.rendering);
        let ((synthesis_linear, rendering), (hyper_synthesis, steps)) = beside(
            || (synthesis.0.prepare(kernels), synthesis.1.prepare(kernels)),
            || {
                let hyper_synthesis = self.hyper_synthesis.prepare(kernels);
                (hyper_synthesis, self.steps.iter().map(step).collect())
            },
        );
        Networks {
            hyper_synthesis,
            steps,
            synthesis_linear,
            rendering,
            cost: self.cost,
        }
    }
}

/// Linear part, and body, lift and renderer; `y` is the number of latents.
fn check_synthesis<W: Weights>(
    data: &ModelData<W>,
    y: usize,
) -> Result<(
    CheckedNetwork<'_, W>,
    RenderingNetworks<CheckedNetwork<'_, W>>,
)> {
    let up = Y_STRIDE / PATCH_STRIDE;
    let linear = Shape::new(y, FULL_BITS, PATCH_CHANNELS, up, 1);
    let networks = [&data.synthesis_body, &data.synthesis_lift, &data.renderer];
    let rendering = RenderingNetworks::check(networks, y, 0)?;
    let linear = linear.check("linear synthesis", &data.synthesis_linear)?;
    Ok((linear, rendering))
}
