//! The networks of a rendering: body, lift and renderer as a model has them, wider and deeper if wanted, and with noise to draw from.

use std::cell::RefCell;
use std::path::Path;

use anyhow::{ensure, Result};
use tch::{Device, Kind, Tensor};

use super::base::{Base, Decoded};
use super::recipe::RenderingRecipe;
use crate::import::import_rendering;
use crate::network::{knot_weights, shuffle, Builder, Conv, Net, Op, Pass, Peaks};
use crate::params::Params;

/// See the module.
pub(super) struct Generator {
    pub params: Params,
    pub body: Net,
    pub lift: Net,
    pub renderer: Net,
    noise: i64,
}

impl Generator {
    /// With random weights, for a base model with so many latents.
    pub fn new(recipe: &RenderingRecipe, latents: i64, device: Device) -> Self {
        let mut params = Params::new(device);
        let p = &mut params;
        let ([body_width, width], [body_blocks, blocks]) = (recipe.widths, recipe.blocks);
        let body = Builder::new(p, "body", 1.0, 1.0)
            .conditioned(1, latents, body_width, false)
            .residual(body_width, body_blocks)
            .conv(1, body_width, 16 * width, false, 0.5)
            .shuffle(4)
            .build();
        let lift = Builder::new(p, "lift", 1.0 / 64.0, 1.0)
            .conditioned(1, 48 + recipe.noise, width, false)
            .build();
        let renderer = Builder::new(p, "renderer", 1.0, 16.0)
            .residual(width, blocks)
            .conv(1, width, 48, false, 0.02)
            .build();
        Self {
            params,
            body,
            lift,
            renderer,
            noise: recipe.noise,
        }
    }

    /// Begins as the faithful rendering: the base's weights, and whatever is new (channels, blocks, noise) feeds nothing yet that the base has.
    ///
    /// # Errors
    /// Networks narrower or shallower than the base's.
    pub fn start_from(&mut self, base: &Base) -> Result<()> {
        let float = &base.float;
        let nets = [
            (self.body.clone(), &float.body),
            (self.lift.clone(), &float.lift),
            (self.renderer.clone(), &float.renderer),
        ];
        for (to, from) in nets {
            let shuffled = matches!(to.ops.last(), Some(Op::Shuffle(_)));
            let (to, from) = (convolutions(&to), convolutions(from));
            ensure!(
                to.len() >= from.len(),
                "the rendering has {} convolutions where the base model has {}; give it at least as many blocks",
                to.len(),
                from.len()
            );
            // The last one stays the last one; blocks are added before it, each the identity.
            let (last, blocks) = to.split_last().expect("a convolution");
            let (base_last, base_blocks) = from.split_last().expect("a convolution");
            let (kept, added) = blocks.split_at(base_blocks.len());
            for (to, from) in kept.iter().zip(base_blocks) {
                self.embed(to, from, 1, &float.params)?;
            }
            for conv in added.iter().skip(2).step_by(3) {
                let nothing = self.params.get(conv.weight).zeros_like();
                self.params.set(conv.weight, &nothing);
            }
            let positions = match shuffled {
                true => 16,
                false => 1,
            };
            self.embed(last, base_last, positions, &float.params)?;
        }
        Ok(())
    }

    /// Begins with the networks of a rendering file, which have to be those of the recipe.
    ///
    /// # Errors
    /// Unreadable or invalid file, other networks.
    pub fn load_file(&mut self, file: &Path, base: &Base) -> Result<()> {
        let networks = [&self.body, &self.lift, &self.renderer];
        import_rendering(&mut self.params, networks, file, &base.recipe)
    }

    /// Makes `to` a convolution that gives what `from` gives in its first channels (of each of `positions`, if its outputs are those of several
    /// ones), whatever its further inputs are.
    fn embed(&mut self, to: &Conv, from: &Conv, positions: i64, base: &Params) -> Result<()> {
        ensure!(
            to.outputs >= from.outputs && to.inputs >= from.inputs,
            "a convolution of {} to {} channels where the base model has {} to {}; give the rendering at least those widths",
            to.inputs,
            to.outputs,
            from.inputs,
            from.outputs
        );
        let (weight, bias) = (self.params.get(to.weight), self.params.get(to.bias));
        let (base_weight, base_bias) = (base.get(from.weight), base.get(from.bias));
        let (weight, bias) = tch::no_grad(|| {
            let (kernel, channels) = (from.kernel, from.outputs / positions);
            let split = |w: &Tensor| w.view([positions, -1, w.size()[1], kernel, kernel]);
            let merged = weight.copy();
            let mut rows = split(&merged).narrow(1, 0, channels);
            let _ = rows.zero_();
            let inputs = base_weight.size()[1];
            rows.narrow(2, 0, inputs).copy_(&split(base_weight));
            let split = |b: &Tensor| {
                let outputs = b.size().last().copied().expect("outputs");
                b.view([-1, positions, outputs / positions])
            };
            let merged_bias = bias.copy();
            split(&merged_bias)
                .narrow(2, 0, channels)
                .copy_(&split(base_bias));
            (merged, merged_bias)
        });
        self.params.set(to.weight, &weight);
        self.params.set(to.bias, &bias);
        Ok(())
    }

    /// Planes of noise for training: other ones each time. `[B, N, H, W]` of −128 to 127, as pixels are.
    pub fn random_noise(&self, like: &Decoded) -> Tensor {
        let (b, _, h, w) = like.patches.size4().expect("4 dimensions");
        let device = like.patches.device();
        Tensor::randint_low(-128, 128, [b, self.noise, h, w], (Kind::Float, device))
    }

    /// The noise that decoders use.
    pub fn specified_noise(&self, like: &Decoded) -> Tensor {
        let (_, _, h, w) = like.patches.size4().expect("4 dimensions");
        let mut values = Vec::new();
        for plane in 0..self.noise as usize {
            for y in 0..h as i32 {
                let row = (0..w as i32).map(|x| f32::from(vqz::lab::noise(x, y, plane)) / 16.0);
                values.extend(row);
            }
        }
        Tensor::from_slice(&values)
            .view([1, self.noise, h, w])
            .to_device(like.patches.device())
    }

    /// Pixels − 128, `[B, 3, H, W]`, at qualities `t` (`[B]`, 0–1).
    pub fn render(
        &self,
        decoded: &Decoded,
        t: &Tensor,
        noise: &Tensor,
        peaks: Option<&RefCell<Peaks>>,
    ) -> Tensor {
        let pass = Pass {
            params: &self.params,
            knots: knot_weights(t),
            kind: Kind::Float,
            peaks,
            costs: None,
        };
        let seen = Tensor::cat(&[&decoded.patches, noise], 1);
        let stream =
            self.lift.forward(&pass, &seen) + self.body.forward(&pass, &decoded.normalised);
        shuffle(
            &(&decoded.patches + self.renderer.forward(&pass, &stream)),
            4,
        )
    }
}

fn convolutions(net: &Net) -> Vec<Conv> {
    let conv = |op: &Op| match op {
        Op::Conv(conv) | Op::Depthwise(conv) => Some(conv.clone()),
        _ => None,
    };
    net.ops.iter().filter_map(conv).collect()
}
