use super::*;
use crate::model::Layer;
use crate::testing::{conv, Rng};
use crate::Error;

fn one(conv: Conv, input_bits: u8) -> Network {
    Network {
        inputs: conv.inputs,
        input_bits,
        layers: vec![Layer::Conv(conv)],
    }
}

#[test]
fn overflow_proof_is_tight() {
    for inputs in [4, 130] {
        prepare(&one(at_the_bound(inputs, 0), 15)).unwrap();
        let message = prepare(&one(at_the_bound(inputs, -1), 15))
            .unwrap_err()
            .to_string();
        assert!(
            message.contains(
                "network test: layer 0: output channel 0: the accumulator may reach 2147483648, the limit is 2147483647"
            ),
            "{message}"
        );
        // Half the input range leaves room.
        prepare(&one(at_the_bound(inputs, -1), 14)).unwrap();
    }
    // The largest bias of any knot counts, for its own channel.
    let mut conv = at_the_bound(4, 0);
    conv.bias.extend([0, 0]);
    prepare(&one(conv.clone(), 15)).unwrap();
    conv.bias[3] = conv.bias[1] - 1;
    let message = prepare(&one(conv, 15)).unwrap_err().to_string();
    assert!(message.contains("output channel 1"), "{message}");
}

#[test]
fn bits_are_tracked_through_layers() {
    let rng = &mut Rng(1);
    let mut first = conv(rng, (1, 4, 4), Activation::None, 1);
    first.clamp_bits = 14;
    let mut second = at_the_bound(4, -1);
    let network = |layers| Network {
        inputs: 4,
        input_bits: 14,
        layers,
    };
    let (a, b) = (Layer::Conv(first.clone()), Layer::Conv(second.clone()));
    prepare(&network(vec![a.clone(), b.clone()])).unwrap();
    let add = |clamp_bits| Layer::AddSaved { clamp_bits };
    prepare(&network(vec![Layer::Save, a.clone(), add(14), b.clone()])).unwrap();
    prepare(&network(vec![Layer::Save, a.clone(), add(15), b.clone()])).unwrap_err();
    let gain = Layer::Gain {
        multipliers: vec![1; 4],
        shift: 0,
    };
    prepare(&network(vec![a, gain, b])).unwrap_err();
    second.inputs = 4;
    first.clamp_bits = 15;
    prepare(&network(vec![Layer::Conv(first), Layer::Conv(second)])).unwrap_err();
}

#[test]
fn malformed_networks_are_refused_with_the_place() {
    let base = conv(&mut Rng(1), (3, 4, 8), Activation::None, 3);
    let refuse = |layers: Vec<Layer>, expected: &str| {
        let network = Network {
            inputs: 4,
            input_bits: 12,
            layers,
        };
        let Err(Error::Model(message)) = prepare(&network) else {
            panic!("accepted, expected {expected:?}");
        };
        assert!(
            message.contains(expected),
            "{message:?}, expected {expected:?}"
        );
    };
    let changed = |change: fn(&mut Conv)| {
        let mut conv = base.clone();
        change(&mut conv);
        vec![
            Layer::Save,
            Layer::AddSaved { clamp_bits: 12 },
            Layer::Conv(conv),
        ]
    };
    refuse(changed(|c| c.kernel = 5), "layer 2: kernel is 5");
    refuse(
        changed(|c| c.inputs = 6),
        "layer 2: convolution of 6 channels gets 4",
    );
    refuse(changed(|c| c.outputs = 0), "output channels: 0");
    refuse(changed(|c| c.shift = 31), "shift: 31, expected 0 to 30");
    refuse(changed(|c| c.clamp_bits = 0), "clamp bits: 0");
    refuse(changed(|c| c.clamp_bits = 16), "clamp bits: 16");
    refuse(
        changed(|c| c.weights.truncate(287)),
        "287 weights, expected 288",
    );
    refuse(changed(|c| c.bias.truncate(23)), "23 values of bias");
    refuse(changed(|c| c.bias.truncate(0)), "0 values of bias");
    refuse(changed(|c| c.bias.extend([0; 8])), "32 values of bias");
    refuse(vec![Layer::Save], "Save has no AddSaved");
    refuse(
        vec![Layer::Save, Layer::Save],
        "layer 1: Save inside a Save",
    );
    refuse(
        vec![Layer::AddSaved { clamp_bits: 9 }],
        "AddSaved without a Save",
    );
    refuse(
        vec![
            Layer::Save,
            Layer::Conv(base.clone()),
            Layer::AddSaved { clamp_bits: 9 },
        ],
        "layer 2: AddSaved of 4 channels",
    );
    // What SPEC.md calls invalid (7.2): the extents of the two might differ.
    for layers in [
        [Layer::Shuffle(2), Layer::Unshuffle(2)],
        [Layer::Unshuffle(2), Layer::Shuffle(2)],
    ] {
        let [first, second] = layers;
        refuse(
            vec![
                Layer::Save,
                first,
                second,
                Layer::AddSaved { clamp_bits: 12 },
            ],
            "layer 1: the resolution changes",
        );
    }
    refuse(vec![Layer::Shuffle(3)], "Shuffle(3) of 4 channels");
    refuse(vec![Layer::Unshuffle(0)], "shuffle factor: 0");
    refuse(
        vec![Layer::Unshuffle(16), Layer::Unshuffle(16)],
        "channels: 262144",
    );
    refuse(
        vec![Layer::Gain {
            multipliers: vec![1; 3],
            shift: 0,
        }],
        "3 gain multipliers, expected 4",
    );
    let odd = Layer::Conv(conv(&mut Rng(1), (1, 4, 5), Activation::None, 1));
    let next = Layer::Conv(conv(&mut Rng(1), (1, 5, 4), Activation::None, 1));
    refuse(vec![odd, next], "layer 1: convolution has 5 inputs");
}
