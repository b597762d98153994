//! The networks of a model, each checked against what the codec will feed it.

use std::ops::Range;

use super::beside::beside;
use super::validate::check_layers;
use super::{ContextStep, ModelData, Network, Parity, Weights, PATCH_CHANNELS};
use crate::nn::{Level, Prepared};
use crate::{Error, Result};

/// Pixels − 128.
const PIXEL_BITS: u8 = 8;
/// Normalised latents n̂.
pub(crate) const NORMALISED_BITS: u8 = 14;
/// Latents ŷ in absolute units.
const LATENT_BITS: u8 = 15;
/// Positions of pixels per position of y, and of y per position of z, along one axis.
const Y_STRIDE: usize = 16;
const Z_STRIDE: usize = 4;
/// The same of pixels per patch.
const PATCH_STRIDE: usize = 4;

/// The networks that encoders alone need, ready to run.
#[derive(Debug)]
pub(crate) struct EncoderNetworks {
    pub(crate) analysis_linear: Prepared,
    pub(crate) analysis: Prepared,
    pub(crate) hyper_analysis: Prepared,
}

/// The networks that decoders need (and encoders too), ready to run.
#[derive(Debug)]
pub(crate) struct Networks {
    pub(crate) hyper_synthesis: Prepared,
    pub(crate) steps: Vec<Step>,
    pub(crate) synthesis_linear: Prepared,
    pub(crate) synthesis_body: Prepared,
    pub(crate) synthesis_lift: Prepared,
    pub(crate) renderer: Prepared,
}

/// A coding step of y, ready to run. See [`super::ContextStep`].
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) channels: Range<usize>,
    pub(crate) parity: Parity,
    pub(crate) network: Prepared,
    pub(crate) activity: i16,
    pub(crate) adaptation: u16,
}

/// What the codec expects of a network.
struct Shape {
    inputs: usize,
    input_bits: u8,
    outputs: usize,
    /// Resolution of the output: times `up`, divided by `down`.
    up: usize,
    down: usize,
}

/// Multiply-accumulates per pixel, and weights, biases and gains.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) macs: f64,
    pub(super) parameters: u64,
}

impl EncoderNetworks {
    /// Prepares and checks them.
    pub(super) fn prepare<W: Weights + Sync>(data: &ModelData<W>, level: Level) -> Result<Self> {
        let (y, z) = (usize::from(data.y.channels), usize::from(data.z.channels));
        let shape = Shape::new(3, PIXEL_BITS, y, 1, Y_STRIDE);
        let hyper = Shape::new(y, NORMALISED_BITS, z, 1, Z_STRIDE);
        Ok(Self {
            analysis_linear: shape.prepare("linear analysis", &data.analysis_linear, level)?,
            analysis: shape.prepare("analysis", &data.analysis, level)?,
            hyper_analysis: hyper.prepare("hyper analysis", &data.hyper_analysis, level)?,
        })
    }

    /// Of the analysis and the hyper-analysis.
    pub(super) fn cost(&self) -> Cost {
        let y_area = (Y_STRIDE * Y_STRIDE) as f64;
        let networks = [&self.analysis_linear, &self.analysis, &self.hyper_analysis];
        Cost {
            macs: self.analysis_linear.macs_per_input()
                + self.analysis.macs_per_input()
                + self.hyper_analysis.macs_per_input() / y_area,
            parameters: networks.into_iter().map(Prepared::parameters).sum(),
        }
    }
}

impl Networks {
    /// Prepares and checks them and the order of the coding steps, on several threads.
    pub(super) fn prepare<W: Weights + Sync>(data: &ModelData<W>, level: Level) -> Result<Self> {
        check_layers(data.layer_count())?;
        check_order(data)?;
        let (y, z) = (usize::from(data.y.channels), usize::from(data.z.channels));
        let (synthesis, context) = beside(
            || prepare_synthesis(data, y, level),
            || prepare_context(&data.hyper_synthesis, &data.steps, z, level),
        );
        let [synthesis_linear, synthesis_body, synthesis_lift, renderer] = synthesis?;
        let (hyper_synthesis, steps) = context?;
        Ok(Self {
            hyper_synthesis,
            steps,
            synthesis_linear,
            synthesis_body,
            synthesis_lift,
            renderer,
        })
    }

    /// Of hyper-latents and context (an encoder's too), and of the synthesis.
    pub(super) fn cost(&self) -> [Cost; 2] {
        let y_area = (Y_STRIDE * Y_STRIDE) as f64;
        let patch_area = (PATCH_STRIDE * PATCH_STRIDE) as f64;
        let z_area = y_area * (Z_STRIDE * Z_STRIDE) as f64;
        let context: f64 = self
            .steps
            .iter()
            .map(|step| match step.parity {
                Parity::All => step.network.macs_per_input(),
                Parity::Even | Parity::Odd => step.network.macs_per_input() / 2.0,
            })
            .sum();
        let steps = self.steps.iter().map(|step| step.network.parameters());
        let context = Cost {
            macs: self.hyper_synthesis.macs_per_input() / z_area + context / y_area,
            parameters: self.hyper_synthesis.parameters() + steps.sum::<u64>(),
        };
        let (linear, body) = (&self.synthesis_linear, &self.synthesis_body);
        let (lift, renderer) = (&self.synthesis_lift, &self.renderer);
        let parts = [linear, body, lift, renderer];
        let synthesis = Cost {
            macs: (linear.macs_per_input() + body.macs_per_input()) / y_area
                + (lift.macs_per_input() + renderer.macs_per_input()) / patch_area,
            parameters: parts.into_iter().map(Prepared::parameters).sum(),
        };
        [context, synthesis]
    }
}

/// The hyper-synthesis, which gives ψ, and the coding steps that read it; `z` is the number of hyper-latents.
fn prepare_context<W: Weights + Sync>(
    hyper_synthesis: &Network<W>,
    steps: &[ContextStep<W>],
    z: usize,
    level: Level,
) -> Result<(Prepared, Vec<Step>)> {
    let psi = Prepared::new("hyper synthesis", hyper_synthesis, level)?;
    let features = psi.outputs();
    if features % 2 != 0 {
        return Err(Error::Model(format!(
            "network hyper synthesis: {features} outputs, expected an even number"
        )));
    }
    Shape::new(z, NORMALISED_BITS, features, Z_STRIDE, 1).check("hyper synthesis", &psi)?;
    let bits = NORMALISED_BITS.max(psi.output_bits());
    let prepare = |(index, step): (usize, &ContextStep<W>)| {
        let name = format!("context step {index}");
        let channels = usize::from(step.channels.start)..usize::from(step.channels.end);
        let known = match step.parity {
            Parity::All | Parity::Even => channels.start,
            Parity::Odd => channels.end,
        };
        let shape = Shape::new(features + known, bits, 2 * channels.len(), 1, 1);
        let network = shape.prepare(&name, &step.network, level)?;
        if !network.can_run_at_positions() {
            return Err(Error::Model(format!(
                "network {name}: the first layer must be a convolution, and one layer at most may see neighbours, outside of Save and AddSaved"
            )));
        }
        Ok(Step {
            channels,
            parity: step.parity,
            network,
            activity: step.activity,
            adaptation: step.adaptation,
        })
    };
    let steps: Result<Vec<Step>> = steps.iter().enumerate().map(prepare).collect();
    Ok((psi, steps?))
}

/// Linear part, body, lift and renderer; `y` is the number of latents.
fn prepare_synthesis<W: Weights>(
    data: &ModelData<W>,
    y: usize,
    level: Level,
) -> Result<[Prepared; 4]> {
    let up = Y_STRIDE / PATCH_STRIDE;
    let renderer = Prepared::new("renderer", &data.renderer, level)?;
    let features = renderer.inputs();
    Shape::new(features, 1, PATCH_CHANNELS, 1, 1).check("renderer", &renderer)?;
    let linear = Shape::new(y, LATENT_BITS, PATCH_CHANNELS, up, 1);
    let body = Shape::new(y, NORMALISED_BITS, features, up, 1);
    let lift = Shape::new(PATCH_CHANNELS, LATENT_BITS, features, 1, 1);
    Ok([
        linear.prepare("linear synthesis", &data.synthesis_linear, level)?,
        body.prepare("synthesis body", &data.synthesis_body, level)?,
        lift.prepare("synthesis lift", &data.synthesis_lift, level)?,
        renderer,
    ])
}

impl Shape {
    fn new(inputs: usize, input_bits: u8, outputs: usize, up: usize, down: usize) -> Self {
        Self {
            inputs,
            input_bits,
            outputs,
            up,
            down,
        }
    }

    /// A network that must be of this shape.
    fn prepare<W: Weights>(
        &self,
        name: &str,
        network: &Network<W>,
        level: Level,
    ) -> Result<Prepared> {
        let prepared = Prepared::new(name, network, level)?;
        self.check(name, &prepared)?;
        Ok(prepared)
    }

    fn check(&self, name: &str, network: &Prepared) -> Result<()> {
        let fail = |what: &str, found: String, expected: String| {
            Err(Error::Model(format!(
                "network {name}: {found} {what}, expected {expected}"
            )))
        };
        if network.inputs() != self.inputs {
            return fail(
                "inputs",
                network.inputs().to_string(),
                self.inputs.to_string(),
            );
        }
        if network.input_bits() < self.input_bits {
            return fail(
                "input bits",
                network.input_bits().to_string(),
                format!("at least {}", self.input_bits),
            );
        }
        if network.outputs() != self.outputs {
            return fail(
                "outputs",
                network.outputs().to_string(),
                self.outputs.to_string(),
            );
        }
        let scale = network.scale();
        if (scale.up, scale.down) != (self.up, self.down) {
            return fail(
                "of the input's resolution",
                format!("{}/{}", scale.up, scale.down),
                format!("{}/{}", self.up, self.down),
            );
        }
        Ok(())
    }
}

/// Steps cover every channel at every position once: ranges in ascending order, each `All`, or `Even` directly followed by `Odd`.
fn check_order<W>(data: &ModelData<W>) -> Result<()> {
    let fail =
        |index: usize, what: String| Err(Error::Model(format!("context step {index}: {what}")));
    let mut covered = 0;
    let mut half: Option<&Range<u16>> = None;
    for (index, step) in data.steps.iter().enumerate() {
        let range = &step.channels;
        if let Some(even) = half.take() {
            if step.parity != Parity::Odd || range != even {
                return fail(
                    index,
                    format!(
                        "{:?} of channels {range:?}, expected Odd of {even:?}",
                        step.parity
                    ),
                );
            }
            covered = range.end;
            continue;
        }
        if range.start != covered || range.end <= range.start || range.end % 2 != 0 {
            return fail(
                index,
                format!(
                    "channels {range:?}, expected a range from {covered} to a larger even number"
                ),
            );
        }
        match step.parity {
            Parity::All => covered = range.end,
            Parity::Even => half = Some(range),
            Parity::Odd => {
                return fail(index, format!("Odd of channels {range:?} without its Even"))
            }
        }
    }
    if half.is_some() || covered != data.y.channels {
        return fail(
            data.steps.len(),
            format!("steps end after {covered} of {} channels", data.y.channels),
        );
    }
    Ok(())
}
