//! A run through a network's layers: the tensor between them, and the remembered one.
//!
//! Tensors are cut off where the picture ends; a layer that looks beyond asks for zeros there.

use std::sync::Arc;

use crate::nn::{Kernels, Rect, Scratch, Tensor};

/// What operations work on while a network runs.
#[derive(Debug)]
pub(in crate::nn) struct Pass<'s> {
    pub(super) kernels: Kernels,
    /// 0 to 1024.
    pub(super) quality: u16,
    /// (width, height) of the picture at the resolution of the tensor.
    pub(super) picture: (usize, usize),
    tensor: Arc<Tensor>,
    saved: Option<Arc<Tensor>>,
    scratch: &'s Scratch,
}

impl<'s> Pass<'s> {
    /// Begins with an input.
    pub(in crate::nn) fn new(
        kernels: Kernels,
        quality: u16,
        picture: (usize, usize),
        input: Tensor,
        scratch: &'s Scratch,
    ) -> Self {
        Self {
            kernels,
            quality,
            picture,
            tensor: Arc::new(input),
            saved: None,
            scratch,
        }
    }

    /// The output.
    pub(in crate::nn) fn finish(self) -> Tensor {
        Arc::unwrap_or_clone(self.tensor)
    }

    /// The output in `window`, with zeros where that leaves the picture.
    pub(in crate::nn) fn finish_in(mut self, window: Rect) -> Tensor {
        self.crop(window);
        self.finish()
    }

    /// (width, height) of the picture at the resolution of the tensor.
    pub(in crate::nn) fn picture(&self) -> (usize, usize) {
        self.picture
    }

    /// The part of a window that is inside the picture: what is outside is 0 whatever the layers, and not kept.
    pub(super) fn inside(&self, window: Rect) -> Rect {
        window.intersection(Rect::of_size(self.picture.0, self.picture.1))
    }

    /// Makes the tensor cover `rect`, with zeros where that leaves the picture.
    pub(super) fn cover(&mut self, rect: Rect) {
        if !self.tensor.rect.contains(&rect) {
            self.replace(self.scratch.window(&self.tensor, rect));
        }
    }

    /// Makes the tensor `rect` of itself, which it covers.
    pub(super) fn crop(&mut self, rect: Rect) {
        if self.tensor.rect != rect {
            self.replace(self.scratch.window(&self.tensor, rect));
        }
    }

    pub(in crate::nn) fn tensor(&self) -> &Tensor {
        &self.tensor
    }

    /// The tensor, to be changed in place; a remembered one stays as it is.
    pub(super) fn tensor_mut(&mut self) -> &mut Tensor {
        Arc::make_mut(&mut self.tensor)
    }

    pub(super) fn scratch(&self) -> &'s Scratch {
        self.scratch
    }

    /// A tensor whose values are to be written, all of them.
    pub(super) fn blank(&mut self, rect: Rect, channels: usize) -> Tensor {
        self.scratch.blank(rect, channels)
    }

    /// Goes on with another tensor.
    pub(super) fn replace(&mut self, next: Tensor) {
        let last = std::mem::replace(&mut self.tensor, Arc::new(next));
        self.keep(last);
    }

    /// Remembers the tensor.
    pub(super) fn save(&mut self) {
        self.saved = Some(Arc::clone(&self.tensor));
    }

    /// Adds the remembered tensor, sums clamped to ±`limit`, and forgets it.
    pub(super) fn add_saved(&mut self, limit: i16) {
        let saved = self.saved.take().expect("every AddSaved has its Save");
        let kernels = self.kernels;
        self.tensor_mut().add(kernels, &saved, limit);
        self.keep(saved);
    }

    fn keep(&mut self, tensor: Arc<Tensor>) {
        if let Some(tensor) = Arc::into_inner(tensor) {
            self.scratch.keep(tensor);
        }
    }
}
