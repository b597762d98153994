//! Latents → pixels by all four networks (SPEC.md sections 11.1 and 11.3).
//!
//! The body runs on large windows of latents, what is larger than latents band by band, the renderer on small parts of patches that stay in the cache. None
//! of that changes pixels.

use super::features::Features;
use super::narrow::Narrow;
use super::noise::with_noise;
use super::{Samples, PATCH};
use crate::codec::geometry::{windows, Geometry, STRIDE};
use crate::codec::parallel::try_for_each;
use crate::codec::session::Session;
use crate::model::RenderingNetworks;
use crate::nn::{PreparedNetwork, Rect, Tensor};
use crate::Result;

/// Latent columns and rows, about, of the windows that the body sees at a time (2048 × 1024 pixels): bounds memory.
const WINDOW: (usize, usize) = (128, 64);
/// Patches each way that are rendered at a time (128 pixels).
const PART: usize = 32;
/// See [`try_for_each`].
const PARTS_PER_WORKER: usize = 1;

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
        // No sliver is left over at the right or at the bottom.
        let even =
            |length: usize, most: usize| length.div_ceil(((length + most / 2) / most).max(1));
        let size = (even(area.width, WINDOW.0), even(area.height, WINDOW.1));
        for window in windows(area, size) {
            let window = window.finer(STRIDE / PATCH);
            let mut features = self.features(window, y);
            for row in windows(window, (window.width, PART)) {
                features.advance(self.feature_windows(self.rendered(row)));
                try_for_each(windows(row, (PART, PART)), PARTS_PER_WORKER, |part| {
                    self.session.cancel.check()?;
                    done(&self.samples(part, &features));
                    self.session
                        .meter
                        .add(part.area() / (STRIDE / PATCH).pow(2));
                    Ok(())
                })?;
            }
            features.finish();
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

    /// What the renderer needs for a window of patches, none of it yet.
    fn features<'f>(&'f self, window: Rect, y: &'f Tensor) -> Features<'f> {
        let seen = self.feature_windows(self.rendered(window));
        let read = self.networks.body.input_window(seen[0]);
        let read = read.union(self.linear.input_window(seen[1]));
        let networks = self.narrow.of(y, read);
        Features::begin(self.session, networks, self.latents, seen, y)
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
            let body = |y, left, right| features.body.row(y, left, right);
            stream.add_rows(kernels, body, renderer.input_limit());
            stream
        });
        let linear = |y, left, right| features.linear.row(y, left, right);
        patches.add_rows(kernels, linear, i16::MAX);
        patches
    }
}
