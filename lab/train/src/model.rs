//! The whole model in floating point: transforms, hyper-prior, context steps, quantisers; one forward pass gives rate and reconstruction.

use std::cell::RefCell;

use tch::{Kind, Tensor};
use vqz::lab::RateBias;

use crate::block::Block;
use crate::config::{Architecture, KNOTS, Z_STD};
use crate::context::{code_latents, context_steps, flat, planes, Step};
use crate::dormant;
use crate::labels::{rate, Labels};
use crate::network::{blocks, knot_weights, shuffle, Builder, Net, Pass, Peaks};
use crate::params::{Group, Id, Params};
use crate::quantiser::Mode;

/// What a forward pass may be asked for besides.
#[derive(Default)]
pub(crate) struct Instruments<'a> {
    /// Where to note the networks' magnitudes.
    pub peaks: Option<&'a RefCell<Peaks>>,
    /// `[tables, magnitudes]` bits of labels, see [`crate::tables::costs`].
    pub costs: Option<&'a Tensor>,
}

/// See the module's description.
pub(crate) struct FloatModel {
    pub params: Params,
    /// `[C, 768, 1, 1]` and `[768, C, 1, 1]`, channel order of [`blocks`].
    pub analysis_linear: Id,
    pub synthesis_linear: Id,
    pub analysis: Net,
    /// The deep part of the synthesis, see [`FloatModel::synthesise`].
    pub body: Net,
    pub lift: Net,
    pub renderer: Net,
    pub hyper_analysis: Net,
    pub hyper_synthesis: Net,
    pub steps: Vec<Step>,
    pub y: Block,
    pub z: Block,
    /// `[C_z]` each, normalised units.
    pub z_mean: Id,
    pub z_log_scale: Id,
}

/// Result of a forward pass over a batch of B patches. How good the picture is, is the caller's to say: what it shall be may be another than what went in.
pub(crate) struct Forward {
    /// `[B]` bits per pixel.
    pub bpp: Tensor,
    /// `[1]` codebook loss in squared quantiser steps per pixel.
    pub codebook_loss: Tensor,
    /// The reconstruction, pixels − 128, `[B, 3, H, W]`.
    pub picture: Tensor,
    /// What the linear part alone makes of it: small renderings are its means. The same shape.
    pub linear: Tensor,
    /// The latents as the decoder has them, in normalised units, `[B, C, H/16, W/16]`.
    pub normalised: Tensor,
    /// What the quantisers saw and chose: residuals, labels, log2 σ of z and y, `[N, C]` each.
    pub z: Trace,
    /// The same of y.
    pub y: Trace,
}

/// See [`Forward`].
pub(crate) struct Trace {
    pub residuals: Tensor,
    pub labels: Tensor,
    pub log_scales: Tensor,
}

impl FloatModel {
    /// The same model with the same parameters, for another thread: gradients gather in one place.
    pub fn share(&self) -> Self {
        Self {
            params: self.params.share(),
            analysis: self.analysis.clone(),
            body: self.body.clone(),
            lift: self.lift.clone(),
            renderer: self.renderer.clone(),
            hyper_analysis: self.hyper_analysis.clone(),
            hyper_synthesis: self.hyper_synthesis.clone(),
            steps: self.steps.clone(),
            y: self.y.share(),
            z: self.z.share(),
            ..*self
        }
    }

    /// See [`crate::Recipe::quantiser_error`].
    pub fn set_quantiser_error(&mut self, error: f64) {
        self.y.codebook.error = error;
    }

    /// Leaves to training what decoders do not have: the analysis transforms, and the codebooks, which a model file has others of.
    pub fn freeze_decoder(&mut self) {
        self.params
            .freeze(|name| name.contains("analysis") || name.ends_with(".codebook"));
    }

    /// Leaves to training what decoders have, but for the quantisers' tables.
    pub fn freeze_encoder(&mut self) {
        const NETWORKS: [&str; 6] = [
            "synthesis_linear",
            "body",
            "lift",
            "renderer",
            "hyper_synthesis",
            "context",
        ];
        self.params.freeze(|name| {
            let network = name.split('.').next().unwrap_or(name);
            NETWORKS.contains(&network)
        });
    }

    /// See [`dormant::revive`]; of all networks that are trained.
    pub fn revive(&mut self) -> usize {
        let transforms = [&self.analysis, &self.body, &self.lift, &self.renderer];
        let hyper = [&self.hyper_analysis, &self.hyper_synthesis];
        let steps = self.steps.iter().map(|step| &step.net);
        let nets = transforms.into_iter().chain(hyper).chain(steps);
        nets.map(|net| dormant::revive(net, &mut self.params)).sum()
    }

    pub fn new(
        architecture: &Architecture,
        components: &Tensor,
        std: &Tensor,
        lambda: impl Fn(f64) -> f64,
        device: tch::Device,
    ) -> Self {
        let a = architecture;
        let mut params = Params::new(device);
        let p = &mut params;
        let (c, [w4, w16]) = (a.latents, a.analysis_widths);
        let [body_width, render_width] = a.synthesis_widths;
        let analysis_linear = p.add(
            "analysis_linear".into(),
            Group::Linear,
            &components.view([c, 768, 1, 1]),
        );
        let transposed = components.tr().contiguous().view([768, c, 1, 1]);
        let synthesis_linear = p.add("synthesis_linear".into(), Group::Linear, &transposed);
        let analysis = Builder::new(p, "analysis", 1.0 / 64.0, 1.0)
            .unshuffle(4)
            .conditioned(1, 48, w4, false)
            .residual(w4, a.analysis_blocks[0])
            .unshuffle(4)
            .conditioned(1, 16 * w4, w16, false)
            .residual(w16, a.analysis_blocks[1])
            .conv(1, w16, c, false, 0.05)
            .build();
        let body = Builder::new(p, "body", 1.0, 1.0)
            .conditioned(1, c, body_width, false)
            .residual(body_width, a.synthesis_blocks[0])
            .conv(1, body_width, 16 * render_width, false, 0.5)
            .shuffle(4)
            .build();
        let lift = Builder::new(p, "lift", 1.0 / 64.0, 1.0)
            .conditioned(1, 48, render_width, false)
            .build();
        let renderer = Builder::new(p, "renderer", 1.0, 16.0)
            .residual(render_width, a.synthesis_blocks[1])
            .conv(1, render_width, 48, false, 0.02)
            .build();
        let h = a.hyper_width;
        let hyper_analysis = Builder::new(p, "hyper_analysis", 1.0, Z_STD)
            .conv(1, c, h, true, 1.0)
            .depthwise(h, false)
            .unshuffle(2)
            .conv(1, 4 * h, 2 * h, true, 1.0)
            .depthwise(2 * h, false)
            .unshuffle(2)
            .conv(1, 8 * h, a.hyper_latents, false, 1.0)
            .build();
        let hyper_synthesis = Builder::new(p, "hyper_synthesis", 1.0, 1.0)
            .conv(1, a.hyper_latents, 4 * h, true, 1.0)
            .shuffle(2)
            .depthwise(h, false)
            .conv(1, h, 4 * h, true, 1.0)
            .shuffle(2)
            .depthwise(h, false)
            .conditioned(1, h, a.features, true)
            .build();
        let steps = context_steps(p, a);
        let lambdas: Vec<f32> = (0..KNOTS)
            .map(|k| lambda(k as f64 / (KNOTS - 1) as f64) as f32)
            .collect();
        // High-resolution theory: at slope λ an orthonormal transform wants steps of √(12·0.72/λ).
        let log_gain =
            ((Tensor::from_slice(&lambdas).log2() - (12.0f64 * 0.7213).log2()) * 0.5).unsqueeze(1);
        let y = Block::new(p, "y", c, std, &log_gain, &RateBias::rising(c as usize));
        let middle = log_gain.mean(Kind::Float);
        let z_gain = (&log_gain - middle) * 0.3 - 4.4;
        let z = Block::new(
            p,
            "z",
            a.hyper_latents,
            &Tensor::full([a.hyper_latents], Z_STD, (Kind::Float, tch::Device::Cpu)),
            &z_gain,
            &RateBias::flat(a.hyper_latents as usize),
        );
        let zeros = Tensor::zeros([a.hyper_latents], (Kind::Float, device));
        Self {
            analysis_linear,
            synthesis_linear,
            analysis,
            body,
            lift,
            renderer,
            hyper_analysis,
            hyper_synthesis,
            steps,
            y,
            z,
            z_mean: params.add("z_mean".into(), Group::Table, &zeros),
            z_log_scale: params.add("z_log_scale".into(), Group::Table, &zeros),
            params,
        }
    }

    /// Pixels − 128 → y in absolute units.
    fn analyse(&self, pass: &Pass, x: &Tensor) -> Tensor {
        let p = &self.params;
        let linear = blocks(x).conv2d(p.get(self.analysis_linear), None::<Tensor>, 1, 0, 1, 1);
        let std = p.get(self.y.std).detach().view([1, -1, 1, 1]);
        linear + self.analysis.forward(pass, x) * std
    }

    /// ŷ in absolute and in normalised units → pixels − 128, and those of the linear part alone.
    pub fn synthesise(&self, pass: &Pass, y: &Tensor, normalised: &Tensor) -> (Tensor, Tensor) {
        let weight = pass.params.get(self.synthesis_linear);
        let linear = shuffle(&y.conv2d(weight, None::<Tensor>, 1, 0, 1, 1), 4);
        let stream = self.lift.forward(pass, &linear) + self.body.forward(pass, normalised);
        let picture = shuffle(&(&linear + self.renderer.forward(pass, &stream)), 4);
        (picture, shuffle(&linear, 4))
    }

    /// Rate and reconstruction of `x` (`[B, 3, H, W]`, sides multiples of 64) at qualities `t` (`[B]`, 0–1).
    pub fn forward(&self, x: &Tensor, t: &Tensor, mode: Mode, kind: Kind) -> Forward {
        self.forward_with(x, t, mode, kind, &Instruments::default())
    }

    /// The same with instruments.
    pub fn forward_with(
        &self,
        x: &Tensor,
        t: &Tensor,
        mode: Mode,
        kind: Kind,
        instruments: &Instruments,
    ) -> Forward {
        let p = &self.params;
        let (b, _, height, width) = x.size4().expect("4 dimensions");
        let (h, w) = (height / 16, width / 16);
        let pass = Pass {
            params: p,
            knots: knot_weights(t),
            kind,
            peaks: instruments.peaks,
            costs: instruments.costs,
        };
        let y = self.analyse(&pass, x);
        let std = p.get(self.y.std).detach();
        let z = self
            .hyper_analysis
            .forward(&pass, &(&y / std.view([1, -1, 1, 1])));

        let z_side = self.z.levels(&pass, h * w / 16);
        let z_value = flat(&z) * z_side.log_gain.exp2();
        let z_scale = p.get(self.z_log_scale).unsqueeze(0) + &z_side.log_gain + &z_side.log_std;
        let z_mean = p.get(self.z_mean).unsqueeze(0) * (&z_side.log_gain + &z_side.log_std).exp2();
        let z_residual = z_value - &z_mean;
        let z_hat = self
            .z
            .codebook
            .quantise(&pass, &z_residual, &z_scale, 0, mode);
        let z_bits = rate(&pass, &z_residual, &z_hat.labels, &z_scale, mode);
        let z_absolute = (&z_hat.value + z_mean) * z_side.log_step.exp2();
        let z_normalised = planes(&(z_absolute / Z_STD), b, h / 4, w / 4);
        let psi = self
            .hyper_synthesis
            .forward(&pass, &z_normalised)
            .to_kind(kind);

        let coded = code_latents(
            &pass,
            &self.y,
            &self.steps,
            &flat(&y),
            &psi,
            (b, h, w),
            Labels::Sought(mode),
        );
        let normalised = planes(&coded.normalised, b, h, w);
        let absolute = &normalised * std.view([1, -1, 1, 1]);
        let (picture, linear) = self.synthesise(&pass, &absolute, &normalised);
        let pixels = height * width;
        Forward {
            bpp: per_pixel(&z_bits, b, pixels) + per_pixel(&coded.bits, b, pixels),
            codebook_loss: z_hat.codebook_loss / 4096.0 + coded.codebook_loss / 256.0,
            picture,
            linear,
            normalised,
            z: Trace {
                residuals: z_residual.detach(),
                labels: z_hat.labels,
                log_scales: z_scale.detach(),
            },
            y: Trace {
                residuals: coded.residuals,
                labels: coded.labels,
                log_scales: coded.log_scales,
            },
        }
    }
}

/// `[B]` bits per pixel of pictures of so many `pixels` from bits `[N, C]`.
pub(crate) fn per_pixel(bits: &Tensor, b: i64, pixels: i64) -> Tensor {
    bits.view([b, -1]).sum_dim_intlist(1, false, Kind::Float) / pixels as f64
}
