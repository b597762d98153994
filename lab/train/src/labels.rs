//! Labels while networks are trained: sought by the quantiser that stands in for the codec's, or chosen by the codec's own encoder; and their rates.

use tch::Tensor;

use crate::network::Pass;
use crate::quantiser::{bits, label_bits, Mode, Quantised};

/// Where labels come from.
#[derive(Clone, Copy)]
pub(crate) enum Labels<'a> {
    /// The quantiser that stands in for the codec's.
    Sought(Mode),
    /// The codec's encoder.
    Chosen(&'a Chosen),
}

/// What the codec's encoder has made of the latents, `[N, C]`.
pub(crate) struct Chosen {
    /// In normalised units.
    pub latents: Tensor,
    /// What labels of other channels say of them, quantiser steps: it is added to what networks expect.
    pub said: Tensor,
    /// 1 where the label is 0, and latents are what is expected of them, whatever that becomes; 0 where they are kept.
    pub expected: Tensor,
}

impl Labels<'_> {
    /// How residuals are quantised. Where the codec has chosen the labels, nothing is looked for.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Sought(mode) => *mode,
            Self::Chosen(_) => Mode::Relaxed,
        }
    }

    /// What is added to the means of some channels.
    pub fn said(&self, cut: impl Fn(&Tensor) -> Tensor) -> Option<Tensor> {
        match self {
            Self::Sought(_) => None,
            Self::Chosen(chosen) => Some(cut(&chosen.said)),
        }
    }

    /// The latents of some channels in normalised units, of which a quantiser step is 2^`step_size`.
    pub fn settle(
        &self,
        cut: impl Fn(&Tensor) -> Tensor,
        quantised: &Quantised,
        mean: &Tensor,
        finer: &Tensor,
        step_size: &Tensor,
    ) -> Tensor {
        let unit = cut(step_size).exp2();
        match self {
            Self::Sought(_) => (&quantised.value / finer.exp2() + mean) * unit,
            Self::Chosen(chosen) => {
                // What their errors are worth is a part of `cost`.
                let expected = mean.detach() * unit;
                cut(&chosen.latents).lerp_tensor(&expected, &cut(&chosen.expected))
            }
        }
    }
}

/// Bits of labels, or for training those of the residuals with uniform noise.
pub(crate) fn rate(
    pass: &Pass,
    residual: &Tensor,
    labels: &Tensor,
    log_scale: &Tensor,
    mode: Mode,
) -> Tensor {
    match mode {
        Mode::Relaxed | Mode::Mixed => noisy(residual, log_scale),
        Mode::Hard | Mode::Nearest => label_bits(labels, log_scale, pass.costs),
    }
}

/// Bits of residuals with uniform noise.
fn noisy(residual: &Tensor, log_scale: &Tensor) -> Tensor {
    bits(&(residual + residual.rand_like() - 0.5), log_scale)
}

/// Bits of residuals `[N, C]` with uniform noise, whose gradient knows besides what errors are `worth`, `[C]` bits per squared quantiser step: the codec's
/// encoder leaves a label at 0 where that costs less, and all of the residual is error then. Most labels are 0, and latents are what is expected of them there; the
/// rate of noise does not mind where in a quantiser's cell that is.
///
/// Scales have the gradient of the rate alone, so that quantiser steps, which adapt to them, stay what they are.
pub(crate) fn cost(residual: &Tensor, log_scale: &Tensor, worth: &Tensor) -> Tensor {
    let known = log_scale.detach();
    let coded = noisy(residual, &known) + worth * CODED_ERROR;
    let zero = bits(&residual.zeros_like(), &known) + residual.square() * worth;
    // The less of both, but smooth within a fifth of a bit.
    let sharpness = std::f64::consts::LN_2 * 5.0;
    let less = (coded * -sharpness).logaddexp(&(zero * -sharpness)) / -sharpness;
    noisy(&residual.detach(), log_scale) + &less - less.detach()
}

/// Mean squared error of labels other than 0, in squared quantiser steps.
const CODED_ERROR: f64 = 0.07;

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    /// A certain 0 is drawn to 0 as squares are, one that is coded anyway by its rate alone; scales do not know of errors.
    #[test]
    fn errors_of_zeros_count_where_labels_are_zeros() {
        let _turn = crate::tests::deterministic();
        tch::manual_seed(5);
        let options = (Kind::Float, Device::Cpu);
        let gradients = |value: f64, scale: f64, worth: f64| {
            let residual = Tensor::full([4000, 1], value, options).set_requires_grad(true);
            let scales = Tensor::full([4000, 1], scale, options).set_requires_grad(true);
            cost(&residual, &scales, &Tensor::full([1], worth, options))
                .mean(Kind::Float)
                .backward();
            [residual, scales].map(|x| x.grad().sum(Kind::Float).double_value(&[]))
        };
        // Of squares, or nearly: coding it is not out of the question.
        let [certain, _] = gradients(0.1, -3.0, 9.0);
        let squares = 2.0 * 0.1 * 9.0;
        assert!((0.75..1.0).contains(&(certain / squares)), "{certain}");
        let [wide, at_nine] = gradients(7.0, 3.0, 9.0);
        assert!((0.1..0.4).contains(&wide), "{wide}");
        let [_, at_one] = gradients(7.0, 3.0, 1.0);
        assert!((at_nine - at_one).abs() < 0.02, "{at_nine}, {at_one}");
    }
}
