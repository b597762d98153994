//! The autoencoder: pictures to latent vectors and back, with the codebooks between them.

use tch::{Device, Kind, Tensor};

use super::codebook::{Codebooks, Quantised};
use super::recipe::SmallRecipe;
use crate::network::{Builder, Net, Pass};
use crate::params::Params;

/// See the module. Pictures are `[B, channels, H, W]`, from 0 to 1.
pub(crate) struct SmallModel {
    pub params: Params,
    pub codebooks: Codebooks,
    encoder: Net,
    decoder: Net,
    /// Latent positions in a column and in a row.
    pub grid: (i64, i64),
    dimension: i64,
}

/// What pictures a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Shape {
    pub width: usize,
    pub height: usize,
    pub channels: usize,
}

impl SmallModel {
    pub fn new(recipe: &SmallRecipe, shape: Shape, device: Device) -> Self {
        let mut params = Params::new(device);
        let p = &mut params;
        let (c, w) = (shape.channels as i64, recipe.width);
        let latent = recipe.codebooks * recipe.dimension;
        let mut encoder = Builder::new(p, "encoder", 2.0, 1.0)
            .unshuffle(2)
            .conv(3, 4 * c, w / 2, true, 1.0)
            .unshuffle(2)
            .conv(3, 2 * w, w, true, 1.0);
        if recipe.stride == 8 {
            encoder = encoder.unshuffle(2).conv(1, 4 * w, w, true, 1.0);
        }
        let encoder = encoder
            .residual(w, recipe.blocks)
            .conv(1, w, latent, false, 1.0)
            .build();
        let mut decoder = Builder::new(p, "decoder", 1.0, 1.0)
            .conv(3, latent, w, true, 1.0)
            .residual(w, recipe.blocks);
        if recipe.stride == 8 {
            decoder = decoder.conv(1, w, 4 * w, true, 1.0).shuffle(2);
        }
        let decoder = decoder
            .conv(3, w, 2 * w, true, 1.0)
            .shuffle(2)
            .conv(3, w / 2, 4 * c, false, 0.3)
            .shuffle(2)
            .build();
        let codebooks = Codebooks::new(p, recipe);
        Self {
            params,
            codebooks,
            encoder,
            decoder,
            grid: (
                shape.height as i64 / recipe.stride,
                shape.width as i64 / recipe.stride,
            ),
            dimension: recipe.dimension,
        }
    }

    fn pass(&self) -> Pass<'_> {
        Pass {
            params: &self.params,
            // No network here depends on a quality.
            knots: Tensor::new(),
            kind: Kind::Float,
            peaks: None,
            costs: None,
        }
    }

    /// Latent vectors `[B · positions, G, d]`, picture by picture, row by row.
    pub fn encode(&self, pictures: &Tensor) -> Tensor {
        let (g, _) = self.codebooks.size();
        self.encoder
            .forward(&self.pass(), pictures)
            .permute([0, 2, 3, 1])
            .reshape([-1, g, self.dimension])
    }

    /// The inverse, to pictures; `rows` and `columns` of latent positions.
    pub fn decode_grid(&self, vectors: &Tensor, (rows, columns): (i64, i64)) -> Tensor {
        let planes = vectors
            .reshape([-1, rows, columns, vectors.size()[1] * self.dimension])
            .permute([0, 3, 1, 2]);
        self.decoder.forward(&self.pass(), &planes)
    }

    pub fn decode(&self, vectors: &Tensor) -> Tensor {
        self.decode_grid(vectors, self.grid)
    }

    /// Pictures through codebooks, or with `quantised` false past them.
    pub fn forward(
        &self,
        pictures: &Tensor,
        quantised: bool,
    ) -> (Tensor, Tensor, Option<Quantised>) {
        let vectors = self.encode(pictures);
        let out = quantised.then(|| self.codebooks.quantise(&self.params, &vectors));
        let value = out.as_ref().map_or(&vectors, |out| &out.value);
        (self.decode(value), vectors, out)
    }

    /// Indices of pictures, `[B, positions, G]`.
    pub fn indices(&self, pictures: &Tensor) -> Tensor {
        tch::no_grad(|| {
            let vectors = self.encode(pictures);
            let indices = self.codebooks.nearest(&self.params, &vectors);
            indices.view([pictures.size()[0], self.grid.0 * self.grid.1, -1])
        })
    }

    /// Pictures of indices `[B, positions, G]`.
    pub fn pictures(&self, indices: &Tensor) -> Tensor {
        tch::no_grad(|| {
            let (_, _, g) = indices.size3().expect("3 dimensions");
            let flat = indices.reshape([-1, g]);
            self.decode(&self.codebooks.look_up(&self.params, &flat))
        })
    }
}
