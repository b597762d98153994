//! Changes of resolution that move values and compute nothing: depth to space, and space to depth.

use super::{FromModelFile, Operation, PackedOperation, Pass, State, MAX_CHANNELS};
use crate::check::check_range;
use crate::fields::{FieldReader, FieldWriter};
use crate::nn::{Rect, Tensor, Values};
use crate::Result;

/// Depth to space by a factor r, 2 to 16: channel `(dy·r + dx)·c + k` of r²·c becomes channel k at offset (dx, dy).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shuffle(pub u8);

/// Space to depth, the inverse of [`Shuffle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unshuffle(pub u8);

fn check_factor(r: u8) -> Result<usize, String> {
    check_range("shuffle factor", r.into(), 2, 16)
}

impl FromModelFile<'_> for Shuffle {
    type Owned = Self;

    fn read(from: &mut FieldReader) -> Result<Self> {
        from.u8("shuffle factor").map(Self)
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl Operation for Shuffle {
    fn write(&self, to: &mut FieldWriter) {
        to.u8(self.0);
    }

    fn check(&self, state: &mut State) -> Result<(), String> {
        let r = check_factor(self.0)?;
        if !state.channels.is_multiple_of(r * r) {
            return Err(format!(
                "Shuffle({r}) of {} channels, not a multiple of {}",
                state.channels,
                r * r
            ));
        }
        state.channels /= r * r;
        state.rescale(r, 1)
    }

    fn pack(&self, _: Values) -> Box<dyn PackedOperation> {
        Box::new(*self)
    }
}

impl PackedOperation for Shuffle {
    fn input_window(&self, wanted: Rect, _: &mut Rect) -> Rect {
        wanted.coarser(self.0.into())
    }

    fn run(&self, pass: &mut Pass, window: Rect) {
        let r = usize::from(self.0);
        pass.picture = (pass.picture.0 * r, pass.picture.1 * r);
        let channels = pass.tensor().channels / (r * r);
        let window = pass.inside(window);
        let mut output = pass.blank(window, channels);
        self.spread(pass.tensor(), window, &mut output.data);
        pass.replace(output);
    }

    fn shuffle(&self) -> Option<Shuffle> {
        Some(*self)
    }
}

impl Shuffle {
    /// Moves the values of `input` to their places in `output`, the values of `window`.
    pub(super) fn spread(self, input: &Tensor, window: Rect, output: &mut [i16]) {
        let r = usize::from(self.0);
        let channels = input.channels / (r * r);
        let coarse = window.coarser(r);
        let rows = (window.y..).zip(output.chunks_exact_mut((window.width * channels).max(1)));
        for (y, row) in rows {
            // What becomes r neighbours of one row is contiguous in the coarse position.
            let sub = y.rem_euclid(r as i32) as usize * r * channels;
            for cx in coarse.x..coarse.right() {
                let from = input.offset(cx, y.div_euclid(r as i32)) + sub;
                let left = cx * r as i32;
                let (first, last) = (left.max(window.x), (left + r as i32).min(window.right()));
                let skip = (first - left) as usize * channels;
                let target = &mut row
                    [(first - window.x) as usize * channels..(last - window.x) as usize * channels];
                target.copy_from_slice(&input.data[from + skip..][..target.len()]);
            }
        }
    }
}

impl FromModelFile<'_> for Unshuffle {
    type Owned = Self;

    fn read(from: &mut FieldReader) -> Result<Self> {
        from.u8("shuffle factor").map(Self)
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl Operation for Unshuffle {
    fn write(&self, to: &mut FieldWriter) {
        to.u8(self.0);
    }

    fn check(&self, state: &mut State) -> Result<(), String> {
        let r = check_factor(self.0)?;
        state.channels = check_range("channels", state.channels * r * r, 1, MAX_CHANNELS)?;
        state.rescale(1, r)
    }

    fn pack(&self, _: Values) -> Box<dyn PackedOperation> {
        Box::new(*self)
    }
}

impl PackedOperation for Unshuffle {
    fn input_window(&self, wanted: Rect, _: &mut Rect) -> Rect {
        wanted.finer(self.0.into())
    }

    fn run(&self, pass: &mut Pass, window: Rect) {
        let r = usize::from(self.0);
        let (width, height) = pass.picture;
        pass.picture = (width.div_ceil(r), height.div_ceil(r));
        let strip = r * pass.tensor().channels;
        let window = pass.inside(window);
        pass.cover(window.finer(r));
        let mut output = pass.blank(window, strip * r);
        let input = pass.tensor();
        for y in window.y..window.bottom() {
            for x in window.x..window.right() {
                let to = output.offset(x, y);
                for dy in 0..r {
                    let left = x * r as i32;
                    let from = input.row(y * r as i32 + dy as i32, left, left + r as i32);
                    output.data[to + dy * strip..][..strip].copy_from_slice(from);
                }
            }
        }
        pass.replace(output);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tests::{refusal, run_alone};

    #[test]
    fn depth_and_space_change_places() {
        let mut deep = Tensor::zeros(Rect::of_size(2, 1), 8);
        deep.data.copy_from_slice(&[
            0, 1, 10, 11, 100, 101, 110, 111, //
            20, 21, 30, 31, 120, 121, 130, 131,
        ]);
        let wide = run_alone(Shuffle(2), &deep, 0);
        assert_eq!((wide.rect, wide.channels), (Rect::of_size(4, 2), 2));
        // Columns in tens, rows in hundreds.
        assert_eq!(wide.row(0, 0, 4), [0, 1, 10, 11, 20, 21, 30, 31]);
        assert_eq!(wide.row(1, 0, 4), [100, 101, 110, 111, 120, 121, 130, 131]);
        assert_eq!(run_alone(Unshuffle(2), &wide, 0), deep);
    }

    #[test]
    fn unshuffle_takes_zeros_from_outside() {
        let mut wide = Tensor::zeros(Rect::of_size(3, 1), 1);
        wide.data.copy_from_slice(&[1, 2, 3]);
        assert_eq!(
            run_alone(Unshuffle(2), &wide, 0).data,
            [1, 2, 0, 0, 3, 0, 0, 0]
        );
    }

    #[test]
    fn factors_that_do_not_fit_are_refused() {
        for (layers, expected) in [
            (vec![Shuffle(3).into()], "layer 0: Shuffle(3) of 4 channels"),
            (
                vec![Shuffle(17).into()],
                "shuffle factor: 17, expected 2 to 16",
            ),
            (vec![Unshuffle(0).into()], "shuffle factor: 0"),
            (
                vec![Unshuffle(16).into(), Unshuffle(16).into()],
                "layer 1: channels: 262144",
            ),
            (
                vec![Shuffle(2).into(); 8],
                "layer 1: Shuffle(2) of 1 channels",
            ),
        ] {
            let message = refusal(layers);
            assert!(message.contains(expected), "{message}");
        }
    }
}
