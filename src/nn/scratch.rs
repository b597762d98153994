//! Memory of tensors that are not needed any more, for the next ones: pages that were used already cost nothing, and a picture is made by
//! running the same networks over windows of the same sizes again and again.

use std::sync::Mutex;

use super::{Rect, Tensor};

/// Most buffers that are kept.
const MAX_BUFFERS: usize = 64;

/// Buffers to be used again, by any thread. Lives as long as the coding of a picture.
#[derive(Debug, Default)]
pub struct Scratch(Mutex<Vec<Vec<i16>>>);

impl Scratch {
    /// A tensor whose values are to be written, all of them.
    pub(crate) fn blank(&self, rect: Rect, channels: usize) -> Tensor {
        let length = rect.area() * channels;
        // A new one from the system is zero without being written to.
        let data = self.take(length).map_or_else(
            || vec![0; length],
            |mut data| {
                data.resize(length, 0);
                data
            },
        );
        Tensor {
            rect,
            channels,
            data,
        }
    }

    /// `rect` of a tensor, zero where that does not reach: [`Tensor::window`].
    pub(crate) fn window(&self, tensor: &Tensor, rect: Rect) -> Tensor {
        let mut window = self.blank(rect, tensor.channels);
        if tensor.rect.intersection(rect) != rect {
            window.data.fill(0);
        }
        window.paste_common(tensor);
        window
    }

    /// The first `channels` of the same.
    pub(crate) fn first_channels(&self, tensor: &Tensor, rect: Rect, channels: usize) -> Tensor {
        if channels == tensor.channels {
            return self.window(tensor, rect);
        }
        let mut window = self.blank(rect, channels);
        let common = tensor.rect.intersection(rect);
        if common != rect {
            window.data.fill(0);
        }
        for y in common.y..common.bottom() {
            for x in common.x..common.right() {
                let to = window.row_mut(y, x, x + 1);
                to.copy_from_slice(&tensor.row(y, x, x + 1)[..channels]);
            }
        }
        window
    }

    /// Takes back the memory of a tensor.
    pub(crate) fn keep(&self, tensor: Tensor) {
        let mut buffers = self
            .0
            .lock()
            .expect("nothing panics while it holds the lock");
        if buffers.len() < MAX_BUFFERS {
            buffers.push(tensor.data);
        }
    }

    /// Lets go of all buffers: what comes next has other sizes.
    pub(crate) fn clear(&self) {
        let mut buffers = self
            .0
            .lock()
            .expect("nothing panics while it holds the lock");
        buffers.clear();
    }

    /// A buffer of just that length, which needs no zeros, or the smallest one that is large enough.
    fn take(&self, length: usize) -> Option<Vec<i16>> {
        let mut buffers = self
            .0
            .lock()
            .expect("nothing panics while it holds the lock");
        let fits = |(_, buffer): &(usize, &Vec<i16>)| buffer.capacity() >= length;
        let sizes = buffers.iter().enumerate().filter(fits);
        let smallest = sizes.min_by_key(|(_, buffer)| (buffer.len() != length, buffer.capacity()));
        smallest
            .map(|(index, _)| index)
            .map(|index| buffers.swap_remove(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_zero_outside_whatever_was_in_the_buffer() {
        let scratch = Scratch::default();
        let mut rubbish = scratch.blank(Rect::of_size(9, 9), 2);
        rubbish.data.fill(77);
        let buffer = rubbish.data.as_ptr();
        scratch.keep(rubbish);
        let mut tensor = Tensor::zeros(Rect::of_size(3, 2), 2);
        tensor.data.fill(5);
        for rect in [Rect::of_size(3, 2).expand(1), Rect::of_size(2, 2)] {
            let window = scratch.window(&tensor, rect);
            assert_eq!(window, tensor.window(rect));
            assert_eq!(window.data.as_ptr(), buffer);
            let first = scratch.first_channels(&tensor, rect, 1);
            let expected: Vec<i16> = window.data.iter().step_by(2).copied().collect();
            assert_eq!((first.rect, first.data), (rect, expected));
            scratch.keep(window);
        }
    }
}
