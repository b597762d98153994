//! Samples → the bytes that a caller wants: grey, halved, with alpha, in any order of channels.

use std::borrow::Cow;

use super::synthesis::Samples;
use crate::nn::Rect;
use crate::{Color, PixelFormat, Scale};

/// Samples in a picture's own colours, ready to be put on a [`Canvas`].
pub(crate) struct Block<'s> {
    rect: Rect,
    color: Color,
    data: Cow<'s, [u8]>,
}

/// How the samples of the synthesis become those of a rendering.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finish {
    pub(crate) color: Color,
    pub(crate) scale: Scale,
    /// Size of the picture.
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// Rows of a rendering in somebody's memory.
pub(crate) struct Canvas<'a> {
    /// Which part of the rendering it is.
    pub(crate) rect: Rect,
    /// Row after row, `stride` bytes apart.
    pub(crate) data: &'a mut [u8],
    pub(crate) stride: usize,
    pub(crate) format: PixelFormat,
    /// The alpha plane of the whole rendering.
    pub(crate) alpha: Option<&'a Alpha>,
}

/// An alpha plane.
pub(crate) struct Alpha {
    width: usize,
    plane: Vec<u8>,
}

impl Finish {
    /// The samples, made grey if the picture is grey (SPEC.md section 11), and halved if that is wanted.
    pub(crate) fn block<'s>(&self, samples: &'s Samples) -> Block<'s> {
        let (rect, data) = (samples.rect, &samples.data);
        let full = match self.color {
            Color::Rgb => Block {
                rect,
                color: Color::Rgb,
                data: data.into(),
            },
            Color::Gray => {
                let gray =
                    |p: &[u8]| ((p.iter().map(|&v| u16::from(v)).sum::<u16>() + 1) / 3) as u8;
                Block {
                    rect,
                    color: Color::Gray,
                    data: data.chunks_exact(3).map(gray).collect(),
                }
            }
        };
        match self.scale {
            Scale::Half => full.means(2, (self.width, self.height)),
            _ => full,
        }
    }

    /// An alpha plane of the picture, for this rendering.
    pub(crate) fn alpha(&self, plane: Vec<u8>) -> Alpha {
        let whole = Block {
            rect: Rect::of_size(self.width, self.height),
            color: Color::Gray,
            data: plane.into(),
        };
        let scaled = match self.scale {
            Scale::Full => whole,
            scale => whole.means(scale.divisor() as usize, (self.width, self.height)),
        };
        Alpha {
            width: scaled.rect.width,
            plane: scaled.data.into_owned(),
        }
    }
}

impl Block<'_> {
    /// Means of `side` × `side` samples, of those that are inside the picture, rounded to nearest.
    fn means(&self, side: usize, (width, height): (usize, usize)) -> Block<'static> {
        let inside = self.rect.intersection(Rect::of_size(width, height));
        let rect = inside.coarser(side);
        let channels = self.color.channels();
        let mut data = Vec::with_capacity(rect.area() * channels);
        for y in rect.y as usize..rect.bottom() as usize {
            for x in rect.x as usize..rect.right() as usize {
                let columns = side * x..(side * (x + 1)).min(width);
                let rows = side * y..(side * (y + 1)).min(height);
                let count = (columns.len() * rows.len()) as u32;
                for c in 0..channels {
                    let row = |y: usize| {
                        let line = (y - self.rect.y as usize) * self.rect.width;
                        let at = |x: usize| (line + x - self.rect.x as usize) * channels + c;
                        let values = columns.clone().map(at);
                        values.map(|at| u32::from(self.data[at])).sum::<u32>()
                    };
                    let sum: u32 = rows.clone().map(row).sum();
                    data.push(((sum + count / 2) / count) as u8);
                }
            }
        }
        Block {
            rect,
            color: self.color,
            data: data.into(),
        }
    }
}

impl Canvas<'_> {
    /// Puts samples into their places, as far as they are on the canvas.
    pub(crate) fn place(&mut self, block: &Block) {
        let common = self.rect.intersection(block.rect);
        if common.area() == 0 {
            return;
        }
        let bytes = self.format.bytes();
        for y in common.y..common.bottom() {
            let to = (y - self.rect.y) as usize * self.stride
                + (common.x - self.rect.x) as usize * bytes;
            let target = &mut self.data[to..to + common.width * bytes];
            let from = ((y - block.rect.y) as usize * block.rect.width
                + (common.x - block.rect.x) as usize)
                * block.color.channels();
            let source = &block.data[from..from + common.width * block.color.channels()];
            let alpha = self.alpha.map(|alpha| {
                let from = y as usize * alpha.width + common.x as usize;
                &alpha.plane[from..from + common.width]
            });
            self.format.write_row(source, block.color, alpha, target);
        }
    }
}

impl Alpha {
    /// The plane of a part of the rendering.
    pub(crate) fn part(&self, rect: Rect) -> Vec<u8> {
        let rows = rect.y as usize..rect.bottom() as usize;
        let row = |y: usize| &self.plane[y * self.width + rect.x as usize..][..rect.width];
        rows.flat_map(row).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_at_the_edges_are_of_what_is_inside() {
        let finish = Finish {
            color: Color::Gray,
            scale: Scale::Half,
            width: 3,
            height: 3,
        };
        let data: Vec<u8> = [
            10, 20, 30, 99, 40, 51, 60, 99, 70, 80, 90, 99, 99, 99, 99, 99,
        ]
        .into_iter()
        .flat_map(|v| [v; 3])
        .collect();
        let samples = Samples {
            rect: Rect::of_size(4, 4),
            data,
        };
        let block = finish.block(&samples);
        assert_eq!((block.rect.width, block.rect.height), (2, 2));
        assert_eq!(*block.data, [30, 45, 75, 90]);
    }

    #[test]
    fn every_format_has_its_order() {
        let block = Block {
            rect: Rect::of_size(1, 1),
            color: Color::Rgb,
            data: vec![1, 2, 3].into(),
        };
        let alpha = Alpha {
            width: 1,
            plane: vec![9],
        };
        let draw = |format: PixelFormat, alpha| {
            let mut data = vec![0; format.bytes()];
            let mut canvas = Canvas {
                rect: Rect::of_size(1, 1),
                stride: data.len(),
                data: &mut data,
                format,
                alpha,
            };
            canvas.place(&block);
            data
        };
        assert_eq!(draw(PixelFormat::Rgb8, Some(&alpha)), [1, 2, 3]);
        assert_eq!(draw(PixelFormat::Rgba8, Some(&alpha)), [1, 2, 3, 9]);
        assert_eq!(draw(PixelFormat::Bgra8, None), [3, 2, 1, 255]);
    }
}
