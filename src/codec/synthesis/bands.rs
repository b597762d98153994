//! A window of the plane that comes from the top down: tensors one under the other, let go of when nothing below needs them.

use std::collections::VecDeque;

use crate::nn::{Scratch, Tensor};

/// Tensors of the same columns and channels, each below the one before it.
#[derive(Default)]
pub(super) struct Bands(VecDeque<Tensor>);

impl Bands {
    /// Adds rows below the last ones.
    pub(super) fn extend(&mut self, tensor: impl IntoIterator<Item = Tensor>) {
        self.0.extend(tensor);
    }

    /// First row after the last ones.
    pub(super) fn bottom(&self) -> Option<i32> {
        self.0.back().map(|tensor| tensor.rect.bottom())
    }

    /// Gives back the memory of tensors that have no row from `top` on.
    pub(super) fn drop_above(&mut self, top: i32, scratch: &Scratch) {
        let tensors = self.0.iter();
        let done = tensors.take_while(|tensor| tensor.rect.bottom() <= top);
        let done = done.count();
        self.0.drain(..done).for_each(|tensor| scratch.keep(tensor));
    }

    /// All values of row `y` between columns `left` and `right`.
    ///
    /// # Panics
    /// If they are not there.
    pub(super) fn row(&self, y: i32, left: i32, right: i32) -> &[i16] {
        // The last ones are asked for most often.
        let holds = |tensor: &&Tensor| (tensor.rect.y..tensor.rect.bottom()).contains(&y);
        let tensor = self.0.iter().rev().find(holds).expect("the row is there");
        tensor.row(y, left, right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Rect;

    #[test]
    fn rows_are_found_until_they_are_let_go() {
        let scratch = Scratch::default();
        let mut bands = Bands::default();
        for (y, height) in [(-1, 2), (1, 3), (4, 1)] {
            let rect = Rect {
                y,
                height,
                ..Rect::of_size(2, 0)
            };
            let values = 2 * y as i16..;
            bands.extend([Tensor {
                rect,
                channels: 1,
                data: values.take(rect.area()).collect(),
            }]);
        }
        for top in [-1, 0, 1, 3, 4] {
            bands.drop_above(top, &scratch);
            for y in top..5 {
                assert_eq!(bands.row(y, 0, 2), [2 * y as i16, 2 * y as i16 + 1]);
            }
        }
        assert_eq!(bands.0.len(), 1);
        bands.drop_above(5, &scratch);
        assert!(bands.0.is_empty());
    }
}
