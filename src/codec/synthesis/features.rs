//! What the renderer sees of the latents, band by band of a window from the top down: it is several times as large as they are, and what the renderer is not
//! at does not have to be there.

use super::bands::Bands;
use super::PATCH;
use crate::codec::geometry::STRIDE;
use crate::codec::session::Session;
use crate::nn::{PreparedNetwork, Rect, Staged, Tensor};

/// Body and linear part of a window, at the resolution of patches.
pub(super) struct Features<'f> {
    session: &'f Session<'f>,
    /// Extent of the picture's latents.
    extent: (usize, usize),
    /// Latents ŷ, Q3.
    y: &'f Tensor,
    network: &'f PreparedNetwork,
    /// The body up to where it changes to the resolution of patches.
    deep: Staged<'f>,
    /// What the renderer sees for the window, and what the lift sees for that.
    windows: [Rect; 2],
    /// The body's features.
    pub(super) body: Bands,
    /// Patches of the linear part, Q4.
    pub(super) linear: Bands,
}

impl<'f> Features<'f> {
    /// Begins with what the renderer and the lift see for a window of patches, by a linear network and a body that read the same channels of the latents `y` (Q3);
    /// the picture has latents of that `extent`.
    pub(super) fn begin(
        session: &'f Session<'f>,
        (network, body): (&'f PreparedNetwork, &'f PreparedNetwork),
        extent: (usize, usize),
        windows: [Rect; 2],
        y: &'f Tensor,
    ) -> Self {
        let channels = body.facts().inputs;
        let deep = session.run_to_upsampling(body, windows[0], extent, |rect| {
            let latents = session.scratch.first_channels(y, rect, channels);
            session.y.normalise_all(latents)
        });
        Self {
            session,
            extent,
            y,
            network,
            deep,
            windows,
            body: Bands::default(),
            linear: Bands::default(),
        }
    }

    /// Goes on to all of what a part of the window needs, which is not above the parts before it, and lets go of what is above that. `needed` is what renderer and
    /// lift see for the part.
    pub(super) fn advance(&mut self, needed: [Rect; 2]) {
        let (session, scratch) = (self.session, &self.session.scratch);
        let [seen, lifted] = [0, 1].map(|i| self.band(i, needed[i].bottom()));
        let channels = self.network.facts().inputs;
        let latents = |rect| scratch.first_channels(self.y, rect, channels);
        // At once: what they do besides convolutions is not split over threads.
        let (body, linear) = rayon::join(
            || seen.map(|band| self.deep.part(band)),
            || lifted.map(|band| session.run(self.network, band, self.extent, latents)),
        );
        self.body.extend(body);
        self.linear.extend(linear);
        self.body.drop_above(needed[0].y, scratch);
        self.linear.drop_above(needed[1].y, scratch);
    }

    /// What has to follow for all rows above `bottom` to be there: as many as latents make at once. `None` if they are.
    fn band(&self, index: usize, bottom: i32) -> Option<Rect> {
        let window = self.windows[index];
        let y = [&self.body, &self.linear][index]
            .bottom()
            .unwrap_or(window.y);
        let of_latents = (bottom as u32).next_multiple_of((STRIDE / PATCH) as u32) as i32;
        let height = of_latents.min(window.bottom()) - y;
        (height > 0).then_some(Rect {
            y,
            height: height as usize,
            ..window
        })
    }

    /// Gives back the memory of all of it.
    pub(super) fn finish(mut self) {
        let scratch = &self.session.scratch;
        self.body.drop_above(i32::MAX, scratch);
        self.linear.drop_above(i32::MAX, scratch);
        self.deep.finish();
    }
}
