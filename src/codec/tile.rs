//! One tile: hyper-latents and coding steps, in the same order for encoder, decoder and salvage (SPEC.md section 10.2).

use super::adaptation::Adaptation;
use super::analysis::analyse_hyper;
use super::choose::Chooser;
use super::context::Context;
use super::correction::Correction;
use super::expected::Expected;
use super::geometry::Tile;
use super::pair::{Ahead, LabelSource, LatentKind, PairIndex, Prediction};
use super::quantiser::Quantiser;
use super::search::Effort;
use super::session::Session;
use super::trellis::State;
use crate::entropy::{LabelDecoder, LabelEncoder};
use crate::nn::{Rect, Tensor};
use crate::work::zeros;
use crate::Result;

/// A tile's quantised latents ŷ (Q3) from its streams: one, or one per coding step. Only the first `steps` coding steps are decoded;
/// latents of later ones are 0.
///
/// # Errors
/// [`crate::Error::Format`] if a stream is not what an encoder writes, [`crate::Error::Cancelled`].
pub(crate) fn decode_tile(
    session: &Session,
    tile: &Tile,
    streams: &[&[u8]],
    steps: usize,
) -> Result<Tensor> {
    let mut reader = Reader::new(streams);
    let latents = code_tile(session, tile, steps, &mut reader)?;
    // What is left of a stream that was not read to its end is not wrong.
    if streams.len() > 1 || steps == session.model.networks.steps.len() {
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
    let mut recorder = Recorder {
        reader: Reader::new(streams),
        channels,
        labels: zeros("labels", tile.latents.area() * channels)?,
    };
    let steps = session.model.networks.steps.len();
    code_tile(session, tile, steps, &mut recorder)?;
    recorder.reader.decoder.finish()?;
    Ok(recorder.labels)
}

/// The streams of a tile with latents `y` (Q3, the tile's window), and the quantised latents ŷ that [`decode_tile`] will get from
/// them; `layers` is 1 or the number of coding steps. `slopes` receives by how many bits the streams grow per unit of each latent.
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
) -> Result<(Vec<Vec<u8>>, Tensor)> {
    let z = analyse_hyper(session, tile, y)?;
    let mut writer = Writer {
        chooser: Chooser::new(&z, y, effort, session.uniform_steps),
        encoder: LabelEncoder::default(),
        done: Vec::new(),
        layered: layers > 1,
        slopes,
    };
    let steps = session.model.networks.steps.len();
    let latents = code_tile(session, tile, steps, &mut writer)?;
    writer.done.push(writer.encoder.finish());
    Ok((writer.done, latents))
}

struct Reader<'a> {
    decoder: LabelDecoder<'a>,
    streams: &'a [&'a [u8]],
}

impl<'a> Reader<'a> {
    fn new(streams: &'a [&'a [u8]]) -> Self {
        Self {
            decoder: LabelDecoder::new(streams[0]),
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
    /// Bits per unit of each of the latents.
    slopes: Option<&'a mut [f32]>,
}

impl LabelSource for Writer<'_> {
    fn begin_step(&mut self, step: usize) -> Result<()> {
        if step > 0 && self.layered {
            self.done.push(std::mem::take(&mut self.encoder).finish());
        }
        Ok(())
    }

    fn begin_position(&mut self, ahead: &Ahead) {
        self.chooser.choose(ahead);
    }

    fn next_pair(
        &mut self,
        quantiser: &Quantiser,
        at: PairIndex,
        p: &Prediction,
    ) -> Result<Option<[i32; 2]>> {
        if let (LatentKind::Latents, Some(slopes)) = (at.kind, &mut self.slopes) {
            let first = at.position * quantiser.channels() + 2 * at.pair;
            let residual = self.chooser.residual(quantiser, at, p);
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
    let mut correction = Correction::new(&model.z, &model.tables);
    let mut expected = Expected::default();
    let (means, scales) = (&model.z_mean, &model.z_log_scale);
    quantiser.expect(0, means, scales, Adaptation::NONE, &mut expected);
    let mut state = State::default();
    let mut normalised = Tensor::zeros(Rect::of_size(width, height), channels);
    for (position, values) in normalised.data.chunks_exact_mut(channels).enumerate() {
        quantiser.expect_rest(&mut expected);
        let at = (LatentKind::Hyper, position);
        expected.code(quantiser, &mut correction, at, labels, &mut state)?;
        quantiser.normalise(0, &expected.latents, values);
    }
    Ok(normalised)
}
