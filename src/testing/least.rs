//! The smallest model that codes anything: a fuzzer that changes one of its bytes changes something that matters.

use super::{conv, depthwise, Rng};
use crate::model::{
    Activation, AddSaved, ChannelFeedback, ContextStep, EncoderData, FrequencyTable, Gain,
    LatentBlock, Layer, LinearPrediction, ModelData, Network, Parity, Save, Shuffle, Unshuffle,
};

/// A valid model of some 4 KB: two channels of y (Even, then Odd) and of z, two of ψ, two frequency tables, every kind of layer.
#[must_use]
pub fn least(seed: u64) -> ModelData {
    let rng = &mut Rng(seed);
    let own =
        |channels| Layer::Depthwise(depthwise(&mut Rng(!seed), channels, Activation::None, 1));
    let mut plain = |shape| Layer::Conv(conv(rng, shape, Activation::None, 2));
    let network = |inputs, input_bits, layers| Network {
        inputs,
        input_bits,
        layers,
    };
    let mut analysis = || {
        let layers = vec![
            Unshuffle(4).into(),
            plain((1, 48, 2)),
            Unshuffle(4).into(),
            plain((1, 32, 2)),
        ];
        network(3, 8, layers)
    };
    let (analysis_linear, analysis) = (analysis(), analysis());
    let synthesis_linear = {
        let layers = vec![
            Layer::Gain(Gain {
                multipliers: vec![3000, -5000],
                shift: 12,
            }),
            plain((1, 2, 32)),
            Shuffle(4).into(),
            plain((1, 2, 48)),
        ];
        network(2, 15, layers)
    };
    let synthesis_body = network(2, 14, vec![plain((1, 2, 32)), Shuffle(4).into()]);
    let synthesis_lift = network(48, 15, vec![plain((1, 48, 2))]);
    let renderer = network(2, 14, vec![own(2), plain((1, 2, 48))]);
    let hyper_analysis = network(2, 14, vec![Unshuffle(4).into(), plain((1, 32, 2))]);
    let hyper_synthesis = {
        let layers = vec![
            plain((1, 2, 32)),
            Shuffle(4).into(),
            Save.into(),
            plain((3, 2, 2)),
            AddSaved { clamp_bits: 14 }.into(),
        ];
        network(2, 14, layers)
    };
    let feedback = [[1, 0, 0, 0], [3, 0, 250, 40]].map(|neighbours| ChannelFeedback {
        neighbours,
        weight: 200,
    });
    let mut step = |parity, inputs| ContextStep {
        channels: 0..2,
        parity,
        network: network(inputs, 14, vec![plain((1, inputs, 4))]),
        activity: 0,
        adaptation: 20_000,
        prediction: match parity {
            Parity::Odd => LinearPrediction {
                feedback: Vec::new(),
                across: vec![-1_500],
            },
            _ => LinearPrediction {
                feedback: feedback.into(),
                across: Vec::new(),
            },
        },
    };
    ModelData {
        name: "least".into(),
        hyper_synthesis,
        steps: vec![step(Parity::Even, 2), step(Parity::Odd, 4)],
        synthesis_linear,
        synthesis_body,
        synthesis_lift,
        renderer,
        z: latents(),
        z_mean: vec![0; 2],
        z_log_scale: vec![0; 2],
        y: latents(),
        scale_min: -1,
        spacing: 36,
        tables: [0, 1].map(|codebook| {
            [
                vec![1, 65_533, 1, 1],
                vec![9_000, 13_000, 20_000, 13_000, 9_000, 1_536],
            ]
            .map(|frequencies| FrequencyTable {
                codewords: [1, 2, 3].map(|label| (2 * label - codebook) * 36),
                frequencies,
            })
            .into()
        }),
        encoder: Some(EncoderData {
            name: "least".into(),
            analysis_linear,
            analysis,
            hyper_analysis,
        }),
    }
}

/// One quality knot, steps of 16 absolute units; a normalised unit is 64 absolute ones.
fn latents() -> LatentBlock {
    LatentBlock {
        channels: 2,
        step: vec![16 << 8; 2],
        gain: vec![1 << 14; 2],
        mean_gain: vec![4 << 16; 2],
        log_scale: vec![2 << 10; 2],
        norm: vec![1 << 15; 2],
        channel_rate: 8,
        position_rate: 16,
    }
}
