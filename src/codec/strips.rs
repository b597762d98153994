//! A picture decoded from the top down: tiles as they are needed, and no more latents in memory than the rows in work depend on.

use std::sync::Mutex;

use super::geometry::{Geometry, Tile, STRIDE};
use super::parallel::{locked, try_for_each, TILES_PER_WORKER};
use super::session::Session;
use super::synthesis::{Samples, Synthesis};
use crate::nn::{Rect, Tensor};
use crate::work::extend_zeros;
use crate::{Result, Scale};

/// A part of a picture on its way from tiles to samples, strip by strip.
pub(crate) struct Strips<'s> {
    session: &'s Session<'s>,
    geometry: Geometry,
    synthesis: Synthesis<'s>,
    /// Latents whose pixels are wanted.
    area: Rect,
    /// First row of them that is not rendered yet.
    next: i32,
    /// First row of tiles that is not decoded yet.
    next_tiles: usize,
    /// Latents that are there: as many columns as are needed, rows up to those of the last tiles decoded.
    band: Tensor,
}

impl<'s> Strips<'s> {
    /// Begins a part of a rendering, which is given in the rendering's own samples.
    pub(crate) fn new(
        session: &'s Session<'s>,
        geometry: Geometry,
        scale: Scale,
        part: Rect,
    ) -> Self {
        let divisor = scale.divisor() as usize;
        let (columns, rows) = geometry.latents();
        let whole = Rect::of_size(columns, rows);
        let area = part.finer(divisor).coarser(STRIDE).intersection(whole);
        let synthesis = Synthesis::new(session, &geometry, scale);
        let needed = synthesis.input_window(area).intersection(whole);
        let tile = geometry.tile_side / STRIDE;
        let next_tiles = needed.y as usize / tile;
        let coded = needed.coarser(tile).finer(tile).intersection(whole);
        session.meter.begin(coded.area() + area.area());
        let nothing = Rect {
            y: (next_tiles * tile) as i32,
            height: 0,
            ..needed
        };
        Self {
            session,
            geometry,
            synthesis,
            area,
            next: area.y,
            next_tiles,
            band: Tensor::zeros(nothing, session.y.channels()),
        }
    }

    /// How many coding steps of each tile are needed.
    pub(crate) fn steps(&self) -> usize {
        self.synthesis.steps(self.session)
    }

    /// Decodes some rows of tiles, and tells which latents can be rendered now: whole rows of the part, from the top to the bottom;
    /// `None` after the last ones. `decode` gives the latents ŷ of a tile by its number.
    ///
    /// # Errors
    /// Those of `decode`, [`crate::Error::OutOfMemory`] and [`crate::Error::Cancelled`].
    pub(crate) fn advance(
        &mut self,
        decode: &(impl Fn(usize, &Tile) -> Result<Tensor> + Sync),
    ) -> Result<Option<Rect>> {
        if self.next == self.area.bottom() {
            return Ok(None);
        }
        // A strip of no rows: the reach of the networks may be more than a row of tiles.
        loop {
            self.decode_tiles(decode)?;
            let ready = self.ready();
            if ready > self.next {
                let strip = Rect {
                    y: self.next,
                    height: (ready - self.next) as usize,
                    ..self.area
                };
                self.next = ready;
                return Ok(Some(strip));
            }
        }
    }

    /// The row up to which everything is there that its pixels depend on.
    fn ready(&self) -> i32 {
        let whole = self.geometry.latents().1 as i32;
        let there = self.band.rect.bottom();
        let enough = |bottom: i32| {
            let rows = Rect {
                y: bottom - 1,
                height: 1,
                ..self.area
            };
            self.synthesis.input_window(rows).bottom().min(whole) <= there
        };
        let mut ready = self.area.bottom().min(there);
        while ready > self.next && !enough(ready) {
            ready -= 1;
        }
        ready
    }

    /// The next rows of tiles: as many as keep all threads busy.
    fn decode_tiles(
        &mut self,
        decode: &(impl Fn(usize, &Tile) -> Result<Tensor> + Sync),
    ) -> Result<()> {
        let (across, down) = self.geometry.tile_grid();
        let side = self.geometry.tile_side / STRIDE;
        let columns = self.band.rect.x as usize / side
            ..(self.band.rect.right() as usize).div_ceil(side).min(across);
        let rows = (TILES_PER_WORKER * rayon::current_num_threads()).div_ceil(columns.len());
        let needed = self.synthesis.input_window(self.area).bottom() as usize;
        let end = (self.next_tiles + rows)
            .min(needed.div_ceil(side))
            .min(down);
        let tiles = self.geometry.tiles();
        let numbers = (self.next_tiles..end)
            .flat_map(|row| columns.clone().map(move |column| row * across + column))
            .collect();
        self.next_tiles = end;
        // The context networks have no use for memory of the synthesis' sizes, nor it for theirs.
        self.session.scratch.clear();
        let bottom = (end * side).min(self.geometry.latents().1);
        self.extend_band(bottom as i32)?;
        let band = Mutex::new(&mut self.band);
        try_for_each(numbers, TILES_PER_WORKER, |number: usize| {
            self.session.cancel.check()?;
            let part = decode(number, &tiles[number])?;
            locked(&band, |band| band.paste_common(&part));
            self.session.meter.add(part.rect.area());
            Ok(())
        })?;
        self.session.scratch.clear();
        Ok(())
    }

    /// Makes room for rows up to `bottom`, and lets go of those that are not needed any more.
    fn extend_band(&mut self, bottom: i32) -> Result<()> {
        let rows = Rect {
            y: self.next,
            height: 1,
            ..self.area
        };
        let first = self.synthesis.input_window(rows).y.max(self.band.rect.y);
        let top = first.min(self.band.rect.bottom());
        let rect = Rect {
            y: top,
            height: (bottom - top) as usize,
            ..self.band.rect
        };
        // In place: two bands of a wide picture would be the most that decoding takes.
        let row = rect.width * self.band.channels;
        self.band
            .data
            .drain(..(top - self.band.rect.y) as usize * row);
        extend_zeros("latents", &mut self.band.data, rect.height * row)?;
        self.band.rect = rect;
        Ok(())
    }

    /// Hands over the samples of `strip`, which [`Self::advance`] has given, part by part, in any order and from several threads.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`].
    pub(crate) fn render(&self, strip: Rect, done: &(impl Fn(&Samples) + Sync)) -> Result<()> {
        self.synthesis.run(&self.band, strip, done)
    }
}
