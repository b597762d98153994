//! Dead units begin anew: channels behind a ReLU that are never above 0 get no gradient, and would stay so for good (Sokar et al., "The
//! dormant neuron phenomenon", 2023). Muon makes them, for it moves every weight equally far, whatever its gradient.

use tch::{Kind, Tensor};

use crate::network::{Conv, Net, Op};
use crate::params::Params;

/// Gives the dead units of a network fresh incoming weights and outgoing weights of 0, so that the network stays what it was; returns how many there were.
///
/// Looked at are convolutions with a ReLU whose output reaches a 1×1 convolution at once, or by way of a depthwise convolution or an unshuffle.
pub(crate) fn revive(net: &Net, params: &mut Params) -> usize {
    let mut revived = 0;
    for (index, op) in net.ops.iter().enumerate() {
        let (Op::Conv(conv) | Op::Depthwise(conv)) = op else {
            continue;
        };
        let (own, after) = match &net.ops[index + 1..] {
            [Op::Depthwise(own), after @ ..] if !own.relu => (Some(own), after),
            after => (None, after),
        };
        let (next, copies) = match after {
            [Op::Conv(next), ..] => (next, 1),
            [Op::Unshuffle(r), Op::Conv(next), ..] => (next, r * r),
            _ => continue,
        };
        if !conv.relu || next.kernel != 1 || !params.is_trained(conv.weight) {
            continue;
        }
        let units = params.faded(conv.weight);
        let count = units.to_kind(Kind::Int64).sum(Kind::Int64).int64_value(&[]);
        if count == 0 {
            continue;
        }
        revived += count as usize;
        let outgoing = units.repeat([copies]);
        if let Some(own) = own {
            // All that a dead unit gives is the bias behind it.
            let constant = params.get(own.bias).repeat([copies]) * outgoing.to_kind(Kind::Float);
            let weights = params.get(next.weight).squeeze_dim(3).squeeze_dim(2);
            let bias = params.get(next.bias) + weights.matmul(&constant);
            params.replace(next.bias, &bias.ones_like().to_kind(Kind::Bool), &bias);
            renew(own, &units, params);
        }
        if let (Op::Depthwise(_), Some(Op::Conv(source))) = (op, before(net, index)) {
            renew(source, &units, params);
        }
        renew(conv, &units, params);
        let silent = params.get(next.weight).zeros_like();
        params.replace(next.weight, &outgoing.view([1, -1, 1, 1]), &silent);
    }
    revived
}

fn before(net: &Net, index: usize) -> Option<&Op> {
    net.ops.get(index.checked_sub(1)?)
}

/// Weights as a new network has them, and no bias, for the outputs `units`.
fn renew(conv: &Conv, units: &Tensor, params: &mut Params) {
    let weight = conv.initial(params);
    params.replace(conv.weight, &units.view([-1, 1, 1, 1]), &weight);
    let bias = params.get(conv.bias).zeros_like();
    // The last dimension counts outputs, whether the bias depends on the quality or not.
    params.replace(conv.bias, units, &bias);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{knot_weights, Builder, Pass};
    use tch::Device;

    /// A network with a ReLU behind each kind of convolution, and what it makes of a picture.
    fn network(params: &mut Params) -> Net {
        Builder::new(params, "test", 1.0, 1.0)
            .conv(1, 4, 6, false, 1.0)
            .depthwise(6, true)
            .unshuffle(2)
            .conv(1, 24, 8, true, 1.0)
            .depthwise(8, false)
            .conv(1, 8, 3, false, 1.0)
            .build()
    }

    fn output(net: &Net, params: &Params, x: &Tensor) -> Tensor {
        let pass = Pass {
            params,
            knots: knot_weights(&Tensor::from_slice(&[0.5f32])),
            kind: Kind::Float,
            peaks: None,
            costs: None,
        };
        net.forward(&pass, x)
    }

    #[test]
    fn dead_units_begin_anew_and_change_nothing() {
        tch::manual_seed(3);
        let params = &mut Params::new(Device::Cpu);
        let net = network(params);
        let (Op::Depthwise(first), Op::Conv(second)) = (&net.ops[1], &net.ops[3]) else {
            panic!("another network");
        };
        let Op::Depthwise(behind) = &net.ops[4] else {
            panic!("another network");
        };
        params.set(
            behind.bias,
            &Tensor::full([8], 0.7, (Kind::Float, Device::Cpu)),
        );
        // Two units of each ReLU are far below 0.
        for conv in [first, second] {
            let bias = Tensor::zeros([conv.outputs], (Kind::Float, Device::Cpu));
            let _ = bias.narrow(0, 1, 2).fill_(-1e3);
            params.set(conv.bias, &bias);
        }
        let x = Tensor::randn([1, 4, 8, 8], (Kind::Float, Device::Cpu));
        let before = output(&net, params, &x);
        before.square().sum(Kind::Float).backward();
        params.update(0.0, 0, &crate::config::Recipe::default());
        let before = before.detach();

        assert_eq!(revive(&net, params), 4);
        let after = output(&net, params, &x);
        assert!(f64::try_from((&after - &before).abs().max()).unwrap() < 1e-4);
        for conv in [first, second] {
            let bias = params.get(conv.bias);
            assert!(f64::try_from(bias.min()).unwrap() > -1.0);
        }
        // With gradients of their own, once their outputs count for something.
        params.zero_grad();
        output(&net, params, &x)
            .square()
            .sum(Kind::Float)
            .backward();
        params.update(1e-2, 1, &crate::config::Recipe::default());
        params.zero_grad();
        output(&net, params, &x)
            .square()
            .sum(Kind::Float)
            .backward();
        params.update(1e-2, 2, &crate::config::Recipe::default());
        assert_eq!(revive(&net, params), 0);
    }
}
