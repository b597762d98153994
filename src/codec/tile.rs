//! One tile: hyper-latents and coding steps, in the same order for encoder, decoder and salvage (SPEC.md section 10.2).

use super::adaptation::Adaptation;
use super::analysis::analyse_hyper;
use super::choice::Chooser;
use super::context::{clear_step, Context};
use super::correction::Correction;
use super::cut::Cut;
use super::expected::Expected;
use super::geometry::Tile;
use super::pair::{Ahead, LabelSource, LatentKind, PairIndex, Place, Prediction};
use super::predictor::Predictor;
use super::quantiser::Quantiser;
use super::search::Effort;
use super::session::Session;
use super::trellis::State;
use crate::entropy::{LabelDecoder, LabelEncoder};
use crate::model::networks::Step;
use crate::nn::{Rect, Tensor};
use crate::work::zeros;
use crate::{Error, Result};

/// A tile as an encoder makes it.
#[derive(Clone)]
pub(crate) struct CodedTile {
    /// One, or one per coding step. What says how many steps it holds is not in it.
    pub(crate) streams: Vec<Vec<u8>>,
    /// How many coding steps it holds.
    pub(crate) steps: usize,
    /// ŷ (Q3) as [`decode_tile`] will get them.
    pub(crate) latents: Tensor,
}

/// How many coding steps a tile holds, and its first stream without the byte that says so.
///
/// # Errors
/// [`crate::Error::Format`] if the model does not have so many.
pub(super) fn held_steps<'s>(session: &Session, stream: &'s [u8]) -> Result<(usize, &'s [u8])> {
    let all = session.model.networks.steps.len();
    if !session.tile_steps {
        return Ok((all, stream));
    }
    let Some((&steps, rest)) = stream.split_first() else {
        return Err(Error::Format(
            "a tile is empty, it must begin with its number of coding steps".into(),
        ));
    };
    let steps = usize::from(steps);
    if !(1..=all).contains(&steps) {
        return Err(Error::Format(format!(
            "a tile has {steps} coding steps, its model allows 1 to {all}"
        )));
    }
    Ok((steps, rest))
}

/// A tile's quantised latents ŷ (Q3) from its streams: one, or one per coding step. Only the first `steps` coding steps are decoded;
/// latents of later ones, and of those that the tile does not hold, are 0.
///
/// # Errors
/// [`crate::Error::Format`] if a stream is not what an encoder writes, [`crate::Error::Cancelled`].
pub(crate) fn decode_tile(
    session: &Session,
    tile: &Tile,
    streams: &[&[u8]],
    steps: usize,
) -> Result<Tensor> {
    let (held, first) = held_steps(session, streams[0])?;
    let mut reader = Reader::new(first, streams);
    let latents = code_tile(session, tile, steps.min(held), &mut reader)?;
    // What is left of a stream that was not read to its end is not wrong.
    if streams.len() > 1 || steps >= held {
        reader.decoder.finish()?;
    }
    Ok(latents)
}

/// The labels of a tile's latents, row by row, at each position those of all channels.
///
/// # Errors
/// Those of [`decode_tile`].
pub(crate) fn decode_labels(session: &Session, tile: &Tile, streams: &[&[u8]]) -> Result<Vec<i32>> {
    let channels = session.channels();
    let (held, first) = held_steps(session, streams[0])?;
    let mut recorder = Recorder {
        reader: Reader::new(first, streams),
        channels,
        labels: zeros("labels", tile.latents.area() * channels)?,
    };
    code_tile(session, tile, held, &mut recorder)?;
    recorder.reader.decoder.finish()?;
    Ok(recorder.labels)
}

/// A tile with latents `y` (Q3, the tile's window); `layers` is 1 or the number of coding steps. `slopes` receives by how many bits the streams grow
/// per unit of each latent. With one layer, and where an encoder weighs rates at all, the last steps are left out that are not worth their work.
///
/// # Errors
/// [`crate::Error::Cancelled`].
pub(crate) fn encode_tile(
    session: &Session,
    tile: &Tile,
    y: &Tensor,
    layers: u8,
    effort: Effort,
    slopes: Option<&mut [f32]>,
) -> Result<CodedTile> {
    let z = analyse_hyper(session, tile, y)?;
    let all = session.model.networks.steps.len();
    // The number has to fit a byte.
    let cuts = layers == 1 && all <= 255 && !matches!(effort, Effort::Nearest);
    let mut writer = Writer {
        chooser: Chooser::new(session, &z, y, effort),
        encoder: LabelEncoder::default(),
        done: Vec::new(),
        layered: layers > 1,
        steps: &session.model.networks.steps,
        cut: cuts.then(Cut::default),
        slopes,
    };
    let mut latents = code_tile(session, tile, all, &mut writer)?;
    let (left_out, encoder) = match writer.cut {
        Some(cut) => cut.choose(writer.encoder),
        None => (0, writer.encoder),
    };
    let steps = all - left_out;
    for step in &session.model.networks.steps[steps..] {
        clear_step(&mut latents, step);
    }
    let mut streams = writer.done;
    streams.push(encoder.finish());
    Ok(CodedTile {
        streams,
        steps,
        latents,
    })
}

struct Reader<'a> {
    decoder: LabelDecoder<'a>,
    streams: &'a [&'a [u8]],
}

impl<'a> Reader<'a> {
    /// `first`: the first of the streams, without what says how many coding steps it holds.
    fn new(first: &'a [u8], streams: &'a [&'a [u8]]) -> Self {
        Self {
            decoder: LabelDecoder::new(first),
            streams,
        }
    }
}

impl LabelSource for Reader<'_> {
    fn begin_step(&mut self, step: usize) -> Result<()> {
        if step == 0 || self.streams.len() == 1 {
            return Ok(());
        }
        std::mem::replace(&mut self.decoder, LabelDecoder::new(self.streams[step])).finish()
    }

    fn next_pair(
        &mut self,
        _: &Quantiser,
        _: PairIndex,
        p: &Prediction,
    ) -> Result<Option<[i32; 2]>> {
        p.read(&mut self.decoder).map(Some)
    }
}

/// A reader that keeps the labels of the latents.
struct Recorder<'a> {
    reader: Reader<'a>,
    channels: usize,
    labels: Vec<i32>,
}

impl LabelSource for Recorder<'_> {
    fn begin_step(&mut self, step: usize) -> Result<()> {
        self.reader.begin_step(step)
    }

    fn next_pair(
        &mut self,
        quantiser: &Quantiser,
        at: PairIndex,
        p: &Prediction,
    ) -> Result<Option<[i32; 2]>> {
        let labels = self.reader.next_pair(quantiser, at, p)?;
        if let (LatentKind::Latents, Some(labels)) = (at.kind, labels) {
            let first = at.position * self.channels + 2 * at.pair;
            self.labels[first..first + 2].copy_from_slice(&labels);
        }
        Ok(labels)
    }
}

struct Writer<'a> {
    chooser: Chooser<'a>,
    encoder: LabelEncoder,
    done: Vec<Vec<u8>>,
    layered: bool,
    steps: &'a [Step],
    /// Where steps may be left out.
    cut: Option<Cut>,
    /// Bits per unit of each of the latents.
    slopes: Option<&'a mut [f32]>,
}

impl LabelSource for Writer<'_> {
    fn begin_step(&mut self, step: usize) -> Result<()> {
        if step > 0 && self.layered {
            self.done.push(std::mem::take(&mut self.encoder).finish());
        }
        // The first one is never left out.
        if let (Some(cut), 1..) = (&mut self.cut, step) {
            cut.begin_step(self.steps[step].parity, &self.encoder);
        }
        Ok(())
    }

    fn begin_position(&mut self, ahead: &Ahead) {
        self.chooser.choose(ahead);
    }

    fn end_position(
        &mut self,
        quantiser: &Quantiser,
        done: &Expected,
        kind: LatentKind,
        position: usize,
    ) {
        if let (Some(cut), LatentKind::Latents) = (&mut self.cut, kind) {
            cut.end_position(quantiser, done, self.chooser.latents(kind, position));
        }
    }

    fn next_pair(
        &mut self,
        quantiser: &Quantiser,
        at: PairIndex,
        p: &Prediction,
    ) -> Result<Option<[i32; 2]>> {
        if let (LatentKind::Latents, Some(slopes)) = (at.kind, &mut self.slopes) {
            let first = at.position * quantiser.channels() + 2 * at.pair;
            let residual = self.chooser.residual(at.pair);
            slopes[first..][..2].copy_from_slice(&p.slopes(quantiser, at.pair, residual));
        }
        let labels = self.chooser.labels(at.pair);
        p.write(&mut self.encoder, labels);
        Ok(Some(labels))
    }
}

/// Codes the hyper-latents of a tile and its first `steps` coding steps, and returns its quantised latents.
///
/// # Errors
/// Those of `labels`, and [`crate::Error::Cancelled`].
pub(super) fn code_tile(
    session: &Session,
    tile: &Tile,
    steps: usize,
    labels: &mut impl LabelSource,
) -> Result<Tensor> {
    let hyper = code_hyper(session, tile, labels)?;
    let extent = Rect::of_size(tile.latents.width, tile.latents.height);
    let network = &session.model.networks.hyper_synthesis;
    let psi = session.run(network, extent, tile.hyper(), |window| hyper.window(window));
    let mut context = Context::new(session, &psi);
    for step in 0..steps {
        labels.begin_step(step)?;
        context.code_step(step, labels)?;
    }
    let mut latents = context.into_latents();
    latents.rect = tile.latents;
    Ok(latents)
}

/// n̂_z of the tile.
fn code_hyper(session: &Session, tile: &Tile, labels: &mut impl LabelSource) -> Result<Tensor> {
    let (model, quantiser) = (session.model, &session.z);
    let (width, height) = tile.hyper();
    let channels = quantiser.channels();
    let mut correction = Correction::new(&model.z, &model.tables, (width, height));
    let mut predictor = Predictor::none();
    let mut expected = Expected::default();
    let (means, scales) = (&model.z_mean, &model.z_log_scale);
    quantiser.expect(0, means, scales, Adaptation::NONE, &mut expected);
    let positions = width * height;
    let mut state = State::default();
    let mut normalised = Tensor::zeros(Rect::of_size(width, height), channels);
    for (position, values) in normalised.data.chunks_exact_mut(channels).enumerate() {
        let later = |n: usize, to: &mut Expected| {
            quantiser.expect(0, means, scales, Adaptation::NONE, to);
            (position + n < positions).then_some(position + n)
        };
        expected.code(
            quantiser,
            &mut predictor,
            &mut correction,
            Place::new(LatentKind::Hyper, position, &later),
            labels,
            &mut state,
        )?;
        quantiser.normalise(0, &expected.latents, values);
    }
    Ok(normalised)
}
