//! Sizes of pictures, tiles and latents.

use crate::container::Header;
use crate::nn::{Rect, Tensor};

/// Pixels per latent position, each way.
pub(crate) const STRIDE: usize = 16;
/// Latent positions per hyper-latent position, each way.
pub(crate) const HYPER_STRIDE: usize = 4;

/// A picture cut into entropy tiles.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Geometry {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// Side of a tile in pixels, a multiple of 64.
    pub tile_side: usize,
}

/// One tile, in latent positions of the whole picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tile {
    /// Its latents.
    pub latents: Rect,
}

impl Geometry {
    pub fn new(header: &Header) -> Self {
        Self {
            width: header.width() as usize,
            height: header.height() as usize,
            tile_side: header.tile_side() as usize,
        }
    }

    /// Columns and rows of latents of the whole picture.
    pub fn latents(&self) -> (usize, usize) {
        (self.width.div_ceil(STRIDE), self.height.div_ceil(STRIDE))
    }

    /// Columns and rows of tiles.
    pub fn tile_grid(&self) -> (usize, usize) {
        (
            self.width.div_ceil(self.tile_side),
            self.height.div_ceil(self.tile_side),
        )
    }

    /// All tiles, row by row.
    pub fn tiles(&self) -> Vec<Tile> {
        let ((columns, rows), side) = (self.latents(), self.tile_side / STRIDE);
        windows(Rect::of_size(columns, rows), (side, side))
            .into_iter()
            .map(|latents| Tile { latents })
            .collect()
    }
}

impl Tile {
    /// `rect` (in the tile's own positions) of `latents`, a tensor of this tile in the picture's positions; zero outside.
    pub fn window(&self, latents: &Tensor, rect: Rect) -> Tensor {
        let moved = Rect {
            x: rect.x + self.latents.x,
            y: rect.y + self.latents.y,
            ..rect
        };
        let mut window = latents.window(moved);
        window.rect = rect;
        window
    }

    /// Columns and rows of the tile's hyper-latents.
    pub fn hyper(&self) -> (usize, usize) {
        (
            self.latents.width.div_ceil(HYPER_STRIDE),
            self.latents.height.div_ceil(HYPER_STRIDE),
        )
    }
}

/// `area` cut into windows of at most `width` × `height`, row by row.
pub(crate) fn windows(area: Rect, (width, height): (usize, usize)) -> Vec<Rect> {
    let starts = |length: usize, side: usize| (0..length).step_by(side);
    starts(area.height, height)
        .flat_map(|y| {
            starts(area.width, width).map(move |x| Rect {
                x: area.x + x as i32,
                y: area.y + y as i32,
                width: width.min(area.width - x),
                height: height.min(area.height - y),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_the_plane_once() {
        for size in [(1, 1), (5, 3), (8, 8), (9, 17), (64, 1)] {
            let mut seen = vec![0; size.0 * size.1];
            for window in windows(Rect::of_size(size.0, size.1), (8, 3)) {
                for y in window.y..window.bottom() {
                    for x in window.x..window.right() {
                        seen[y as usize * size.0 + x as usize] += 1;
                    }
                }
            }
            assert!(seen.iter().all(|&n| n == 1), "{size:?}");
        }
    }
}
