//! Tells patches of photos from rendered ones. It sees the linear part beside them, so that what it asks for is a likely picture of these
//! labels, and not of any others.

use tch::{Device, Kind, Tensor};

use super::recipe::RenderingRecipe;
use crate::network::unshuffle;
use crate::params::{Group, Id, Params};

/// Slope of its activations below 0.
const LEAK: f64 = 0.2;
/// Pixels per unit of its input.
const UNIT: f64 = 64.0;
/// How far pictures are moved to see how steep it is, in units of its input.
const NUDGE: f64 = 0.05;

/// See the module. Each judgement is about some 40 × 40 pixels.
pub(super) struct Discriminator {
    pub params: Params,
    layers: Vec<Layer>,
}

struct Layer {
    weight: Id,
    bias: Id,
    kernel: i64,
    stride: i64,
}

/// What it makes of a batch.
pub(super) struct Judgement {
    /// Large for photos, `[B, 1, H/8, W/8]`.
    pub score: Tensor,
    /// Outputs of its layers but the last.
    pub features: Vec<Tensor>,
}

impl Discriminator {
    pub fn new(recipe: &RenderingRecipe, device: Device) -> Self {
        let width = recipe.discriminator;
        // (kernel, stride, outputs); the input is unshuffled by 2.
        let shapes = [
            (3, 1, width),
            (4, 2, 2 * width),
            (4, 2, 4 * width),
            (3, 1, 4 * width),
            (1, 1, 1),
        ];
        let mut params = Params::with_momentum(device, 0.5);
        let mut inputs = 24;
        let layers = shapes.into_iter().enumerate();
        let layers = layers.map(|(index, (kernel, stride, outputs))| {
            let options = (Kind::Float, device);
            let std = (2.0 / (inputs * kernel * kernel) as f64).sqrt();
            let weight = Tensor::randn([outputs, inputs, kernel, kernel], options) * std;
            inputs = outputs;
            let name = format!("discriminator.{index}");
            Layer {
                weight: params.add(format!("{name}.weight"), Group::Network, &weight),
                bias: params.add(
                    format!("{name}.bias"),
                    Group::Network,
                    &Tensor::zeros([outputs], options),
                ),
                kernel,
                stride,
            }
        });
        let layers = layers.collect();
        Self { params, layers }
    }

    /// Of pictures and the linear parts that they were made from, or that their files have; `[B, 3, H, W]` both.
    pub fn judge(&self, picture: &Tensor, linear: &Tensor) -> Judgement {
        self.run(&Self::input(picture, linear))
    }

    /// How steep it is at pictures, squared: what their scores change by when they are moved by a little noise, `[B]` (an estimate of the norm of
    /// the gradient, as in Lin et al. 2025, "Diffusion adversarial post-training").
    pub fn steepness(&self, picture: &Tensor, linear: &Tensor, score: &Tensor) -> Tensor {
        let input = Self::input(picture, linear);
        let moved = self.run(&(&input + input.randn_like() * NUDGE)).score;
        let change = (moved - score).square() / (NUDGE * NUDGE);
        change.mean(Kind::Float)
    }

    fn input(picture: &Tensor, linear: &Tensor) -> Tensor {
        unshuffle(&(Tensor::cat(&[picture, linear], 1) / UNIT), 2)
    }

    fn run(&self, input: &Tensor) -> Judgement {
        let mut x = input.shallow_clone();
        let mut features = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let (weight, bias) = (self.params.get(layer.weight), self.params.get(layer.bias));
            let padding = (layer.kernel - 1) / 2;
            x = x.conv2d(weight, Some(bias), layer.stride, padding, 1, 1);
            if index + 1 < self.layers.len() {
                x = x.maximum(&(&x * LEAK));
                features.push(x.shallow_clone());
            }
        }
        Judgement { score: x, features }
    }
}
