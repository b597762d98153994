//! The context model: y in coding steps, each predicted from the hyper-features and all steps before it.

use tch::{Kind, Tensor};
use vqz::lab::{ADAPTATION, SCALES_PER_OCTAVE};
use vqz::model::Parity;

use crate::block::Block;
use crate::config::{Architecture, Order, ACTIVITY};
use crate::labels::{cost, rate, Labels};
use crate::network::{Builder, Net, Pass};
use crate::params::Params;

/// One coding step of y.
#[derive(Clone)]
pub(crate) struct Step {
    pub start: i64,
    pub end: i64,
    pub parity: Parity,
    pub net: Net,
    /// See [`Architecture::adaptation`].
    pub adaptation: f64,
}

/// `[B, C, h, w]` → `[B·h·w, C]`.
pub(crate) fn flat(x: &Tensor) -> Tensor {
    let c = x.size()[1];
    x.permute([0, 2, 3, 1]).reshape([-1, c])
}

/// The inverse of [`flat`].
pub(crate) fn planes(x: &Tensor, b: i64, h: i64, w: i64) -> Tensor {
    x.view([b, h, w, -1]).permute([0, 3, 1, 2])
}

/// All coding steps of y: `y` is `[N, C]`, `psi` `[B, F, h, w]`.
pub(crate) fn code_latents(
    pass: &Pass,
    block: &Block,
    steps: &[Step],
    y: &Tensor,
    psi: &Tensor,
    (b, h, w): (i64, i64, i64),
    labels: Labels,
) -> Coded {
    let (kind, mode) = (pass.kind, labels.mode());
    let side = block.levels(pass, h * w);
    let to_steps = &side.log_gain + &side.log_std;
    let step_size = &side.log_step - &side.log_std;
    let odd = checkerboard(b, h, w, y.device());
    let mut done: Vec<Tensor> = Vec::new();
    let mut context: Vec<Tensor> = vec![psi.shallow_clone()];
    let mut parts = CodedParts::default();
    let mut even: Option<[Tensor; 3]> = None;
    for step in steps {
        let width = step.end - step.start;
        let cut = |x: &Tensor| x.narrow(1, step.start, width);
        let scale = cut(&to_steps);
        let value = cut(y) * cut(&side.log_gain).exp2();
        let output = flat(&step.net.forward(pass, &Tensor::cat(&context, 1)));
        let mut mean = output.narrow(1, 0, width) * scale.exp2();
        if pass.costs.is_some() {
            // As coarse as in files: of channels with large steps nothing is left at low qualities.
            mean = (mean * 64.0).round() / 64.0;
        }
        if let Some(said) = labels.said(cut) {
            mean += said;
        }
        let expected = output.narrow(1, width, width);
        let mut finer = finer(&expected, step.adaptation);
        let mut log_scale = expected + &scale + &finer;
        if step.parity == Parity::Even {
            // The odd positions of this pass are not coded: their features stay 0.
            let residual = (&value - &mean) * finer.exp2();
            let quantised = block
                .codebook
                .quantise(pass, &residual, &log_scale, step.start, mode);
            let features = labels.settle(cut, &quantised, &mean, &finer, &step_size);
            let features = features * (1.0f64 - &odd);
            context.push(planes(&features, b, h, w).to_kind(kind));
            even = Some([mean, log_scale, finer]);
            continue;
        }
        if let Some([even_mean, even_scale, even_finer]) = even.take() {
            context.pop();
            mean = even_mean.lerp_tensor(&mean, &odd);
            log_scale = even_scale.lerp_tensor(&log_scale, &odd);
            finer = even_finer.lerp_tensor(&finer, &odd);
        }
        let residual = (value - &mean) * finer.exp2();
        let quantised = block
            .codebook
            .quantise(pass, &residual, &log_scale, step.start, mode);
        parts.bits.push(match labels {
            Labels::Sought(mode) => rate(pass, &residual, &quantised.labels, &log_scale, mode),
            Labels::Chosen(_) => {
                let worth = block.codebook.worth(step.start, width);
                cost(&residual, &log_scale, &worth)
            }
        });
        let features = labels.settle(cut, &quantised, &mean, &finer, &step_size);
        parts.codebook_loss.push(quantised.codebook_loss);
        parts.residuals.push(residual.detach());
        parts.labels.push(quantised.labels);
        parts.log_scales.push(log_scale.detach());
        context.push(planes(&features, b, h, w).to_kind(kind));
        done.push(features);
    }
    Coded {
        normalised: Tensor::cat(&done, 1),
        bits: Tensor::cat(&parts.bits, 1),
        codebook_loss: Tensor::stack(&parts.codebook_loss, 0).sum_dim_intlist(
            0,
            false,
            Kind::Float,
        ),
        residuals: Tensor::cat(&parts.residuals, 1),
        labels: Tensor::cat(&parts.labels, 1),
        log_scales: Tensor::cat(&parts.log_scales, 1),
    }
}

/// By how many octaves the steps at each position are finer than the channels' own, `[N, 1]`, for the log2 σ `[N, C]` expected there
/// (normalised units): SPEC.md section 8.6, without a gradient.
fn finer(expected: &Tensor, adaptation: f64) -> Tensor {
    let activity = expected.detach().mean_dim(1, true, Kind::Float) - ACTIVITY;
    let octave = f64::from(SCALES_PER_OCTAVE);
    let (finest, coarsest) = (f64::from(*ADAPTATION.start()), f64::from(*ADAPTATION.end()));
    (activity * (-adaptation * octave))
        .round()
        .clamp(-coarsest, -finest)
        / octave
}

#[derive(Default)]
struct CodedParts {
    bits: Vec<Tensor>,
    codebook_loss: Vec<Tensor>,
    residuals: Vec<Tensor>,
    labels: Vec<Tensor>,
    log_scales: Vec<Tensor>,
}

/// What [`code_latents`] did: `[N, C]` each, but for the codebook loss.
pub(crate) struct Coded {
    pub normalised: Tensor,
    pub bits: Tensor,
    pub codebook_loss: Tensor,
    pub residuals: Tensor,
    pub labels: Tensor,
    pub log_scales: Tensor,
}

/// 1 where x + y is odd: `[B·h·w, 1]`.
fn checkerboard(b: i64, h: i64, w: i64, device: tch::Device) -> Tensor {
    let options = (Kind::Float, device);
    let sum = Tensor::arange(h, options).unsqueeze(1) + Tensor::arange(w, options).unsqueeze(0);
    sum.remainder(2.0)
        .view([1, h * w])
        .repeat([b, 1])
        .view([-1, 1])
}

/// The steps and networks of an architecture.
pub(crate) fn context_steps(params: &mut Params, a: &Architecture) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut start = 0;
    for (index, &(width, order)) in a.slices.iter().enumerate() {
        let end = start + width;
        let mut add = |parity: Parity, known: i64, name: &str| {
            let inputs = a.features + known;
            let net = Builder::new(params, &format!("context.{index}{name}"), 1.0, 1.0)
                .conv(1, inputs, a.context_width, false, 1.0)
                .depthwise(a.context_width, true)
                .conv(1, a.context_width, a.context_width, true, 1.0)
                .conv(1, a.context_width, 2 * width, false, 0.1)
                .build();
            steps.push(Step {
                start,
                end,
                parity,
                net,
                adaptation: a.adaptation,
            });
        };
        match order {
            Order::Once => add(Parity::All, start, ""),
            Order::Checkerboard => {
                add(Parity::Even, start, ".even");
                add(Parity::Odd, end, ".odd");
            }
        }
        start = end;
    }
    assert_eq!(start, a.latents, "slices must cover the latents");
    steps
}
