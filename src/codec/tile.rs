//! One tile: hyper-latents and coding steps, the same walk for encoder and decoder (SPEC.md section 10.2).

use super::analysis::analyse_hyper;
use super::geometry::Tile;
use super::levels::{Adaptation, Levels};
use super::scales::Correction;
use super::search::{best_labels, Effort, RateBias};
use crate::entropy::{LabelDecoder, LabelEncoder, LabelTable};
use crate::model::{Model, Parity};
use crate::nn::{Rect, Tensor};
use crate::Result;

/// Positions that a context network is run at together: bounds memory, does not change labels.
const POSITIONS: usize = 4096;

/// What the context model says of a group's two channels.
pub(super) struct Prediction<'m> {
    /// μ, Q6 quantiser steps.
    means: [i64; 2],
    /// `None`: the label is certainly 0.
    pub(super) tables: [Option<&'m LabelTable>; 2],
    /// Their numbers.
    indices: [Option<usize>; 2],
    adaptation: Adaptation,
}

impl Prediction<'_> {
    /// The group's labels from a stream.
    pub(super) fn read(&self, decoder: &mut LabelDecoder<'_>) -> Result<[i32; 2]> {
        let mut labels = [0; 2];
        for (label, table) in labels.iter_mut().zip(self.tables) {
            if let Some(table) = table {
                *label = decoder.decode(table)?;
            }
        }
        Ok(labels)
    }
}

/// Reads or chooses labels.
pub(super) trait Labels {
    /// A coding step begins (number 0 comes after the hyper-latents).
    fn begin_step(&mut self, step: usize) -> Result<()>;
    /// Labels of `group` of the hyper-latents or latents at a position, counted row by row; `None` if they are lost.
    fn group(
        &mut self,
        levels: &Levels,
        set: Set,
        position: usize,
        group: usize,
        p: &Prediction,
    ) -> Result<Option<[i32; 2]>>;
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Set {
    Hyper,
    Latents,
}

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

    fn group(
        &mut self,
        _: &Levels,
        _: Set,
        _: usize,
        _: usize,
        p: &Prediction,
    ) -> Result<Option<[i32; 2]>> {
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

    fn group(
        &mut self,
        levels: &Levels,
        set: Set,
        position: usize,
        group: usize,
        p: &Prediction,
    ) -> Result<Option<[i32; 2]>> {
        let set = usize::from(set == Set::Latents);
        let (tensor, bias) = (self.latents[set], &self.biases[set]);
        let at = position * tensor.channels + 2 * group;
        let residual = [0, 1].map(|d| {
            let value = levels.to_steps(2 * group + d, tensor.data[at + d]);
            p.adaptation.reduce(value - p.means[d])
        });
        let labels = best_labels(levels, self.effort, bias, group, residual, p.tables);
        for (label, table) in labels.into_iter().zip(p.tables) {
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
    let mut latents = context.latents;
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
            let p = predict(levels, &correction, group, Adaptation::NONE, |c| {
                (model.z_mean[c], model.z_log_scale[c])
            });
            let at = (Set::Hyper, position, group);
            let latents = reconstruct(levels, &mut correction, at, &p, labels)?;
            for d in 0..2 {
                values[2 * group + d] = levels.normalise(2 * group + d, latents[d]);
            }
        }
    }
    Ok(normalised)
}

fn predict<'m>(
    levels: &Levels,
    correction: &Correction<'m>,
    group: usize,
    adaptation: Adaptation,
    parameters: impl Fn(usize) -> (i16, i16),
) -> Prediction<'m> {
    let both = [2 * group, 2 * group + 1].map(|c| {
        let (mean, log_scale) = parameters(c);
        let table = correction.table(c, levels.table(c, log_scale, adaptation));
        (levels.mean(c, mean), table)
    });
    Prediction {
        means: both.map(|b| b.0),
        tables: both.map(|b| b.1.map(|t| t.1)),
        indices: both.map(|b| b.1.map(|t| t.0)),
        adaptation,
    }
}

/// Codes a group, learns from it, and returns its two latents ŷ.
fn reconstruct(
    levels: &Levels,
    correction: &mut Correction,
    (set, position, group): (Set, usize, usize),
    p: &Prediction,
    labels: &mut impl Labels,
) -> Result<[i16; 2]> {
    // What is lost is taken to be what was expected.
    let chosen = labels.group(levels, set, position, group, p)?;
    for (d, label) in chosen.into_iter().flatten().enumerate() {
        if let Some(index) = p.indices[d] {
            correction.learn(2 * group + d, index, label);
        }
    }
    let word = chosen.map_or([0; 2], |labels| levels.codeword(group, labels));
    Ok([0, 1].map(|d| {
        let value = p.means[d] + p.adaptation.expand(word[d].into());
        levels.dequantise(2 * group + d, value)
    }))
}

/// What is known of a tile while its steps are coded.
struct Context<'m> {
    model: &'m Model,
    levels: Levels<'m>,
    /// [ψ | n̂] per position, with a border of one zero position all around.
    features: Tensor,
    /// Channels of ψ.
    first: usize,
    /// ŷ, the tile's window at the origin.
    latents: Tensor,
    correction: Correction<'m>,
}

impl<'m> Context<'m> {
    fn new(model: &'m Model, levels: Levels<'m>, psi: &Tensor) -> Self {
        let Rect { width, height, .. } = psi.rect;
        let bordered = Rect {
            x: -1,
            y: -1,
            width: width + 2,
            height: height + 2,
        };
        let first = psi.channels;
        let mut features = Tensor::zeros(bordered, first + levels.channels());
        for y in 0..height as i32 {
            for x in 0..width as i32 {
                let to = features.offset(x, y);
                features.data[to..to + first].copy_from_slice(psi.row(y, x, x + 1));
            }
        }
        Self {
            latents: Tensor::zeros(psi.rect, levels.channels()),
            correction: Correction::new(&model.y, &model.tables),
            model,
            levels,
            features,
            first,
        }
    }

    fn code_step(&mut self, step: usize, quality: u16, labels: &mut impl Labels) -> Result<()> {
        let step = &self.model.networks.steps[step];
        let (start, end) = (step.channels.start, step.channels.end);
        let range = end - start;
        let covered = self.positions(step.parity);
        let (pixel, row) = (
            self.features.channels,
            self.features.rect.width * self.features.channels,
        );
        for covered in covered.chunks(POSITIONS) {
            let centres: Vec<u32> = covered
                .iter()
                .map(|&(x, y)| self.features.offset(x, y) as u32)
                .collect();
            let output = step
                .network
                .run_at(&self.features.data, (pixel, row), &centres, quality);
            for (parameters, &(x, y)) in output.chunks_exact(2 * range).zip(covered) {
                let position = y as usize * self.latents.rect.width + x as usize;
                let log_scales = &parameters[range..];
                let adaptation = Adaptation::new(log_scales, step.activity, step.adaptation);
                self.correction.begin_position();
                for group in start / 2..end / 2 {
                    let p = predict(&self.levels, &self.correction, group, adaptation, |c| {
                        (parameters[c - start], log_scales[c - start])
                    });
                    let at = (Set::Latents, position, group);
                    let latents = reconstruct(&self.levels, &mut self.correction, at, &p, labels)?;
                    self.latents.data[position * self.levels.channels() + 2 * group..][..2]
                        .copy_from_slice(&latents);
                }
            }
        }
        // Only now: no position of a step sees another one of the same step.
        for (x, y) in covered {
            let to = self.features.offset(x, y) + self.first;
            let from = self.latents.offset(x, y);
            for c in start..end {
                self.features.data[to + c] = self.levels.normalise(c, self.latents.data[from + c]);
            }
        }
        Ok(())
    }

    /// Positions of the tile that a step covers, row by row.
    fn positions(&self, parity: Parity) -> Vec<(i32, i32)> {
        let Rect { width, height, .. } = self.latents.rect;
        let all = (0..height as i32).flat_map(|y| (0..width as i32).map(move |x| (x, y)));
        all.filter(|(x, y)| match parity {
            Parity::All => true,
            Parity::Even => (x + y) % 2 == 0,
            Parity::Odd => (x + y) % 2 == 1,
        })
        .collect()
    }
}
