//! Running a network over a window of the plane, or at a list of positions.
//!
//! Both give exactly what a run over the whole picture gives: every intermediate tensor is a window of a plane that is zero outside
//! the picture, and convolutions are valid ones on a window that has been grown by what they reach.

use std::borrow::Cow;
use std::rc::Rc;

use super::conv::offset;
use super::network::Op;
use super::{convolve, depthwise, taps, DepthwiseCall, Job, Level, Prepared, Rect, Tensor};

impl Prepared {
    /// Output in the window `wanted` (in output positions; it may leave the picture, where everything is 0).
    ///
    /// `picture` is (width, height) in input positions; at a layer of 1/r of the resolution the picture is `ceil(size / r)`.
    /// `input` is asked once for the window of the input that is needed, which may leave the picture; what it puts there is ignored.
    /// `quality` (0 to 1024) sets the biases.
    ///
    /// # Panics
    /// If `input` returns another window or another number of channels than asked for.
    pub fn run(
        &self,
        wanted: Rect,
        picture: (usize, usize),
        quality: u16,
        input: impl FnOnce(Rect) -> Tensor,
    ) -> Tensor {
        let windows = windows(&self.ops, wanted);
        let mut tensor = input(windows[0]);
        assert_eq!(tensor.rect, windows[0], "window of the input");
        assert_eq!(tensor.channels, self.inputs(), "channels of the input");
        tensor.clear_outside(picture);
        forward(
            self.level,
            &self.ops,
            &windows[1..],
            tensor,
            picture,
            quality,
        )
    }

    /// The window of the input that [`Self::run`] asks for.
    #[must_use]
    pub fn input_window(&self, wanted: Rect) -> Rect {
        windows(&self.ops, wanted)[0]
    }

    /// The tensor that [`Self::run_at`] wants for a picture's `features`: what the layers before the one that sees neighbours make of
    /// them, or the features themselves where there are none.
    ///
    /// `features` has a border of one position of zeros around the picture, and at least [`Self::inputs`] channels, of which the first ones are read.
    ///
    /// # Panics
    /// If the network [cannot be run at positions](Self::can_run_at_positions).
    #[must_use]
    pub fn before_neighbours<'t>(&self, features: &'t Tensor, quality: u16) -> Cow<'t, Tensor> {
        let split = self.neighbours_at();
        if split == 0 {
            return Cow::Borrowed(features);
        }
        let inside = features.rect.expand(-1);
        let size = (inside.width, inside.height);
        let (first, rest) = self.ops[..split].split_first().expect("split > 0");
        let positions = all_of(inside);
        let tensor = at_positions(self.level, first, features, &positions, quality);
        let tensor = Tensor {
            rect: inside,
            ..tensor
        };
        let windows = vec![inside; rest.len()];
        let tensor = forward(self.level, rest, &windows, tensor, size, quality);
        Cow::Owned(tensor.window(features.rect))
    }

    /// Outputs at some positions of the picture, `[position][output]`; `tensor` is what [`Self::before_neighbours`] gave.
    ///
    /// # Panics
    /// If the network [cannot be run at positions](Self::can_run_at_positions), or a position is outside the picture.
    #[must_use]
    pub fn run_at(&self, tensor: &Tensor, positions: &[(i32, i32)], quality: u16) -> Vec<i16> {
        let (first, rest) = self.ops[self.neighbours_at()..]
            .split_first()
            .expect("a layer");
        let output = at_positions(self.level, first, tensor, positions, quality);
        let windows = vec![output.rect; rest.len()];
        let size = (positions.len(), 1);
        forward(self.level, rest, &windows, output, size, quality).data
    }

    /// The layer that sees neighbours, or the first one.
    fn neighbours_at(&self) -> usize {
        assert!(self.can_run_at_positions(), "network runs at positions");
        let found = self.ops.iter().position(|op| op.reach() > 0);
        found.unwrap_or(0)
    }
}

/// Positions row by row.
fn all_of(rect: Rect) -> Vec<(i32, i32)> {
    (rect.y..rect.bottom())
        .flat_map(|y| (rect.x..rect.right()).map(move |x| (x, y)))
        .collect()
}

/// A convolution of either kind at a list of positions, as a tensor of one row.
fn at_positions(
    level: Level,
    op: &Op,
    input: &Tensor,
    positions: &[(i32, i32)],
    quality: u16,
) -> Tensor {
    let reach = op.reach();
    let bases: Vec<u32> = positions
        .iter()
        .map(|&(x, y)| offset(input.offset(x - reach, y - reach)))
        .collect();
    let list = Rect::of_size(positions.len(), 1);
    convolution(
        level,
        op,
        input,
        &bases,
        list,
        quality,
        &mut Spare::default(),
    )
}

/// The window that each operation reads, first one first, then the one wanted of the last.
fn windows(ops: &[Op], wanted: Rect) -> Vec<Rect> {
    let mut windows = vec![wanted];
    let mut window = wanted;
    let mut saved = wanted;
    for op in ops.iter().rev() {
        window = match op {
            Op::Conv(_) | Op::Depthwise(_) => window.expand(op.reach()),
            Op::AddSaved { .. } => {
                saved = window;
                window
            }
            Op::Save => window.union(saved),
            Op::Shuffle(r) => window.coarser(*r),
            Op::Unshuffle(r) => window.finer(*r),
            Op::Gain { .. } => window,
        };
        windows.push(window);
    }
    windows.reverse();
    windows
}

/// Runs `ops`, each giving its window of `windows`.
fn forward(
    level: Level,
    ops: &[Op],
    windows: &[Rect],
    tensor: Tensor,
    mut picture: (usize, usize),
    quality: u16,
) -> Tensor {
    let mut spare = Spare::default();
    let mut tensor = Rc::new(tensor);
    let mut saved = None;
    for (op, &window) in ops.iter().zip(windows) {
        let next = match op {
            Op::Conv(_) | Op::Depthwise(_) => {
                // Outside the picture a bias would leak in, and all is 0.
                let inside = window.intersection(Rect::of_size(picture.0, picture.1));
                in_window(level, op, &tensor, inside, quality, &mut spare).into_window(window)
            }
            Op::Save => {
                saved = Some(Rc::clone(&tensor));
                if window == tensor.rect {
                    continue;
                }
                tensor.crop(window)
            }
            Op::AddSaved { limit } => {
                let saved = saved.take().expect("every AddSaved has its Save");
                Rc::make_mut(&mut tensor).add(&saved, *limit);
                spare.keep(saved);
                continue;
            }
            Op::Shuffle(r) => {
                picture = (picture.0 * r, picture.1 * r);
                shuffle(&tensor, window, *r, &mut spare)
            }
            Op::Unshuffle(r) => {
                picture = (picture.0.div_ceil(*r), picture.1.div_ceil(*r));
                unshuffle(&tensor, window, *r, &mut spare)
            }
            Op::Gain { multipliers, shift } => {
                gain(Rc::make_mut(&mut tensor), multipliers, *shift);
                continue;
            }
        };
        spare.keep(std::mem::replace(&mut tensor, Rc::new(next)));
    }
    Rc::unwrap_or_clone(tensor)
}

/// Memory of tensors that are not needed any more, for the next ones: pages that were used already cost nothing.
#[derive(Default)]
struct Spare(Vec<Vec<i16>>);

impl Spare {
    /// A tensor whose values are to be written, all of them.
    fn tensor(&mut self, rect: Rect, channels: usize) -> Tensor {
        let mut data = self.0.pop().unwrap_or_default();
        data.resize(rect.area() * channels, 0);
        Tensor {
            rect,
            channels,
            data,
        }
    }

    fn keep(&mut self, tensor: Rc<Tensor>) {
        if let Some(tensor) = Rc::into_inner(tensor) {
            self.0.push(tensor.data);
        }
    }
}

/// A convolution of either kind in a window.
fn in_window(
    level: Level,
    op: &Op,
    input: &Tensor,
    window: Rect,
    quality: u16,
    spare: &mut Spare,
) -> Tensor {
    let reach = op.reach();
    let mut bases = Vec::with_capacity(window.area());
    for y in window.y..window.bottom() {
        let start = input.offset(window.x - reach, y - reach);
        bases.extend((0..window.width).map(|x| offset(start + x * input.channels)));
    }
    convolution(level, op, input, &bases, window, quality, spare)
}

/// A convolution of either kind with the top-left taps at `bases` of `input`; the outputs fill `window`.
fn convolution(
    level: Level,
    op: &Op,
    input: &Tensor,
    bases: &[u32],
    window: Rect,
    quality: u16,
    spare: &mut Spare,
) -> Tensor {
    let (pixel, row) = (input.channels, input.rect.width * input.channels);
    match op {
        Op::Conv(conv) => {
            let mut output = spare.tensor(window, conv.outputs());
            let (start, taps) = (conv.start(quality), taps(conv.kernel(), pixel, row));
            let job = Job::new(conv, &start, &input.data, bases, &taps);
            convolve(level, &job, &mut output.data);
            output
        }
        Op::Depthwise(layer) => {
            let mut output = spare.tensor(window, layer.channels());
            let (start, taps) = (layer.start(quality), taps(3, pixel, row));
            let call = DepthwiseCall::new(layer, &start, &input.data, bases, &taps);
            depthwise(level, &call, &mut output.data);
            output
        }
        _ => unreachable!("only convolutions are run at positions"),
    }
}

fn gain(tensor: &mut Tensor, multipliers: &[i32], shift: u32) {
    let rounding = (1i64 << shift) >> 1;
    for position in tensor.data.chunks_exact_mut(multipliers.len()) {
        for (value, &m) in position.iter_mut().zip(multipliers) {
            let scaled = (i64::from(*value) * i64::from(m) + rounding) >> shift;
            *value = scaled.clamp(-32767, 32767) as i16;
        }
    }
}

/// Depth to space: what becomes r neighbours of one row is contiguous in the coarse position.
fn shuffle(input: &Tensor, window: Rect, r: usize, spare: &mut Spare) -> Tensor {
    let channels = input.channels / (r * r);
    let mut output = spare.tensor(window, channels);
    let coarse = window.coarser(r);
    for y in window.y..window.bottom() {
        let sub = y.rem_euclid(r as i32) as usize * r * channels;
        for cx in coarse.x..coarse.right() {
            let from = input.offset(cx, y.div_euclid(r as i32)) + sub;
            let left = cx * r as i32;
            let (first, last) = (left.max(window.x), (left + r as i32).min(window.right()));
            let skip = (first - left) as usize * channels;
            let target = output.row_mut(y, first, last);
            target.copy_from_slice(&input.data[from + skip..][..target.len()]);
        }
    }
    output
}

/// Space to depth, the inverse.
fn unshuffle(input: &Tensor, window: Rect, r: usize, spare: &mut Spare) -> Tensor {
    let strip = r * input.channels;
    let mut output = spare.tensor(window, strip * r);
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
    output
}
