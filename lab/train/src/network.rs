//! Networks in floating point: the same lists of layers as [`vqz::model::Network`], as tch tensors.
//!
//! Tensors are N×C×H×W by index but channel-last in memory, which is what the fast bf16 convolutions want.

use std::cell::RefCell;
use std::collections::HashMap;

use tch::{Device, Kind, Tensor};

use crate::config::KNOTS;
use crate::params::{Group, Id, Params};

/// A floating-point layer.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Conv(Conv),
    /// Every channel has a kernel of its own: `inputs` = `outputs`.
    Depthwise(Conv),
    Save,
    AddSaved,
    Shuffle(i64),
    Unshuffle(i64),
}

#[derive(Debug, Clone)]
pub(crate) struct Conv {
    pub kernel: i64,
    pub inputs: i64,
    pub outputs: i64,
    pub relu: bool,
    /// `[outputs, inputs, k, k]`; depthwise `[outputs, 1, k, k]`.
    pub weight: Id,
    /// `[outputs]`, or `[KNOTS, outputs]` if the bias depends on the quality.
    pub bias: Id,
    pub conditioned: bool,
}

/// A network and the scales of its two ends: `forward(x) = scale_out · layers(scale_in · x)`.
#[derive(Debug, Clone)]
pub(crate) struct Net {
    pub name: String,
    pub ops: Vec<Op>,
    pub scale_in: f64,
    pub scale_out: f64,
}

/// Builds a [`Net`] layer by layer, with He initialisation.
pub(crate) struct Builder<'a> {
    params: &'a mut Params,
    net: Net,
}

impl<'a> Builder<'a> {
    pub fn new(params: &'a mut Params, name: &str, scale_in: f64, scale_out: f64) -> Self {
        Self {
            params,
            net: Net {
                name: name.into(),
                ops: Vec::new(),
                scale_in,
                scale_out,
            },
        }
    }

    /// `gain` multiplies the He initialisation.
    pub fn conv(self, kernel: i64, inputs: i64, outputs: i64, relu: bool, gain: f64) -> Self {
        self.push_conv(kernel, inputs, outputs, relu, gain, false)
    }

    /// A convolution whose bias depends on the quality.
    pub fn conditioned(self, kernel: i64, inputs: i64, outputs: i64, relu: bool) -> Self {
        self.push_conv(kernel, inputs, outputs, relu, 1.0, true)
    }

    fn push_conv(
        mut self,
        kernel: i64,
        inputs: i64,
        outputs: i64,
        relu: bool,
        gain: f64,
        conditioned: bool,
    ) -> Self {
        let shape = [outputs, inputs, kernel, kernel];
        let weight = he_weight(shape, relu, self.params.device()) * gain;
        let conv = self.add_conv(&weight, relu, conditioned);
        self.net.ops.push(Op::Conv(Conv { inputs, ..conv }));
        self
    }

    /// A depthwise 3×3 convolution that starts as the identity with some noise.
    pub fn depthwise(mut self, width: i64, relu: bool) -> Self {
        let weight = near_identity(width, self.params.device());
        let conv = self.add_conv(&weight, relu, false);
        self.net.ops.push(Op::Depthwise(Conv {
            inputs: width,
            ..conv
        }));
        self
    }

    /// Parameters of a convolution with these initial weights.
    fn add_conv(&mut self, weight: &Tensor, relu: bool, conditioned: bool) -> Conv {
        let index = self.net.ops.len();
        let options = (Kind::Float, self.params.device());
        let (outputs, inputs, kernel, _) = weight.size4().expect("4 dimensions");
        let bias = if conditioned {
            Tensor::zeros([KNOTS, outputs], options)
        } else {
            Tensor::zeros([outputs], options)
        };
        let name = format!("{}.{index}", self.net.name);
        let weight = self
            .params
            .add(format!("{name}.weight"), Group::Network, weight);
        let bias = self
            .params
            .add(format!("{name}.bias"), Group::Network, &bias);
        Conv {
            kernel,
            inputs,
            outputs,
            relu,
            weight,
            bias,
            conditioned,
        }
    }

    /// `count` residual blocks: save, depthwise 3×3, 1×1 to twice the width + ReLU, 1×1 back, add.
    pub fn residual(mut self, width: i64, count: usize) -> Self {
        for _ in 0..count {
            self.net.ops.push(Op::Save);
            self = self
                .depthwise(width, false)
                .conv(1, width, 2 * width, true, 1.0)
                .conv(1, 2 * width, width, false, 0.3);
            self.net.ops.push(Op::AddSaved);
        }
        self
    }

    pub fn shuffle(mut self, r: i64) -> Self {
        self.net.ops.push(Op::Shuffle(r));
        self
    }

    pub fn unshuffle(mut self, r: i64) -> Self {
        self.net.ops.push(Op::Unshuffle(r));
        self
    }

    pub fn build(self) -> Net {
        self.net
    }
}

/// He et al. 2015.
fn he_weight(shape: [i64; 4], relu: bool, device: Device) -> Tensor {
    let fan_in = (shape[1] * shape[2] * shape[3]) as f64;
    let std = (if relu { 2.0 } else { 1.0 } / fan_in).sqrt();
    Tensor::randn(shape, (Kind::Float, device)) * std
}

/// A depthwise 3×3 kernel that is the identity with some noise.
fn near_identity(width: i64, device: Device) -> Tensor {
    let weight = Tensor::randn([width, 1, 3, 3], (Kind::Float, device)) * 0.15;
    let _ = weight.narrow(2, 1, 1).narrow(3, 1, 1).g_add_scalar_(1.0);
    weight
}

/// Space to depth with channel order `(dy·r + dx)·c + k`.
pub(crate) fn unshuffle(x: &Tensor, r: i64) -> Tensor {
    let (n, c, h, w) = x.size4().expect("4 dimensions");
    x.permute([0, 2, 3, 1])
        .reshape([n, h / r, r, w / r, r, c])
        .permute([0, 1, 3, 2, 4, 5])
        .reshape([n, h / r, w / r, r * r * c])
        .permute([0, 3, 1, 2])
}

/// 16×16×3 blocks as channels: [`unshuffle`] by 4 twice.
pub(crate) fn blocks(x: &Tensor) -> Tensor {
    unshuffle(&unshuffle(x, 4), 4)
}

/// Depth to space, the inverse of [`unshuffle`].
pub(crate) fn shuffle(x: &Tensor, r: i64) -> Tensor {
    let (n, c, h, w) = x.size4().expect("4 dimensions");
    let c = c / (r * r);
    x.permute([0, 2, 3, 1])
        .reshape([n, h, w, r, r, c])
        .permute([0, 1, 3, 2, 4, 5])
        .reshape([n, h * r, w * r, c])
        .permute([0, 3, 1, 2])
}

/// Weights of the quality knots for each sample: t ∈ [0, 1] of shape `[B]` → `[B, KNOTS]`, linear between neighbours.
pub(crate) fn knot_weights(t: &Tensor) -> Tensor {
    let position = t.unsqueeze(1) * (KNOTS - 1) as f64;
    let knots = Tensor::arange(KNOTS, (Kind::Float, t.device())).unsqueeze(0);
    (1.0f64 - (position - knots).abs()).clamp_min(0.0)
}

/// Largest magnitudes seen: per network its input's and every layer's output's.
pub(crate) type Peaks = HashMap<String, Vec<f64>>;

/// What a forward pass needs besides its input.
pub(crate) struct Pass<'a> {
    pub params: &'a Params,
    /// `[B, KNOTS]`, see [`knot_weights`].
    pub knots: Tensor,
    /// Element type of the networks.
    pub kind: Kind,
    /// Where to note magnitudes, for calibration.
    pub peaks: Option<&'a RefCell<Peaks>>,
    /// Bits of labels from a model file's tables, for measuring.
    pub costs: Option<&'a Tensor>,
}

impl Net {
    /// Runs the network; input and output are f32.
    pub fn forward(&self, pass: &Pass, x: &Tensor) -> Tensor {
        let mut x = (x * self.scale_in).to_kind(pass.kind);
        let mut saved = Tensor::new();
        self.note(pass, 0, &x);
        for (index, op) in self.ops.iter().enumerate() {
            x = match op {
                Op::Conv(conv) => conv.forward(pass, &x, 1),
                Op::Depthwise(conv) => conv.forward(pass, &x, conv.outputs),
                Op::Save => {
                    saved = x.shallow_clone();
                    x
                }
                Op::AddSaved => x + &saved,
                Op::Shuffle(r) => shuffle(&x, *r),
                Op::Unshuffle(r) => unshuffle(&x, *r),
            };
            self.note(pass, index + 1, &x);
        }
        x.to_kind(Kind::Float) * self.scale_out
    }

    fn note(&self, pass: &Pass, index: usize, x: &Tensor) {
        let Some(peaks) = pass.peaks else { return };
        let mut peaks = peaks.borrow_mut();
        let list = peaks
            .entry(self.name.clone())
            .or_insert_with(|| vec![0.0; self.ops.len() + 1]);
        list[index] = list[index].max(x.abs().max().double_value(&[]));
    }
}

impl Conv {
    /// Weights as in a new network, but for its gain.
    pub fn initial(&self, params: &Params) -> Tensor {
        let (shape, device) = (params.get(self.weight).size(), params.device());
        match shape[1] {
            1 => near_identity(self.outputs, device),
            inputs => he_weight(
                [self.outputs, inputs, self.kernel, self.kernel],
                self.relu,
                device,
            ),
        }
    }

    fn forward(&self, pass: &Pass, x: &Tensor, groups: i64) -> Tensor {
        let weight = pass.params.get(self.weight).to_kind(pass.kind);
        let padding = self.kernel / 2;
        let y = if self.conditioned {
            let bias = pass
                .knots
                .matmul(pass.params.get(self.bias))
                .to_kind(pass.kind);
            x.conv2d(&weight, None::<Tensor>, 1, padding, 1, groups)
                + bias.unsqueeze(2).unsqueeze(3)
        } else {
            let bias = pass.params.get(self.bias).to_kind(pass.kind);
            x.conv2d(&weight, Some(bias), 1, padding, 1, groups)
        };
        if self.relu {
            y.relu()
        } else {
            y
        }
    }
}
