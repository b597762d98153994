use super::*;
use crate::testing::{conv, Rng};

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
    let add = |clamp_bits| AddSaved { clamp_bits }.into();
    prepare(&network(vec![Save.into(), a.clone(), add(14), b.clone()])).unwrap();
    prepare(&network(vec![Save.into(), a.clone(), add(15), b.clone()])).unwrap_err();
    let gain = Layer::Gain(Gain {
        multipliers: vec![1; 4],
        shift: 0,
    });
    prepare(&network(vec![a, gain, b])).unwrap_err();
    second.inputs = 4;
    first.clamp_bits = 15;
    prepare(&network(vec![Layer::Conv(first), Layer::Conv(second)])).unwrap_err();
}

#[test]
fn unpaired_and_nested_saves_are_refused() {
    let [save, add] = [Save.into(), AddSaved { clamp_bits: 9 }.into()];
    let save = || Layer::clone(&save);
    assert!(refusal([save()]).contains("a Save has no AddSaved after it"));
    let message = refusal([save(), save()]);
    assert!(message.contains("layer 1: Save inside a Save"), "{message}");
    let message = refusal([add]);
    assert!(
        message.contains("layer 0: AddSaved without a Save"),
        "{message}"
    );
}

#[test]
fn inputs_are_checked() {
    let message = |inputs, input_bits| {
        let network: Network = Network {
            inputs,
            input_bits,
            layers: vec![],
        };
        network.check("test").unwrap_err().to_string()
    };
    assert!(message(0, 8).contains("network test: input channels: 0, expected 1 to 4096"));
    assert!(message(4097, 8).contains("input channels: 4097"));
    assert!(message(3, 0).contains("network test: input bits: 0, expected 1 to 15"));
    assert!(message(3, 16).contains("input bits: 16"));
}
