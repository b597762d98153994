//! The frozen model whose files are rendered.

use std::path::Path;

use anyhow::{Context as _, Result};
use tch::{Device, Kind, Tensor};
use vqz::Model;

use crate::config::Recipe;
use crate::files::read_model;
use crate::import::{import, Start};
use crate::model::{FloatModel, Instruments};
use crate::network::unshuffle;
use crate::quantiser::Mode;
use crate::tables::{costs, logistic};

/// A model file, in floating point and as it is.
pub(super) struct Base {
    pub float: FloatModel,
    pub model: Model,
    pub recipe: Recipe,
    /// Bits of the trainer's labels. The file's tables are for those of the codec's own quantiser.
    costs: Tensor,
}

/// What decoders have of a batch of pictures, without gradients.
pub(super) struct Decoded {
    /// n̂, `[B, C, H/16, W/16]`.
    pub normalised: Tensor,
    /// The linear part as patches, pixels − 128, `[B, 48, H/4, W/4]`.
    pub patches: Tensor,
    /// The same as a picture, `[B, 3, H, W]`.
    pub linear: Tensor,
    /// The faithful rendering, pixels − 128, `[B, 3, H, W]`.
    pub faithful: Tensor,
}

impl Base {
    /// # Errors
    /// Unreadable or invalid file, another architecture than the recipe's.
    pub fn load(path: &Path, recipe: Recipe, device: Device) -> Result<Self> {
        let name = path.display();
        let bytes = read_model(path)?;
        let model = Model::from_bytes(&bytes).with_context(|| name.to_string())?;
        let latents = recipe.architecture.latents;
        let options = (Kind::Float, Device::Cpu);
        let components = Tensor::zeros([latents, 768], options);
        let std = Tensor::ones([latents], options);
        let mut float = FloatModel::new(
            &recipe.architecture,
            &components,
            &std,
            |t| recipe.lambda(t),
            device,
        );
        let start = Start {
            model: path.to_path_buf(),
            recipe: None,
        };
        import(&mut float, &start, &recipe)?;
        Ok(Self {
            float,
            model,
            recipe,
            costs: costs(&logistic()).to_device(device),
        })
    }

    /// The model's whole digest.
    pub fn digest_hex(&self) -> String {
        let bytes = self.model.digest().0;
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn device(&self) -> Device {
        self.float.params.device()
    }

    /// Through the trainer's search for labels and back, at qualities `t` (`[B]`, 0–1).
    pub fn decode(&self, x: &Tensor, t: &Tensor) -> Decoded {
        let instruments = Instruments {
            costs: Some(&self.costs),
            ..Instruments::default()
        };
        let out = tch::no_grad(|| {
            self.float
                .forward_with(x, t, Mode::Hard, Kind::Float, &instruments)
        });
        Decoded {
            normalised: out.normalised,
            patches: unshuffle(&out.linear, 4),
            linear: out.linear,
            faithful: out.picture,
        }
    }
}
