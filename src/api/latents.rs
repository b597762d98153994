//! What a file holds before it is made into pixels: latents, and the labels that name codewords.

use std::sync::Mutex;

use super::Picture;
use crate::codec::{
    decode_labels, decode_tile, locked, try_for_each, Geometry, Session, Tile, TILES_PER_WORKER,
};
use crate::work::zeros;
use crate::{Error, Result};

/// Values at every 16th pixel of a picture each way, row by row, with all channels of a position together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Features<T> {
    /// Positions in a row: the picture's width / 16, rounded up.
    pub width: usize,
    /// Rows: its height / 16, rounded up.
    pub height: usize,
    /// Number of values at each position.
    pub channels: usize,
    /// `width × height × channels` values.
    pub values: Vec<T>,
}

impl Picture<'_> {
    /// The quantised latents ŷ (SPEC.md section 8): the model's own description of the picture, from which the networks of the synthesis make pixels. They are in eighths of the
    /// unit in which one level of a pixel is 1. No pixels are made, which saves most of the work of decoding. Latents can be compared only between files of the same model.
    ///
    /// # Errors
    /// [`Error::Format`] if the streams are wrong; [`Error::Parameter`] if the file has not arrived as a whole; [`Error::OutOfMemory`]; [`Error::Cancelled`].
    pub fn latents(&self) -> Result<Features<i16>> {
        self.features("latents", &|session, tile, streams| {
            let steps = session.model.networks.steps.len();
            Ok(decode_tile(session, tile, streams, steps)?.data)
        })
    }

    /// The labels of the latents, as they are coded: each is the index of a codeword, in a codebook that follows from the labels before it (SPEC.md section 8.3).
    /// What is coded is the difference from what the model expects at the position.
    ///
    /// # Errors
    /// Those of [`Self::latents`].
    pub fn labels(&self) -> Result<Features<i32>> {
        self.features("labels", &decode_labels)
    }

    /// `decode` gives the values of a tile from its streams.
    fn features<T: Copy + Default + Send>(
        &self,
        what: &'static str,
        decode: &(impl Fn(&Session, &Tile, &[&[u8]]) -> Result<Vec<T>> + Sync),
    ) -> Result<Features<T>> {
        if !self.is_whole() {
            return Err(Error::Parameter(format!(
                "{what} were asked for, but the file has not arrived as a whole"
            )));
        }
        let (session, geometry) = (self.session(), Geometry::new(self.header()));
        let (width, height) = geometry.latents();
        let channels = session.channels();
        let values = Mutex::new(zeros(what, width * height * channels)?);
        let numbered: Vec<_> = geometry.tiles().into_iter().enumerate().collect();
        let all = self.parsed().tiles;
        self.threads().run(|| {
            try_for_each(
                numbered,
                TILES_PER_WORKER,
                |(number, tile): (usize, Tile)| {
                    session.cancel.check()?;
                    let streams: Vec<&[u8]> = self.streams_of(&all, number).collect();
                    let part = decode(&session, &tile, &streams)?;
                    let area = tile.latents;
                    locked(&values, |values: &mut Vec<T>| {
                        for (y, row) in part.chunks_exact(area.width * channels).enumerate() {
                            let first =
                                ((area.y as usize + y) * width + area.x as usize) * channels;
                            values[first..first + row.len()].copy_from_slice(row);
                        }
                    });
                    Ok(())
                },
            )
        })?;
        let values = values.into_inner().expect("decoding does not panic");
        Ok(Features {
            width,
            height,
            channels,
            values,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::api::encoder::Job;
    use crate::{Color, Decoder, Encoder, Image, Model};

    /// Of pictures of several tiles, each latent in its place.
    #[test]
    fn latents_are_those_that_the_encoder_chose() {
        let model = crate::testing::tiny(1).to_bytes().unwrap();
        let model = Model::from_bytes(&model).unwrap();
        let (width, height) = (1061u32, 1043u32);
        let samples = (0..width * height).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8);
        let image = Image::new(width, height, Color::Gray, samples.collect()).unwrap();
        let encoder = Encoder::new(&model);
        let coded = Job::new(&encoder, &image).encode(700, true).unwrap();
        let decoder = Decoder::new(&model);
        let latents = decoder.open(&coded.bytes).unwrap().latents().unwrap();
        assert_eq!(coded.latents.len(), 4);
        for tile in &coded.latents {
            for y in tile.rect.y..tile.rect.bottom() {
                for x in tile.rect.x..tile.rect.right() {
                    let at = (y as usize * latents.width + x as usize) * latents.channels;
                    let own = tile.offset(x, y);
                    assert_eq!(
                        latents.values[at..at + latents.channels],
                        tile.data[own..own + latents.channels]
                    );
                }
            }
        }
    }
}
