//! What the renderer sees of the latents, band by band of a window from the top down: it is several times as large as they are, and what the renderer is not
//! at does not have to be there.

use super::bands::Bands;
use super::full::Full;
use super::PATCH;
use crate::codec::geometry::STRIDE;
use crate::nn::{PreparedNetwork, Rect, Staged, Tensor};

/// Body and linear part of a window, at the resolution of patches.
pub(super) struct Features<'f> {
    full: &'f Full<'f>,
    /// Latents ŷ, Q3.
    y: &'f Tensor,
    /// The linear part for as many channels as the window's latents have.
    linear_network: &'f PreparedNetwork,
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
    /// Begins with a window of patches; latents `y` are those of [`Full::run`].
    pub(super) fn begin(full: &'f Full<'f>, window: Rect, y: &'f Tensor) -> Self {
        let session = full.session;
        let windows = full.feature_windows(window);
        let [seen, lifted] = windows;
        let read = full.networks.body.input_window(seen);
        let read = read.union(full.linear.input_window(lifted));
        let (linear_network, body) = full.narrow.of(y, read);
        // Either reads the same channels.
        let channels = linear_network.facts().inputs;
        let deep = session.run_to_upsampling(body, seen, full.latents, |rect| {
            session
                .y
                .normalise_all(session.scratch.first_channels(y, rect, channels))
        });
        Self {
            full,
            y,
            linear_network,
            deep,
            windows,
            body: Bands::default(),
            linear: Bands::default(),
        }
    }

    /// Goes on to all that the renderer needs for `part`, which is not above the parts before it, and lets go of what is above that.
    pub(super) fn advance(&mut self, part: Rect) {
        let (full, scratch) = (self.full, &self.full.session.scratch);
        let needed = full.feature_windows(part);
        let [seen, lifted] = [0, 1].map(|i| self.band(i, needed[i].bottom()));
        let channels = self.linear_network.facts().inputs;
        let latents = |rect| scratch.first_channels(self.y, rect, channels);
        // At once: what they do besides convolutions is not split over threads.
        let (body, linear) = rayon::join(
            || seen.map(|band| self.deep.part(band)),
            || {
                lifted.map(|band| {
                    full.session
                        .run(self.linear_network, band, full.latents, latents)
                })
            },
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
        let scratch = &self.full.session.scratch;
        self.body.drop_above(i32::MAX, scratch);
        self.linear.drop_above(i32::MAX, scratch);
        self.deep.finish();
    }
}
