//! A tile drawn from the model's own distribution: every label as likely as its table says, given the labels before it.

use super::geometry::Tile;
use super::pair::{LabelSource, PairIndex, Prediction};
use super::quantiser::Quantiser;
use super::session::Session;
use super::tile::code_tile;
use crate::entropy::{LabelDecoder, LabelEncoder, LabelSampler};
use crate::Result;

/// The streams of a tile, one per layer: those of `kept` again, and for the rest, labels drawn by `random`, numbers of 16 bits that are equally
/// likely. `layers` is 1 or the number of coding steps.
///
/// # Errors
/// [`crate::Error::Format`] if a stream of `kept` is not what an encoder writes, [`crate::Error::Cancelled`].
pub(crate) fn sample_tile(
    session: &Session,
    tile: &Tile,
    kept: &[&[u8]],
    layers: u8,
    random: impl FnMut() -> u16 + Send,
) -> Result<Vec<Vec<u8>>> {
    let mut source = Source {
        kept,
        decoder: kept.first().map(|stream| LabelDecoder::new(stream)),
        sampler: LabelSampler::new(random),
        encoder: LabelEncoder::default(),
        done: Vec::new(),
        layered: layers > 1,
    };
    let steps = session.model.networks.steps.len();
    code_tile(session, tile, steps, &mut source)?;
    source.end_layer()?;
    Ok(source.done)
}

struct Source<'a, R> {
    kept: &'a [&'a [u8]],
    /// The stream of `kept` that is being read. `None`: labels are drawn.
    decoder: Option<LabelDecoder<'a>>,
    sampler: LabelSampler<R>,
    encoder: LabelEncoder,
    done: Vec<Vec<u8>>,
    layered: bool,
}

impl<R> Source<'_, R> {
    fn end_layer(&mut self) -> Result<()> {
        self.done.push(std::mem::take(&mut self.encoder).finish());
        self.decoder.take().map_or(Ok(()), LabelDecoder::finish)
    }
}

impl<R: FnMut() -> u16 + Send> LabelSource for Source<'_, R> {
    fn begin_step(&mut self, step: usize) -> Result<()> {
        if step > 0 && self.layered {
            self.end_layer()?;
            self.decoder = self.kept.get(step).map(|stream| LabelDecoder::new(stream));
        }
        Ok(())
    }

    fn next_pair(
        &mut self,
        _: &Quantiser,
        _: PairIndex,
        p: &Prediction,
    ) -> Result<Option<[i32; 2]>> {
        let labels = match &mut self.decoder {
            Some(decoder) => p.read(decoder)?,
            None => p.labels(|table| Ok(self.sampler.draw(table)))?,
        };
        p.write(&mut self.encoder, labels);
        Ok(Some(labels))
    }
}
