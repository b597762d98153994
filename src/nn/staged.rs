//! A network that ends with an upsampling, run up to there for a window, and from there on for one part of it after the other: the output is many times
//! larger than what it is made of, and need not be there as a whole.

use super::ops::Pass;
use super::run::{run_all, windows, Operations};
use super::{Kernels, PreparedNetwork, Rect, Scratch, Tensor};

/// A run of a network that is at the last of its resolutions but one.
pub(crate) struct Staged<'n> {
    /// What is left to run.
    rest: Operations<'n>,
    kernels: Kernels,
    quality: u16,
    /// (width, height) of the picture at the resolution of the tensor.
    picture: (usize, usize),
    tensor: Tensor,
    scratch: &'n Scratch,
}

impl Staged<'_> {
    /// Output in a part of the window that the run was begun for.
    pub(crate) fn part(&self, wanted: Rect) -> Tensor {
        let windows = windows(self.rest, wanted);
        let inside = windows[0].intersection(Rect::of_size(self.picture.0, self.picture.1));
        let tensor = self.scratch.window(&self.tensor, inside);
        let mut pass = Pass::new(
            self.kernels,
            self.quality,
            self.picture,
            tensor,
            self.scratch,
        );
        run_all(self.rest, &windows[1..], &mut pass);
        pass.finish_in(wanted)
    }

    /// Gives memory back that no part needs any more.
    pub(crate) fn finish(self) {
        self.scratch.keep(self.tensor);
    }
}

impl PreparedNetwork {
    /// A run ([`Self::run`]) up to the convolution and the shuffle that the network ends with, or to its end if it does not; [`Staged::part`] does the rest.
    ///
    /// # Panics
    /// See [`Self::run`].
    pub(crate) fn run_to_upsampling<'n>(
        &'n self,
        wanted: Rect,
        picture: (usize, usize),
        quality: u16,
        scratch: &'n Scratch,
        input: impl FnOnce(Rect) -> Tensor,
    ) -> Staged<'n> {
        let (deep, rest) = match self.operations.as_slice() {
            [deep @ .., a, b] if a.convolution().is_some() && b.shuffle().is_some() => {
                (deep, &self.operations[deep.len()..])
            }
            all => (all, [].as_slice()),
        };
        let windows = windows(&self.operations, wanted);
        let mut pass = self.begin(windows[0], picture, quality, scratch, input);
        run_all(deep, &windows[1..=deep.len()], &mut pass);
        Staged {
            rest,
            kernels: self.kernels,
            quality,
            picture: pass.picture(),
            tensor: pass.finish(),
            scratch,
        }
    }
}
