//! Windows of the plane: rectangles and the tensors that fill them.

use super::Kernels;

/// A window of positions. The origin may lie outside the picture, and so may any part of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// Leftmost column.
    pub x: i32,
    /// Topmost row.
    pub y: i32,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Rect {
    /// The whole picture of `width` × `height` positions.
    #[must_use]
    pub fn of_size(width: usize, height: usize) -> Self {
        Self {
            x: 0,
            y: 0,
            width,
            height,
        }
    }

    /// Number of positions.
    #[must_use]
    pub fn area(&self) -> usize {
        self.width * self.height
    }

    /// First column after the window.
    #[must_use]
    pub fn right(&self) -> i32 {
        self.x + self.width as i32
    }

    /// First row after the window.
    #[must_use]
    pub fn bottom(&self) -> i32 {
        self.y + self.height as i32
    }

    fn from_bounds(left: i32, top: i32, right: i32, bottom: i32) -> Self {
        Self {
            x: left,
            y: top,
            width: (right - left) as usize,
            height: (bottom - top) as usize,
        }
    }

    /// Larger by `n` positions on every side.
    #[must_use]
    pub(crate) fn expand(self, n: i32) -> Self {
        Self::from_bounds(self.x - n, self.y - n, self.right() + n, self.bottom() + n)
    }

    /// The same region on a grid `r` times finer.
    #[must_use]
    pub(crate) fn finer(self, r: usize) -> Self {
        Self {
            x: self.x * r as i32,
            y: self.y * r as i32,
            width: self.width * r,
            height: self.height * r,
        }
    }

    /// The smallest window that covers this one on a grid `r` times coarser.
    #[must_use]
    pub(crate) fn coarser(self, r: usize) -> Self {
        let r = r as i32;
        let up = |v: i32| -(-v).div_euclid(r);
        Self::from_bounds(
            self.x.div_euclid(r),
            self.y.div_euclid(r),
            up(self.right()),
            up(self.bottom()),
        )
    }

    /// The smallest window that covers both.
    #[must_use]
    pub(crate) fn union(self, other: Self) -> Self {
        Self::from_bounds(
            self.x.min(other.x),
            self.y.min(other.y),
            self.right().max(other.right()),
            self.bottom().max(other.bottom()),
        )
    }

    /// What both windows have in common. If that is nothing, the result has no rows and no columns.
    #[must_use]
    pub(crate) fn intersection(self, other: Self) -> Self {
        let (left, top) = (self.x.max(other.x), self.y.max(other.y));
        let (right, bottom) = (
            self.right().min(other.right()),
            self.bottom().min(other.bottom()),
        );
        if right <= left || bottom <= top {
            return Self::from_bounds(left, top, left, top);
        }
        Self::from_bounds(left, top, right, bottom)
    }

    /// Whether a position lies inside.
    pub(crate) fn holds(&self, x: i32, y: i32) -> bool {
        (self.x..self.right()).contains(&x) && (self.y..self.bottom()).contains(&y)
    }

    pub(crate) fn contains(&self, other: &Self) -> bool {
        self.union(*other) == *self
    }
}

/// A window of the plane, row by row, channels innermost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Where it lies.
    pub rect: Rect,
    /// Values per position.
    pub channels: usize,
    /// `[y][x][channel]`.
    pub data: Vec<i16>,
}

impl Tensor {
    /// A tensor of zeros.
    #[must_use]
    pub fn zeros(rect: Rect, channels: usize) -> Self {
        Self {
            rect,
            channels,
            data: vec![0; rect.area() * channels],
        }
    }

    /// Offset in `data` of the first channel at column `x`, row `y` of the plane; both inside the window.
    #[must_use]
    pub fn offset(&self, x: i32, y: i32) -> usize {
        let (x, y) = ((x - self.rect.x) as usize, (y - self.rect.y) as usize);
        (y * self.rect.width + x) * self.channels
    }

    /// All values of row `y` of the plane between columns `left` and `right`, which lie inside the window.
    #[must_use]
    pub fn row(&self, y: i32, left: i32, right: i32) -> &[i16] {
        let start = self.offset(left, y);
        &self.data[start..start + (right - left) as usize * self.channels]
    }

    /// The same, mutable.
    #[must_use]
    pub fn row_mut(&mut self, y: i32, left: i32, right: i32) -> &mut [i16] {
        let start = self.offset(left, y);
        &mut self.data[start..start + (right - left) as usize * self.channels]
    }

    /// `rect` of this tensor, zero where the tensor does not reach: what a network asks of its input.
    #[must_use]
    pub fn window(&self, rect: Rect) -> Self {
        let mut out = Self::zeros(rect, self.channels);
        let (left, right) = (rect.x.max(self.rect.x), rect.right().min(self.rect.right()));
        if left < right {
            for y in rect.y.max(self.rect.y)..rect.bottom().min(self.rect.bottom()) {
                out.row_mut(y, left, right)
                    .copy_from_slice(self.row(y, left, right));
            }
        }
        out
    }

    /// Copies `part`, which lies inside this tensor and has as many channels, into its place.
    pub(crate) fn paste(&mut self, part: &Self) {
        let (left, right) = (part.rect.x, part.rect.right());
        for y in part.rect.y..part.rect.bottom() {
            self.row_mut(y, left, right)
                .copy_from_slice(part.row(y, left, right));
        }
    }

    /// Copies the positions that `part` and this tensor have in common; both have as many channels.
    pub(crate) fn paste_common(&mut self, part: &Self) {
        let common = self.rect.intersection(part.rect);
        if common.area() == 0 {
            return;
        }
        let (left, right) = (common.x, common.right());
        for y in common.y..common.bottom() {
            self.row_mut(y, left, right)
                .copy_from_slice(part.row(y, left, right));
        }
    }

    /// Adds, with `kernels`, the same positions of `other`, which covers this tensor's window and has as many channels; sums are clamped to ±`limit`.
    ///
    /// # Panics
    /// If it does not cover it.
    pub(crate) fn add(&mut self, kernels: Kernels, other: &Self, limit: i16) {
        self.add_rows(kernels, |y, left, right| other.row(y, left, right), limit);
    }

    /// The same with what `others` gives of a row between two columns, see [`Self::row`].
    pub(crate) fn add_rows<'o>(
        &mut self,
        kernels: Kernels,
        others: impl Fn(i32, i32, i32) -> &'o [i16],
        limit: i16,
    ) {
        let Rect { x, y, .. } = self.rect;
        let (right, bottom) = (self.rect.right(), self.rect.bottom());
        for y in y..bottom {
            let other = others(y, x, right);
            let row = self.row_mut(y, x, right);
            kernels.vectorise(move || {
                for (a, &b) in row.iter_mut().zip(other) {
                    // Saturation is beyond any limit, and keeps this in 16-bit lanes.
                    *a = a.saturating_add(b).clamp(-limit, limit);
                }
            });
        }
    }
}
