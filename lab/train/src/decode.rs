//! The decoder's half of the model, on latents that the codec's own encoder has coded.

use tch::{Kind, Tensor};

use crate::context::{code_latents, flat, planes};
use crate::labels::{Chosen, Labels};
use crate::model::{per_pixel, FloatModel};
use crate::network::{knot_weights, Pass};
use crate::settled::Settled;

/// Result of a pass over latents that are coded already.
pub(crate) struct Decoded {
    /// `[B]` bits per pixel, those of the hyper-latents left out.
    pub bpp: Tensor,
    /// See [`crate::model::Forward::picture`].
    pub picture: Tensor,
    /// See [`crate::model::Forward::linear`].
    pub linear: Tensor,
}

impl FloatModel {
    /// What decoders make of coded latents at qualities `t` (`[B]`, 0–1), and what these cost, by the rate of noise.
    pub fn decode(&self, latents: &Settled, t: &Tensor, kind: Kind) -> Decoded {
        let pass = Pass {
            params: &self.params,
            knots: knot_weights(t),
            kind,
            peaks: None,
            costs: None,
        };
        let psi = self.hyper_synthesis.forward(&pass, &latents.hyper);
        let (b, _, h, w) = latents.coded.size4().expect("4 dimensions");
        let std = self.params.get(self.y.std).detach().view([1, -1, 1, 1]);
        let normalised = &latents.coded / &std;
        let coded = code_latents(
            &pass,
            &self.y,
            &self.steps,
            &flat(&latents.wanted),
            &psi.to_kind(kind),
            (b, h, w),
            Labels::Chosen(&Chosen {
                latents: flat(&normalised),
                said: flat(&latents.said),
                expected: flat(&latents.expected),
            }),
        );
        let normalised = planes(&coded.normalised, b, h, w);
        let (picture, linear) = self.synthesise(&pass, &(&normalised * std), &normalised);
        Decoded {
            bpp: per_pixel(&coded.bits, b, 256 * h * w),
            picture,
            linear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{import, Start};
    use crate::settled::Coder;
    use crate::tests::{deterministic, options, photos, recipe};
    use crate::{data, export, train, validate::whole, ExportOptions, Recipe};
    use tch::Device;

    /// A picture gets better and takes fewer bits while its decoder is trained on it.
    #[test]
    fn a_decoder_learns_a_picture() {
        let _turn = deterministic();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        photos(folder, 2);
        let file = folder.join("tiny.vqzm");
        export(&ExportOptions {
            checkpoint: train(&options(folder, "run", recipe())).unwrap(),
            out: file.clone(),
            kept: None,
            name: "test".into(),
            data: folder.to_path_buf(),
            calibration: folder.to_path_buf(),
            calibration_photos: 2,
            quiet: true,
        })
        .unwrap();
        let recipe = Recipe {
            muon: false,
            ..recipe()
        };
        let (c, cpu) = (recipe.architecture.latents, Device::Cpu);
        let empty = Tensor::zeros([c, 768], (Kind::Float, cpu));
        let std = Tensor::ones([c], (Kind::Float, cpu));
        let lambda = |t: f64| recipe.lambda(t);
        let mut model = FloatModel::new(&recipe.architecture, &empty, &std, lambda, cpu);
        let start = Start {
            model: file.clone(),
            recipe: None,
        };
        import(&mut model, &start, &recipe).unwrap();
        model.freeze_encoder();
        let x = whole(&data::load_folder(folder, 64).unwrap()[0]).unwrap();
        let settled = Coder::load(&file).unwrap().settle(&x, &[0.6]).unwrap();
        let t = Tensor::from_slice(&[0.6f32]);
        let measure = |model: &FloatModel| {
            tch::manual_seed(2);
            let out = model.decode(&settled, &t, Kind::Float);
            (
                out.bpp.sum(Kind::Float),
                (out.picture - &x).square().mean(Kind::Float),
            )
        };
        let values = |(rate, error): &(Tensor, Tensor)| [rate, error].map(|v| v.double_value(&[]));
        let begun = values(&measure(&model));
        for step in 0..40 {
            model.params.zero_grad();
            let (rate, error) = measure(&model);
            (rate + error * recipe.lambda(0.6)).backward();
            model.params.update(1e-3, step, &recipe);
        }
        let ended = values(&measure(&model));
        assert!(
            ended[0] < 0.97 * begun[0] && ended[1] < 0.97 * begun[1],
            "{begun:?} → {ended:?}"
        );
    }
}
