//! What the layers of the synthesis give, for whoever makes a model.

use super::renderer::{Rendered, Renderer};
use crate::codec::geometry::Geometry;
use crate::codec::session::Session;
use crate::nn::Tensor;
use crate::Result;

/// Values between the layers of the synthesis' networks in a part of a picture: of each, what it gets, then what each of its layers gives.
#[derive(Debug, Clone)]
pub struct SynthesisTrace {
    /// Of `synthesis_body`.
    pub body: Vec<Traced>,
    /// Of `synthesis_lift`.
    pub lift: Vec<Traced>,
    /// Of `renderer`.
    pub renderer: Vec<Traced>,
}

/// Values of a tensor.
#[derive(Debug, Clone)]
pub struct Traced {
    /// At each position.
    pub channels: usize,
    /// `[position][channel]`.
    pub values: Vec<i16>,
}

/// Of the latents `y` (ŷ, Q3) of a whole picture, part by part. Parts overlap by what networks reach.
///
/// # Errors
/// [`crate::Error::NoEncoder`] if the model has no encoder.
pub(crate) fn traces(
    session: &Session,
    geometry: &Geometry,
    y: &Tensor,
) -> Result<Vec<SynthesisTrace>> {
    let rendered = Renderer::new(session, geometry)?.render(y, y.rect);
    Ok(rendered.into_iter().map(SynthesisTrace::from).collect())
}

impl From<Rendered> for SynthesisTrace {
    fn from(rendered: Rendered) -> Self {
        let all = |tensors: Vec<Tensor>| tensors.into_iter().map(Traced::from).collect();
        Self {
            body: all(rendered.body),
            lift: all(rendered.lift),
            renderer: all(rendered.renderer),
        }
    }
}

impl From<Tensor> for Traced {
    fn from(tensor: Tensor) -> Self {
        Self {
            channels: tensor.channels,
            values: tensor.data,
        }
    }
}
