//! Gradients with respect to tensors: windows of floats.

use crate::nn::{Rect, Tensor};

/// The derivative of something with respect to every value of a [`Tensor`] with the same window and channels.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    pub(super) rect: Rect,
    pub(super) channels: usize,
    /// `[y][x][channel]`.
    pub(super) data: Vec<f32>,
}

impl Plane {
    pub(super) fn zeros(rect: Rect, channels: usize) -> Self {
        Self {
            rect,
            channels,
            data: vec![0.0; rect.area() * channels],
        }
    }

    /// Zeros for every value of `tensor`.
    pub(super) fn like(tensor: &Tensor) -> Self {
        Self::zeros(tensor.rect, tensor.channels)
    }

    /// Offset of the first channel at a position inside the window.
    pub(super) fn offset(&self, x: i32, y: i32) -> usize {
        let (x, y) = ((x - self.rect.x) as usize, (y - self.rect.y) as usize);
        (y * self.rect.width + x) * self.channels
    }

    /// What is left of it behind a ReLU whose output, of the same window, is `output`.
    pub(super) fn where_positive(&self, output: &Tensor) -> Self {
        let values = self.data.iter().zip(&output.data);
        let masked = values.map(|(&value, &output)| if output > 0 { value } else { 0.0 });
        Self {
            data: masked.collect(),
            ..*self
        }
    }

    /// Adds what `other`, which has as many channels, has at the positions that both cover.
    pub(super) fn add_common(&mut self, other: &Self) {
        let common = self.rect.intersection(other.rect);
        let length = common.width * self.channels;
        for y in common.y..common.bottom() {
            let (to, from) = (self.offset(common.x, y), other.offset(common.x, y));
            let values = &other.data[from..][..length];
            for (sum, value) in self.data[to..][..length].iter_mut().zip(values) {
                *sum += value;
            }
        }
    }
}
