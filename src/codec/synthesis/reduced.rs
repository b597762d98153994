//! Latents → a picture at 1/4, 1/8 or 1/16 of the size, by the linear network alone (SPEC.md section 11.2).

use super::{Samples, PATCH, PATCH_PIXELS};
use crate::codec::geometry::{windows, Geometry, STRIDE};
use crate::codec::parallel::try_for_each;
use crate::codec::session::Session;
use crate::model::Parity;
use crate::nn::{PreparedNetwork, Rect, Tensor};
use crate::Result;

/// Latent positions each way of the windows that are rendered at a time.
const WINDOW: usize = 16;
/// See [`try_for_each`].
const WINDOWS_PER_WORKER: usize = 4;

/// A reduced rendering, for parts of a picture.
pub(in crate::codec) struct Reduced<'s> {
    session: &'s Session<'s>,
    /// The linear network, for no more channels than are decoded where it can be had so.
    linear: PreparedNetwork,
    /// How many coding steps are decoded.
    steps: usize,
    /// Extent of the picture's latents.
    latents: (usize, usize),
    /// Pixels of the full rendering per sample, each way: 4, 8 or 16.
    scale: usize,
}

impl<'s> Reduced<'s> {
    pub(super) fn new(session: &'s Session<'s>, geometry: &Geometry, scale: usize) -> Self {
        let networks = &session.model.networks;
        let wanted = 2 * 3 * (STRIDE / scale).pow(2);
        let complete = networks
            .steps
            .iter()
            .position(|step| step.channels.end >= wanted && step.parity != Parity::Even);
        let steps = complete.map_or(networks.steps.len(), |index| index + 1);
        let linear = &networks.synthesis_linear;
        let narrowed = linear.narrowed(networks.steps[steps - 1].channels.end);
        Self {
            session,
            linear: narrowed.unwrap_or_else(|| linear.clone()),
            steps,
            latents: geometry.latents(),
            scale,
        }
    }

    /// How many coding steps are needed: up to the first one after which twice as many channels are complete as a latent position has
    /// samples. With as many, textures lost up to 10 dB; with these, what is left out is some 40 dB below the picture.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// See [`super::full::Full::input_window`].
    pub(super) fn input_window(&self, wanted: Rect) -> Rect {
        self.linear.input_window(wanted.finer(STRIDE / PATCH))
    }

    /// See [`super::full::Full::run`]; latents of coding steps beyond [`Self::steps`] are 0.
    pub(super) fn run(
        &self,
        y: &Tensor,
        area: Rect,
        done: &(impl Fn(&Samples) + Sync),
    ) -> Result<()> {
        try_for_each(
            windows(area, (WINDOW, WINDOW)),
            WINDOWS_PER_WORKER,
            |window| {
                self.session.cancel.check()?;
                let (session, patches) = (self.session, window.finer(STRIDE / PATCH));
                let patches = session.run(&self.linear, patches, self.latents, |rect| {
                    session
                        .scratch
                        .first_channels(y, rect, self.linear.facts().inputs)
                });
                done(&self.average(&patches));
                session.scratch.keep(patches);
                session.meter.add(window.area());
                Ok(())
            },
        )
    }

    /// Means of `scale` × `scale` pixels.
    fn average(&self, patches: &Tensor) -> Samples {
        let side = self.scale / PATCH;
        let rect = patches.rect.coarser(side);
        let mut sums = vec![0i32; rect.area() * 3];
        for y in 0..patches.rect.height {
            for x in 0..patches.rect.width {
                let to = 3 * (y / side * rect.width + x / side);
                let from = (y * patches.rect.width + x) * patches.channels;
                for pixel in patches.data[from..][..3 * PATCH_PIXELS].chunks_exact(3) {
                    for (sum, &value) in sums[to..to + 3].iter_mut().zip(pixel) {
                        *sum += i32::from(value);
                    }
                }
            }
        }
        // Q4, times the number of pixels.
        let shift = 4 + 2 * self.scale.trailing_zeros();
        let sample = |sum: i32| (((sum + (1 << (shift - 1))) >> shift) + 128).clamp(0, 255) as u8;
        Samples {
            rect,
            data: sums.into_iter().map(sample).collect(),
        }
    }
}
