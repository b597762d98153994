//! Running a network over a window of the plane, or at a list of positions.
//!
//! Both give exactly what a run over the whole picture gives: every intermediate tensor is a window of a plane that is zero outside
//! the picture (and kept as far as it is inside), and convolutions are valid ones on a window that has been grown by what they reach.

use std::borrow::Cow;
use std::sync::Arc;

use super::ops::{run_at, Chain, PackedOperation, Pass};
use super::{PreparedNetwork, Rect, Scratch, Tensor};

/// Layers ready to run.
pub(super) type Operations<'a> = &'a [Arc<dyn PackedOperation>];

impl PreparedNetwork {
    /// Output in the window `wanted` (in output positions; it may leave the picture, where everything is 0).
    ///
    /// `picture` is (width, height) in input positions; at a layer of 1/r of the resolution the picture is `ceil(size / r)`.
    /// `input` is asked once for the window of the input that is needed, as far as that is inside the picture.
    /// `quality` (0 to 1024) sets the biases. Tensors on the way take their memory from `scratch`, and so does the output.
    ///
    /// # Panics
    /// If `input` returns another window or another number of channels than asked for.
    pub fn run(
        &self,
        wanted: Rect,
        picture: (usize, usize),
        quality: u16,
        scratch: &Scratch,
        input: impl FnOnce(Rect) -> Tensor,
    ) -> Tensor {
        let windows = windows(&self.operations, wanted);
        let mut pass = self.begin(windows[0], picture, quality, scratch, input);
        run_all(&self.operations, &windows[1..], &mut pass);
        pass.finish_in(wanted)
    }

    /// The tensors of such a run: the input, then what each layer gives, all as far as they are inside the picture.
    ///
    /// # Panics
    /// See [`Self::run`].
    pub(crate) fn trace(
        &self,
        wanted: Rect,
        picture: (usize, usize),
        quality: u16,
        scratch: &Scratch,
        input: impl FnOnce(Rect) -> Tensor,
    ) -> Vec<Tensor> {
        let windows = windows(&self.operations, wanted);
        let mut pass = self.begin(windows[0], picture, quality, scratch, input);
        let mut trace = vec![pass.tensor().clone()];
        for (operation, &window) in self.operations.iter().zip(&windows[1..]) {
            operation.run(&mut pass, window);
            trace.push(pass.tensor().clone());
        }
        trace
    }

    pub(super) fn begin<'s>(
        &self,
        window: Rect,
        picture: (usize, usize),
        quality: u16,
        scratch: &'s Scratch,
        input: impl FnOnce(Rect) -> Tensor,
    ) -> Pass<'s> {
        let needed = window.intersection(Rect::of_size(picture.0, picture.1));
        let tensor = input(needed);
        assert_eq!(tensor.rect, needed, "window of the input");
        assert_eq!(
            tensor.channels,
            self.facts().inputs,
            "channels of the input"
        );
        Pass::new(self.kernels, quality, picture, tensor, scratch)
    }

    /// The window of the input that the output in `wanted` depends on; it may leave the picture.
    #[must_use]
    pub fn input_window(&self, wanted: Rect) -> Rect {
        windows(&self.operations, wanted)[0]
    }

    /// The tensor that [`Self::run_at`] wants for a picture's `features`: what the layers before the one that sees neighbours make of
    /// them, or the features themselves where there are none.
    ///
    /// `features` has a border of one position of zeros around the picture, and at least as many channels as the network has inputs, of which
    /// the first ones are read.
    ///
    /// # Panics
    /// If the network cannot be run at positions.
    #[must_use]
    pub fn before_neighbours<'t>(
        &self,
        features: &'t Tensor,
        quality: u16,
        scratch: &Scratch,
    ) -> Cow<'t, Tensor> {
        let before = self.split_at_neighbours().0;
        if before.is_empty() {
            return Cow::Borrowed(features);
        }
        let inside = features.rect.expand(-1);
        let size = (inside.width, inside.height);
        let mut positions = Vec::with_capacity(inside.area());
        for y in inside.y..inside.bottom() {
            positions.extend((inside.x..inside.right()).map(|x| (x, y)));
        }
        let (first, rest) = self.first_at(before, features, &positions, quality, scratch);
        let tensor = Tensor {
            rect: inside,
            ..first
        };
        let windows = vec![inside; rest.len()];
        let mut pass = Pass::new(self.kernels, quality, size, tensor, scratch);
        run_all(rest, &windows, &mut pass);
        Cow::Owned(pass.finish_in(features.rect))
    }

    /// Outputs at some positions of the picture, a row of them; `tensor` is what [`Self::before_neighbours`] gave.
    ///
    /// # Panics
    /// If the network cannot be run at positions, or a position is outside the picture.
    #[must_use]
    pub fn run_at(
        &self,
        tensor: &Tensor,
        positions: &[(i32, i32)],
        quality: u16,
        scratch: &Scratch,
    ) -> Tensor {
        let from_there = self.split_at_neighbours().1;
        let (output, rest) = self.first_at(from_there, tensor, positions, quality, scratch);
        let windows = vec![output.rect; rest.len()];
        let size = (positions.len(), 1);
        let mut pass = Pass::new(self.kernels, quality, size, output, scratch);
        run_all(rest, &windows, &mut pass);
        pass.finish()
    }

    /// The layers before the one that sees neighbours, or before the first one if none does; and the others.
    fn split_at_neighbours(&self) -> (Operations<'_>, Operations<'_>) {
        assert!(
            self.facts().can_run_at_positions,
            "network runs at positions"
        );
        let found = self.operations.iter().position(|operation| {
            let convolution = operation.convolution();
            convolution.is_some_and(|convolution| convolution.reach() > 0)
        });
        self.operations.split_at(found.unwrap_or(0))
    }

    /// What the first of `operations`, a convolution, gives at a list of positions; and the others.
    fn first_at<'a>(
        &self,
        operations: Operations<'a>,
        input: &Tensor,
        positions: &[(i32, i32)],
        quality: u16,
        scratch: &Scratch,
    ) -> (Tensor, Operations<'a>) {
        let (first, rest) = operations.split_first().expect("a layer");
        let first = first.convolution().expect("a convolution");
        let output = run_at(first, self.kernels, input, positions, quality, scratch);
        (output, rest)
    }
}

/// The window that each operation reads, first one first, then the one wanted of the last.
pub(super) fn windows(operations: Operations, wanted: Rect) -> Vec<Rect> {
    let mut windows = vec![wanted];
    let (mut window, mut saved) = (wanted, wanted);
    for operation in operations.iter().rev() {
        window = operation.input_window(window, &mut saved);
        windows.push(window);
    }
    windows.reverse();
    windows
}

/// Runs `operations`, each giving its window of `windows`.
pub(super) fn run_all(operations: Operations, windows: &[Rect], pass: &mut Pass<'_>) {
    let mut at = 0;
    while at < operations.len() {
        match Chain::of(&operations[at..]) {
            Some(chain) => {
                let last = at + chain.operations() - 1;
                let between = at + chain.convolutions() - 1;
                chain.run(pass, windows[between], windows[last]);
                at = last + 1;
            }
            None => {
                operations[at].run(pass, windows[at]);
                at += 1;
            }
        }
    }
}
