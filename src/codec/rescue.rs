//! One tile from what is left of its streams: the layers up to the first loss, and what the context model expects for the rest.

use super::geometry::Tile;
use super::pair::{LabelSource, PairIndex, Prediction};
use super::quantiser::Quantiser;
use super::session::Session;
use super::tile::{code_tile, held_steps};
use crate::container::Stream;
use crate::entropy::LabelDecoder;
use crate::nn::Tensor;
use crate::Result;

/// What could be saved of a tile.
pub(crate) struct Rescued {
    /// ŷ (Q3).
    pub(crate) latents: Tensor,
    /// How many layers are there from beginning to end.
    pub(crate) layers: usize,
    /// Whether the beginning of the next one is there too.
    pub(crate) partial: bool,
}

/// A tile's latents from its streams up to the first one that is lost; `layers` is the number there should be. Only the first `steps`
/// coding steps count.
///
/// # Errors
/// [`crate::Error::Cancelled`]; losses are none.
pub(crate) fn rescue_tile(
    session: &Session,
    tile: &Tile,
    streams: &[Stream<'_>],
    layers: usize,
    steps: usize,
) -> Result<Rescued> {
    let mut streams = streams.to_vec();
    let held = streams.first_mut().and_then(|first| {
        let (held, bytes) = held_steps(session, first.bytes).ok()?;
        first.bytes = bytes;
        Some(held)
    });
    // Where the number of steps is lost, so is the tile.
    if held.is_none() {
        streams.clear();
    }
    let steps = held.map_or(steps, |held| held.min(steps));
    let mut rescuer = Rescuer {
        streams: &streams,
        current: None,
        layered: layers > 1,
        begun: false,
        whole: 0,
        partial: false,
    };
    rescuer.open(0);
    let latents = code_tile(session, tile, steps, &mut rescuer)?;
    rescuer.close();
    Ok(Rescued {
        latents,
        layers: rescuer.whole,
        partial: rescuer.partial,
    })
}

struct Rescuer<'a> {
    streams: &'a [Stream<'a>],
    /// The stream being read. `None`: everything from here on is lost, for a layer cannot be read without those before it.
    current: Option<(LabelDecoder<'a>, Stream<'a>)>,
    layered: bool,
    /// Something of the current stream has been read.
    begun: bool,
    whole: usize,
    partial: bool,
}

impl Rescuer<'_> {
    fn open(&mut self, layer: usize) {
        self.begun = false;
        self.current = self.streams.get(layer).and_then(|&stream| {
            let decoder = if stream.checked {
                LabelDecoder::new(stream.bytes)
            } else {
                LabelDecoder::of_beginning(stream.bytes)?
            };
            Some((decoder, stream))
        });
    }

    /// All labels of the current stream have been read. Returns whether it was there.
    fn close(&mut self) -> bool {
        let Some((decoder, stream)) = self.current.take() else {
            return false;
        };
        // What nothing vouches for may be wrong to its last label.
        let whole = stream.checked && decoder.finish().is_ok();
        self.whole += usize::from(whole);
        self.partial |= !whole;
        whole
    }
}

impl LabelSource for Rescuer<'_> {
    fn begin_step(&mut self, step: usize) -> Result<()> {
        if step > 0 && self.layered && self.close() {
            self.open(step);
        }
        Ok(())
    }

    fn next_pair(
        &mut self,
        _: &Quantiser,
        _: PairIndex,
        p: &Prediction,
    ) -> Result<Option<[i32; 2]>> {
        let Some((decoder, _)) = &mut self.current else {
            return Ok(None);
        };
        let labels = p.read(decoder).ok();
        match labels {
            Some(_) => self.begun = true,
            None => {
                self.current = None;
                self.partial = self.begun;
            }
        }
        Ok(labels)
    }
}
