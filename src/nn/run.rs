//! Running a network over a window of the plane, or at a list of positions.
//!
//! Both give exactly what a run over the whole picture gives: every intermediate tensor is a window of a plane that is zero outside
//! the picture, and convolutions are valid ones on a window that has been grown by what they reach.

use super::conv::offset;
use super::network::Op;
use super::{convolve, Job, Level, PackedConv, Prepared, Rect, Tensor};

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

    /// Outputs at single positions of a tensor, `[position][output]`, for a network that
    /// [is pointwise after its first layer](Self::is_pointwise_after_first).
    ///
    /// `features` has `pixel` values per position, of which the first [`Self::inputs`] are read, and `row` values per row;
    /// `centres` are the offsets of the positions' first channels. Where the first layer is 3×3, the neighbours are read too: keep a
    /// border of one position (zero, at the edge of the picture).
    ///
    /// # Panics
    /// If the network is of another kind, or a read would leave `features`.
    #[must_use]
    pub fn run_at(
        &self,
        features: &[i16],
        (pixel, row): (usize, usize),
        centres: &[u32],
        quality: u16,
    ) -> Vec<i16> {
        assert!(self.is_pointwise_after_first(), "network is pointwise");
        let Op::Conv(first) = &self.ops[0] else {
            unreachable!("a pointwise network starts with a convolution");
        };
        let corner = offset((first.kernel / 2) * (row + pixel));
        let bases: Vec<u32> = centres
            .iter()
            .map(|c| c.checked_sub(corner).expect("position inside the border"))
            .collect();
        let list = Rect::of_size(centres.len(), 1);
        let mut tensor = Tensor::zeros(list, first.outputs);
        let (start, taps) = (first.start(quality), first.taps(pixel, row));
        let job = Job::new(first, &start, features, &bases, &taps);
        convolve(self.level, &job, &mut tensor.data);
        let rest = &self.ops[1..];
        let windows = vec![list; rest.len()];
        forward(
            self.level,
            rest,
            &windows,
            tensor,
            (centres.len(), 1),
            quality,
        )
        .data
    }
}

/// The window that each operation reads, first one first, then the one wanted of the last.
fn windows(ops: &[Op], wanted: Rect) -> Vec<Rect> {
    let mut windows = vec![wanted];
    let mut window = wanted;
    let mut saved = wanted;
    for op in ops.iter().rev() {
        window = match op {
            Op::Conv(conv) => window.expand(conv.kernel as i32 / 2),
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
    mut tensor: Tensor,
    mut picture: (usize, usize),
    quality: u16,
) -> Tensor {
    let mut saved = None;
    for (op, &window) in ops.iter().zip(windows) {
        match op {
            Op::Conv(packed) => {
                // Outside the picture a bias would leak in, and all is 0.
                let inside = window.intersection(Rect::of_size(picture.0, picture.1));
                tensor = conv(level, packed, &tensor, inside, quality).into_window(window);
            }
            Op::Save => {
                let next = tensor.crop(window);
                saved = Some(std::mem::replace(&mut tensor, next));
            }
            Op::AddSaved { limit } => {
                let saved = saved.take().expect("every AddSaved has its Save");
                add(&mut tensor, &saved, *limit);
            }
            Op::Shuffle(r) => {
                tensor = shuffle(&tensor, window, *r);
                picture = (picture.0 * r, picture.1 * r);
            }
            Op::Unshuffle(r) => {
                tensor = unshuffle(&tensor, window, *r);
                picture = (picture.0.div_ceil(*r), picture.1.div_ceil(*r));
            }
            Op::Gain { multipliers, shift } => gain(&mut tensor, multipliers, *shift),
        }
    }
    tensor
}

fn conv(level: Level, conv: &PackedConv, input: &Tensor, window: Rect, quality: u16) -> Tensor {
    let mut output = Tensor::zeros(window, conv.outputs);
    let reach = conv.kernel as i32 / 2;
    let mut bases = Vec::with_capacity(window.area());
    for y in window.y..window.bottom() {
        let start = input.offset(window.x - reach, y - reach);
        bases.extend((0..window.width).map(|x| offset(start + x * input.channels)));
    }
    let (start, taps) = (
        conv.start(quality),
        conv.taps(input.channels, input.rect.width * input.channels),
    );
    let job = Job::new(conv, &start, &input.data, &bases, &taps);
    convolve(level, &job, &mut output.data);
    output
}

fn add(tensor: &mut Tensor, saved: &Tensor, limit: i16) {
    let Rect { x, y, .. } = tensor.rect;
    let (right, bottom) = (tensor.rect.right(), tensor.rect.bottom());
    for y in y..bottom {
        let saved = saved.row(y, x, right);
        for (a, &b) in tensor.row_mut(y, x, right).iter_mut().zip(saved) {
            // Saturation is beyond any limit, and keeps this in 16-bit lanes.
            *a = a.saturating_add(b).clamp(-limit, limit);
        }
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
fn shuffle(input: &Tensor, window: Rect, r: usize) -> Tensor {
    let channels = input.channels / (r * r);
    let mut output = Tensor::zeros(window, channels);
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
fn unshuffle(input: &Tensor, window: Rect, r: usize) -> Tensor {
    let strip = r * input.channels;
    let mut output = Tensor::zeros(window, strip * r);
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
