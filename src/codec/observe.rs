//! What becomes of what is expected: what the weights of a model's prediction are fitted to.

use super::analysis::{analyse, analyse_hyper};
use super::choose::Chooser;
use super::expected::Expected;
use super::geometry::{Geometry, Tile};
use super::pair::{Ahead, LabelSource, LatentKind, PairIndex, Prediction};
use super::quantiser::Quantiser;
use super::search::Effort;
use super::session::Session;
use super::tile::code_tile;
use crate::{Image, Result};

/// A coding step of a tile, as an encoder sees it. Numbers are in absolute units, `[position][channel]`, and relative to what was expected.
#[derive(Debug, Clone, Default)]
pub struct ObservedStep {
    /// Channels of the step.
    pub channels: usize,
    /// (x, y) within the tile, row by row.
    pub positions: Vec<(i32, i32)>,
    /// What was to be coded.
    pub wanted: Vec<f32>,
    /// What it has become.
    pub coded: Vec<f32>,
    /// σ of the labels' scales before they are corrected; 0 where a label is certainly 0.
    pub spread: Vec<f32>,
}

/// The coding steps of a tile of `image`.
///
/// # Errors
/// [`crate::Error::Cancelled`].
pub(crate) fn observe_tile(
    session: &Session,
    geometry: &Geometry,
    image: &Image,
    tile: &Tile,
) -> Result<Vec<ObservedStep>> {
    let y = analyse(session, geometry, image, tile.latents)?;
    let z = analyse_hyper(session, tile, &y)?;
    let mut observer = Observer {
        chooser: Chooser::new(&z, &y, Effort::Search, session.uniform_steps),
        width: tile.latents.width,
        steps: Vec::new(),
    };
    let steps = session.model.networks.steps.len();
    code_tile(session, tile, steps, &mut observer)?;
    Ok(observer.steps)
}

/// An encoder that writes nothing.
struct Observer<'a> {
    chooser: Chooser<'a>,
    width: usize,
    steps: Vec<ObservedStep>,
}

impl LabelSource for Observer<'_> {
    fn begin_step(&mut self, _: usize) -> Result<()> {
        self.steps.push(ObservedStep::default());
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
        let (LatentKind::Latents, Some(step)) = (kind, self.steps.last_mut()) else {
            return;
        };
        let place = [position % self.width, position / self.width].map(|at| at as i32);
        step.positions.push(place.into());
        step.channels = done.means.len();
        let latents = self.chooser.latents(kind, position);
        for (index, &mean) in done.means.iter().enumerate() {
            let channel = done.first + index;
            // Absolute units in a 64th of a quantiser step.
            let unit = f32::from(quantiser.step(channel)) / 16_384.0;
            let wanted = quantiser.to_steps(channel, latents[channel]) - i64::from(mean);
            step.wanted.push(wanted as f32 * unit);
            step.coded.push((done.values[index] - mean) as f32 * unit);
            let spread = quantiser.spread(done.scales[index].into());
            step.spread
                .push(spread * done.adaptation.ratio() * 64.0 * unit);
        }
    }

    fn next_pair(
        &mut self,
        _: &Quantiser,
        at: PairIndex,
        _: &Prediction,
    ) -> Result<Option<[i32; 2]>> {
        Ok(Some(self.chooser.labels(at.pair)))
    }
}
