//! What happens inside the synthesis, for whoever makes a model.

use crate::codec::{traces, Geometry, SynthesisTrace};
use crate::model::Model;
use crate::nn::{Rect, Tensor};
use crate::{Decoder, Encoder, Image, Result};

/// What the synthesis' layers give for `image`, from a file of `model` at a `quality` of 0 to 100.
///
/// # Errors
/// Those of encoding; [`crate::Error::NoEncoder`] if the model has no encoder.
pub fn synthesis_traces(model: &Model, image: &Image, quality: f32) -> Result<Vec<SynthesisTrace>> {
    let bytes = Encoder::new(model).quality(quality)?.encode(image)?;
    let picture = Decoder::new(model).open(&bytes)?;
    let latents = picture.latents()?;
    let y = Tensor {
        rect: Rect::of_size(latents.width, latents.height),
        channels: latents.channels,
        data: latents.values,
    };
    traces(&picture.session(), &Geometry::new(picture.header()), &y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Color;

    #[test]
    fn traces_are_of_all_layers_and_all_channels() {
        let model = Model::embedded().unwrap();
        let samples = (0..96 * 64 * 3).map(|i| (i * i / 777 + i % 3 * 40) as u8);
        let image = Image::new(96, 64, Color::Rgb, samples.collect()).unwrap();
        let traces = synthesis_traces(model, &image, 50.0).unwrap();
        assert_eq!(traces.len(), 1);
        let file = model.loaded().file().unwrap();
        for (trace, network) in [
            (&traces[0].body, &file.synthesis_body),
            (&traces[0].lift, &file.synthesis_lift),
            (&traces[0].renderer, &file.renderer),
        ] {
            assert_eq!(trace.len(), network.layers.len() + 1);
            assert_eq!(trace[0].channels, usize::from(network.inputs));
            for layer in trace {
                assert_eq!(layer.values.len() % layer.channels, 0);
                assert!(layer.values.iter().any(|&value| value != 0));
            }
        }
        let patches = traces[0].renderer.last().unwrap();
        assert_eq!(patches.values.len(), 96 * 64 * 3);
    }
}
