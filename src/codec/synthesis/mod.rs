//! Latents → pixels: the full rendering, its halves, and the reduced ones.

mod bands;
mod features;
mod filter;
mod full;
mod narrow;
mod noise;
mod reduced;

use super::geometry::Geometry;
use super::session::Session;
use crate::nn::{Kernels, Rect, Tensor};
use crate::{Result, Scale};
pub(super) use filter::PreparedFilter;
pub(super) use full::Full;
pub use noise::noise;
use reduced::Reduced;

/// Pixels per patch, each way.
pub(super) const PATCH: usize = 4;
/// Pixels per patch.
pub(super) const PATCH_PIXELS: usize = PATCH * PATCH;

/// Red, green and blue of a part of a rendering.
pub(crate) struct Samples {
    /// In samples of the rendering. It may reach beyond the picture at right and bottom.
    pub(crate) rect: Rect,
    /// `[y][x][colour]`.
    pub(crate) data: Vec<u8>,
}

/// One way to turn latents into pixels.
pub(crate) enum Synthesis<'s> {
    Full(Full<'s>),
    /// Means of 2 × 2 samples of the full one are taken by whoever gets the samples.
    Reduced(Reduced<'s>),
}

impl<'s> Synthesis<'s> {
    pub(crate) fn new(session: &'s Session<'s>, geometry: &Geometry, scale: Scale) -> Self {
        match scale {
            Scale::Full | Scale::Half => Self::Full(Full::new(session, geometry)),
            Scale::Quarter | Scale::Eighth | Scale::Sixteenth => {
                Self::Reduced(Reduced::new(session, geometry, scale.divisor() as usize))
            }
        }
    }

    /// How many coding steps it needs the latents of.
    pub(crate) fn steps(&self, session: &Session) -> usize {
        match self {
            Self::Full(_) => session.model.networks.steps.len(),
            Self::Reduced(reduced) => reduced.steps(),
        }
    }

    /// The window of latents that the pixels of a window of latents depend on.
    pub(crate) fn input_window(&self, wanted: Rect) -> Rect {
        match self {
            Self::Full(full) => full.input_window(wanted),
            Self::Reduced(reduced) => reduced.input_window(wanted),
        }
    }

    /// Hands over the samples of all latents in `area`, part by part, in any order and from several threads. `y` are latents ŷ (Q3) in a
    /// window that covers what [`Self::input_window`] tells, as far as that is inside the picture.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`].
    pub(crate) fn run(
        &self,
        y: &Tensor,
        area: Rect,
        done: &(impl Fn(&Samples) + Sync),
    ) -> Result<()> {
        match self {
            Self::Full(full) => full.run(y, area, done),
            Self::Reduced(reduced) => reduced.run(y, area, done),
        }
    }
}

impl Samples {
    /// The samples of patches of pixels − 128, Q4.
    pub(super) fn of_patches(kernels: Kernels, patches: &Tensor) -> Self {
        let rect = patches.rect.finer(PATCH);
        // All at once; then in their order.
        let samples = samples(kernels, &patches.data);
        let mut data = Vec::with_capacity(samples.len());
        for row in samples.chunks_exact(patches.rect.width * patches.channels) {
            for dy in 0..PATCH {
                for patch in row.as_chunks::<{ PATCH_PIXELS * 3 }>().0 {
                    data.extend_from_slice(&patch[dy * PATCH * 3..][..PATCH * 3]);
                }
            }
        }
        Self { rect, data }
    }
}

/// Samples from their values, Q4.
fn samples(kernels: Kernels, values: &[i16]) -> Vec<u8> {
    let mut samples = vec![0; values.len()];
    let to = &mut samples[..];
    kernels.vectorise(move || {
        for (to, &value) in to.iter_mut().zip(values) {
            *to = sample(value);
        }
    });
    samples
}

/// A sample from its value, Q4.
#[inline]
fn sample(value: i16) -> u8 {
    // A sum that does not fit is far beyond what the clamp lets through.
    ((value.saturating_add(8) >> 4) + 128).clamp(0, 255) as u8
}
