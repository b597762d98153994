//! One tile: hyper-latents and coding steps, the same walk for encoder and decoder (SPEC.md section 10.2).

use super::analysis::analyse_hyper;
use super::context::Context;
use super::geometry::Tile;
use super::group::{Labels, Place, Prediction, Set};
use super::levels::{Adaptation, Levels};
use super::scales::Correction;
use super::search::{best_labels, Effort, RateBias};
use crate::entropy::{LabelDecoder, LabelEncoder};
use crate::model::Model;
use crate::nn::{Rect, Tensor};
use crate::Result;

/// A tile's quantised latents ŷ (Q3) from its streams: one, or one per coding step.
///
/// # Errors
/// [`crate::Error::Format`] if a stream is not what an encoder writes.
pub(crate) fn decode_tile(
    model: &Model,
    quality: u16,
    tile: &Tile,
    streams: &[&[u8]],
) -> Result<Tensor> {
    let mut reader = Reader {
        decoder: LabelDecoder::new(streams[0]),
        streams,
    };
    let latents = walk(model, quality, tile, &mut reader)?;
    reader.decoder.finish()?;
    Ok(latents)
}

/// The streams of a tile with latents `y` (Q3, the tile's window), and the quantised latents ŷ that [`decode_tile`] will get from
/// them; `layers` is 1 or the number of coding steps.
pub(crate) fn encode_tile(
    model: &Model,
    quality: u16,
    tile: &Tile,
    y: &Tensor,
    layers: u8,
    effort: Effort,
) -> (Vec<Vec<u8>>, Tensor) {
    let z = analyse_hyper(model, quality, tile, y);
    let mut writer = Writer {
        latents: [&z, y],
        biases: [RateBias::flat(z.channels), RateBias::rising(y.channels)],
        encoder: LabelEncoder::default(),
        done: Vec::new(),
        layered: layers > 1,
        effort,
    };
    let latents = walk(model, quality, tile, &mut writer).expect("writing labels does not fail");
    writer.done.push(writer.encoder.finish());
    (writer.done, latents)
}

struct Reader<'a> {
    decoder: LabelDecoder<'a>,
    streams: &'a [&'a [u8]],
}

impl Labels for Reader<'_> {
    fn begin_step(&mut self, step: usize) -> Result<()> {
        if step == 0 || self.streams.len() == 1 {
            return Ok(());
        }
        std::mem::replace(&mut self.decoder, LabelDecoder::new(self.streams[step])).finish()
    }

    fn group(&mut self, _: &Levels, _: Place, p: &Prediction) -> Result<Option<[i32; 2]>> {
        p.read(&mut self.decoder).map(Some)
    }
}

struct Writer<'a> {
    /// z and y, unquantised.
    latents: [&'a Tensor; 2],
    /// Of the same two.
    biases: [RateBias; 2],
    encoder: LabelEncoder,
    done: Vec<Vec<u8>>,
    layered: bool,
    effort: Effort,
}

impl Labels for Writer<'_> {
    fn begin_step(&mut self, step: usize) -> Result<()> {
        if step > 0 && self.layered {
            self.done.push(std::mem::take(&mut self.encoder).finish());
        }
        Ok(())
    }

    fn group(&mut self, levels: &Levels, at: Place, p: &Prediction) -> Result<Option<[i32; 2]>> {
        let set = usize::from(at.set == Set::Latents);
        let (tensor, bias) = (self.latents[set], &self.biases[set]);
        let first = at.position * tensor.channels + 2 * at.group;
        let values = [0, 1].map(|d| levels.to_steps(2 * at.group + d, tensor.data[first + d]));
        let (residual, tables) = (p.residual(values), p.tables());
        let labels = best_labels(levels, self.effort, bias, at.group, residual, tables);
        for (label, table) in labels.into_iter().zip(tables) {
            if let Some(table) = table {
                self.encoder.encode(table, label);
            }
        }
        Ok(Some(labels))
    }
}

/// Codes a tile and returns its quantised latents.
pub(super) fn walk(
    model: &Model,
    quality: u16,
    tile: &Tile,
    labels: &mut impl Labels,
) -> Result<Tensor> {
    let levels = |block| Levels::new(block, quality, model.scale_min, model.tables.len());
    let hyper = code_hyper(model, &levels(&model.z), tile, labels)?;
    let extent = Rect::of_size(tile.latents.width, tile.latents.height);
    let psi = model
        .networks
        .hyper_synthesis
        .run(extent, tile.hyper(), quality, |window| hyper.window(window));
    let mut context = Context::new(model, levels(&model.y), &psi);
    for step in 0..model.networks.steps.len() {
        labels.begin_step(step)?;
        context.code_step(step, quality, labels)?;
    }
    let mut latents = context.into_latents();
    latents.rect = tile.latents;
    Ok(latents)
}

/// n̂_z of the tile.
fn code_hyper(
    model: &Model,
    levels: &Levels,
    tile: &Tile,
    labels: &mut impl Labels,
) -> Result<Tensor> {
    let (width, height) = tile.hyper();
    let channels = levels.channels();
    let mut correction = Correction::new(&model.z, &model.tables);
    let mut normalised = Tensor::zeros(Rect::of_size(width, height), channels);
    for (position, values) in normalised.data.chunks_exact_mut(channels).enumerate() {
        correction.begin_position();
        for group in 0..channels / 2 {
            let parameters =
                [2 * group, 2 * group + 1].map(|c| (model.z_mean[c], model.z_log_scale[c]));
            let p = Prediction::new(levels, &correction, group, Adaptation::NONE, parameters);
            let at = Place {
                set: Set::Hyper,
                position,
                group,
            };
            let chosen = labels.group(levels, at, &p)?;
            let latents = p.reconstruct(levels, &mut correction, group, chosen);
            for d in 0..2 {
                values[2 * group + d] = levels.normalise(2 * group + d, latents[d]);
            }
        }
    }
    Ok(normalised)
}
