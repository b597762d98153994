//! The coding steps of a model: their networks, and an order that decoders can follow.

use std::ops::Range;

use super::networks::{Step, NORMALISED_BITS, Z_STRIDE};
use super::shape::Shape;
use super::{
    ContextStep, LinearPrediction, ModelData, Network, Parity, Weights, ACROSS_CHANNELS, ACROSS_MAX,
};
use crate::check::{check_length, check_range};
use crate::nn::CheckedNetwork;
use crate::{Error, Result};

/// A hyper-synthesis and the coding steps that read what it gives.
pub(super) type Context<'n, W> = (CheckedNetwork<'n, W>, Vec<Step<CheckedNetwork<'n, W>>>);

/// The hyper-synthesis, which gives ψ, and the coding steps that read it; `z` is the number of hyper-latents.
pub(super) fn check_context<'n, W: Weights>(
    hyper_synthesis: &'n Network<W>,
    steps: &'n [ContextStep<W>],
    z: usize,
) -> Result<Context<'n, W>> {
    let psi = hyper_synthesis.check("hyper synthesis")?;
    let features = psi.facts().outputs;
    if features % 2 != 0 {
        return Err(Error::Model(format!(
            "network hyper synthesis: {features} outputs, expected an even number"
        )));
    }
    let shape = Shape::new(z, NORMALISED_BITS, features, Z_STRIDE, 1);
    shape.check_facts("hyper synthesis", psi.facts())?;
    let bits = NORMALISED_BITS.max(psi.facts().output_bits);
    let check = |(index, step): (usize, &'n ContextStep<W>)| {
        let name = format!("context step {index}");
        let channels = usize::from(step.channels.start)..usize::from(step.channels.end);
        let known = match step.parity {
            Parity::All | Parity::Even => channels.start,
            Parity::Odd => channels.end,
        };
        check_prediction(&step.prediction, channels.len())
            .map_err(|what| Error::Model(format!("{name}: {what}")))?;
        let shape = Shape::new(features + known, bits, 2 * channels.len(), 1, 1);
        let network = shape.check(&name, &step.network)?;
        if !network.facts().can_run_at_positions {
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
            prediction: step.prediction.clone(),
        })
    };
    let steps: Result<Vec<_>> = steps.iter().enumerate().map(check).collect();
    Ok((psi, steps?))
}

/// What is added to the means of `channels` channels.
fn check_prediction(prediction: &LinearPrediction, channels: usize) -> Result<(), String> {
    let LinearPrediction { feedback, across } = prediction;
    if !feedback.is_empty() {
        check_length("channels with feedback", feedback.len(), channels)?;
    }
    for channel in feedback {
        check_range("weight of feedback", channel.weight, 0, 256)?;
    }
    if !across.is_empty() {
        check_range("channels with weights across", channels, 2, ACROSS_CHANNELS)?;
        let pairs = channels * (channels - 1) / 2;
        check_length("weights across channels", across.len(), pairs)?;
    }
    for &weight in across {
        check_range("weight across channels", weight, -ACROSS_MAX, ACROSS_MAX)?;
    }
    Ok(())
}

/// Steps cover every channel at every position once: ranges in ascending order, each `All`, or `Even` directly followed by `Odd`.
pub(super) fn check_order<W>(data: &ModelData<W>) -> Result<()> {
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
