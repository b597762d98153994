//! Latents → pixels by all four networks (SPEC.md sections 11.1 and 11.3).
//!
//! Body and linear part run on large windows of latents, the renderer on small parts of patches that stay in the cache. Neither changes pixels.

use super::narrow::Narrow;
use super::noise::with_noise;
use super::{Samples, PATCH};
use crate::codec::geometry::{windows, Geometry, STRIDE};
use crate::codec::parallel::try_for_each;
use crate::codec::session::Session;
use crate::model::RenderingNetworks;
use crate::nn::{PreparedNetwork, Rect, Tensor};
use crate::Result;

/// Latent positions each way, about, of the windows whose features are there at a time (1024 pixels): bounds memory.
const WINDOW: usize = 64;
/// Patches each way that are rendered at a time (128 pixels).
const PART: usize = 32;
/// See [`try_for_each`].
const PARTS_PER_WORKER: usize = 4;

/// The full rendering, for parts of a picture.
pub(in crate::codec) struct Full<'s> {
    session: &'s Session<'s>,
    linear: &'s PreparedNetwork,
    narrow: Narrow<'s>,
    networks: &'s RenderingNetworks,
    /// Extent of the picture's latents.
    pub(in crate::codec) latents: (usize, usize),
    /// Extent of the picture in patches.
    pub(in crate::codec) patches: (usize, usize),
}

/// What is rendered, at the resolution of patches.
struct Features {
    /// Patches of the linear part, Q4.
    linear: Tensor,
    /// The body's features.
    body: Tensor,
}

impl<'s> Full<'s> {
    pub(in crate::codec) fn new(session: &'s Session<'s>, geometry: &Geometry) -> Self {
        let (columns, rows) = geometry.latents();
        let patches = STRIDE / PATCH;
        Self {
            session,
            linear: &session.model.networks.synthesis_linear,
            narrow: Narrow::new(session, session.rendering),
            networks: session.rendering,
            latents: (columns, rows),
            patches: (columns * patches, rows * patches),
        }
    }

    /// The window of latents that the pixels of a window of latents depend on.
    pub(in crate::codec) fn input_window(&self, wanted: Rect) -> Rect {
        let networks = self.networks;
        let rendered = wanted.finer(STRIDE / PATCH).expand(self.filter_reach());
        let seen = networks.renderer.input_window(rendered);
        let lifted = networks.lift.input_window(seen);
        let body = networks.body.input_window(seen);
        body.union(self.linear.input_window(lifted))
    }

    /// Hands over the pixels of all latents in `area`, part by part, in any order and from several threads. `y` are latents ŷ (Q3) in a
    /// window that covers what [`Self::input_window`] tells, as far as that is inside the picture.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`].
    pub(in crate::codec) fn run(
        &self,
        y: &Tensor,
        area: Rect,
        done: &(impl Fn(&Samples) + Sync),
    ) -> Result<()> {
        // No sliver is left over at the bottom.
        let count = ((area.height + WINDOW / 2) / WINDOW).max(1);
        for window in windows(area, (WINDOW, area.height.div_ceil(count))) {
            let window = window.finer(STRIDE / PATCH);
            let features = self.features(self.rendered(window), y);
            try_for_each(windows(window, (PART, PART)), PARTS_PER_WORKER, |part| {
                self.session.cancel.check()?;
                done(&self.samples(part, &features));
                self.session
                    .meter
                    .add(part.area() / (STRIDE / PATCH).pow(2));
                Ok(())
            })?;
            self.session.scratch.keep(features.linear);
            self.session.scratch.keep(features.body);
        }
        Ok(())
    }

    /// How many patches around its own ones the samples of a window depend on.
    fn filter_reach(&self) -> i32 {
        self.session.filter.is_some().into()
    }

    /// The patches that have to be there for the samples of a window of them.
    fn rendered(&self, window: Rect) -> Rect {
        window
            .expand(self.filter_reach())
            .intersection(self.whole())
    }

    /// All patches.
    fn whole(&self) -> Rect {
        Rect::of_size(self.patches.0, self.patches.1)
    }

    fn samples(&self, part: Rect, features: &Features) -> Samples {
        let session = self.session;
        if let Some(filter) = &session.filter {
            return filter.run(session, part, self.whole(), |patches| {
                self.render(patches, features)
            });
        }
        let patches = self.render(part, features);
        let samples = Samples::of_patches(session.kernels(), &patches);
        session.scratch.keep(patches);
        samples
    }

    /// What the renderer sees for a window of patches, and what the lift sees for that, as far as it is inside the picture.
    pub(in crate::codec) fn feature_windows(&self, window: Rect) -> [Rect; 2] {
        let inside = |rect: Rect| rect.intersection(self.whole());
        let seen = inside(self.networks.renderer.input_window(window));
        [seen, inside(self.networks.lift.input_window(seen))]
    }

    /// All that the renderer needs for a window of patches.
    fn features(&self, window: Rect, y: &Tensor) -> Features {
        let session = self.session;
        let [seen, lifted] = self.feature_windows(window);
        let read = self.networks.body.input_window(seen);
        let read = read.union(self.linear.input_window(lifted));
        let (linear, body) = self.narrow.of(y, read);
        // Either reads the same channels.
        let channels = linear.facts().inputs;
        let latents = |rect| session.scratch.first_channels(y, rect, channels);
        // At once: what they do besides convolutions is not split over threads.
        let (body, linear) = rayon::join(
            || {
                session.run(body, seen, self.latents, |rect| {
                    session.y.normalise_all(latents(rect))
                })
            },
            || session.run(linear, lifted, self.latents, latents),
        );
        Features { linear, body }
    }

    /// Patches of pixels − 128, Q4.
    fn render(&self, part: Rect, features: &Features) -> Tensor {
        let (session, networks) = (self.session, self.networks);
        let renderer = &networks.renderer;
        let kernels = session.kernels();
        let mut patches = session.run(renderer, part, self.patches, |rect| {
            let mut stream = session.run(&networks.lift, rect, self.patches, |rect| {
                with_noise(&session.scratch, &features.linear, rect, networks.noise)
            });
            stream.add(kernels, &features.body, renderer.input_limit());
            stream
        });
        patches.add(kernels, &features.linear, i16::MAX);
        patches
    }
}
