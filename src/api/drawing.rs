//! Strips of a picture → rows of a target.

use std::sync::Mutex;

use super::target::{Buffer, Target};
use crate::codec::{locked, Alpha, Canvas, Finish, Geometry, Session, Strips, Tile, STRIDE};
use crate::container::Header;
use crate::nn::{Rect, Tensor};
use crate::work::{zeros, Threads};
use crate::{PixelFormat, Region, Result, Scale, View};

/// What is drawn, and how.
pub(super) struct Drawing<'a> {
    pub(super) threads: &'a Threads,
    pub(super) finish: &'a Finish,
    /// In samples of the rendering.
    pub(super) region: Region,
    pub(super) format: PixelFormat,
    pub(super) alpha: Option<&'a Alpha>,
}

impl Drawing<'_> {
    /// Draws all of the region, from the top. `decode` gives the latents ŷ of a tile by its number.
    ///
    /// # Errors
    /// Those of `decode` and `target`, [`crate::Error::OutOfMemory`] and [`crate::Error::Cancelled`].
    pub(super) fn run(
        &self,
        strips: &mut Strips,
        decode: &(impl Fn(usize, &Tile) -> Result<Tensor> + Sync),
        target: &mut impl Target,
    ) -> Result<()> {
        let region = rect(self.region);
        while let Some(strip) = self.threads.run(|| strips.advance(decode))? {
            let divisor = self.finish.scale.divisor() as usize;
            let area = strip.finer(STRIDE).coarser(divisor).intersection(region);
            let first = (area.y - region.y) as usize;
            let (data, stride) = target.rows(first, area.height)?;
            let canvas = Mutex::new(Canvas {
                rect: area,
                data,
                stride,
                format: self.format,
                alpha: self.alpha,
            });
            self.threads.run(|| {
                strips.render(strip, &|samples| {
                    let block = self.finish.block(samples);
                    locked(&canvas, |canvas| canvas.place(&block));
                })
            })?;
            target.done(first, area.height)?;
        }
        Ok(())
    }
}

/// Samples of a whole picture at full size, in its own colours. `decode` gives the latents ŷ of a tile by its number.
///
/// # Errors
/// Those of [`Drawing::run`].
pub(super) fn draw_whole(
    session: &Session,
    header: &Header,
    threads: &Threads,
    decode: &(impl Fn(usize, &Tile) -> Result<Tensor> + Sync),
) -> Result<Vec<u8>> {
    let region = View::default().resolve(header.width(), header.height())?;
    let finish = Finish {
        color: header.color(),
        scale: Scale::Full,
        width: header.width() as usize,
        height: header.height() as usize,
    };
    let format = PixelFormat::of(header.color(), false);
    let stride = region.width as usize * format.bytes();
    let mut samples = zeros("samples", stride * region.height as usize)?;
    let drawing = Drawing {
        threads,
        finish: &finish,
        region,
        format,
        alpha: None,
    };
    let mut strips = Strips::new(session, Geometry::new(header), Scale::Full, rect(region));
    let target = &mut Buffer::new(&mut samples, stride, region, format)?;
    drawing.run(&mut strips, decode, target)?;
    Ok(samples)
}

/// A region as a rectangle.
pub(super) fn rect(region: Region) -> Rect {
    Rect {
        x: region.x as i32,
        y: region.y as i32,
        width: region.width as usize,
        height: region.height as usize,
    }
}
