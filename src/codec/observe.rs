//! What becomes of what is expected: what the weights of a model's prediction are fitted to.

use super::expected::Expected;
use super::geometry::{Geometry, Tile};
use super::quantiser::Quantiser;
use super::rehearsal::{rehearse, Watch};
use super::session::Session;
use crate::model::Parity;
use crate::{Image, Result};

/// A coding step of a tile, as an encoder sees it. Numbers are in absolute units, `[position][channel]`, and relative to what was expected.
#[derive(Debug, Clone)]
pub struct ObservedStep {
    /// Which positions of the checkerboard it covers.
    pub parity: Parity,
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

impl ObservedStep {
    /// Of so many channels, at no position yet.
    #[must_use]
    pub fn new(parity: Parity, channels: usize) -> Self {
        Self {
            parity,
            channels,
            positions: Vec::new(),
            wanted: Vec::new(),
            coded: Vec::new(),
            spread: Vec::new(),
        }
    }
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
    let mut observer = Observer {
        session,
        width: tile.latents.width,
        steps: Vec::new(),
    };
    rehearse(session, geometry, image, tile, &mut observer)?;
    Ok(observer.steps)
}

struct Observer<'a> {
    session: &'a Session<'a>,
    width: usize,
    steps: Vec<ObservedStep>,
}

impl Watch for Observer<'_> {
    fn begin_step(&mut self, step: usize) {
        let step = &self.session.model.networks.steps[step];
        let observed = ObservedStep::new(step.parity, step.channels.len());
        self.steps.push(observed);
    }

    fn end_position(&mut self, q: &Quantiser, done: &Expected, wanted: &[i16], position: usize) {
        let step = self.steps.last_mut().expect("a step has begun");
        let place = [position % self.width, position / self.width].map(|at| at as i32);
        step.positions.push(place.into());
        for (index, &mean) in done.means.iter().enumerate() {
            let channel = done.first + index;
            // Absolute units in a 64th of a quantiser step.
            let unit = f32::from(q.step(channel)) / 16_384.0;
            let wanted = q.to_steps(channel, wanted[channel]) - i64::from(mean);
            step.wanted.push(wanted as f32 * unit);
            step.coded.push((done.values[index] - mean) as f32 * unit);
            let spread = q.spread(done.scales[index].into());
            step.spread
                .push(spread * done.adaptation.ratio() * 64.0 * unit);
        }
    }
}
