//! Files drawn from what a model takes to be likely, rather than made from a picture.

use std::sync::Mutex;

use super::Picture;
use crate::codec::{locked, sample_tile, try_for_each, Geometry, Session, TILES_PER_WORKER};
use crate::container::{write, Header};
use crate::limits::check_addressable;
use crate::meter::Meter;
use crate::model::Model;
use crate::work::{Cancel, Threads};
use crate::{Color, Encoder, Error, Metadata, Result};

/// The bytes of a `.vqz` file whose labels are drawn from the prior of `model`: hyper-latents from their tables, then each coding step from those at the
/// μ and σ that the context model predicts from the steps before. Decoded like any file, it is a picture of `width` × `height` pixels; the
/// model takes it to be as likely as one that was encoded at this `quality`.
///
/// `random` makes, for each tile by its number, a source of numbers of 16 bits, all equally likely. All else is integer arithmetic: the same
/// numbers give the same file on every machine.
///
/// # Errors
/// [`Error::Parameter`] for a size that no picture has, or a quality outside of 0 to 100; [`Error::Limit`] if 32-bit addresses do not suffice;
/// [`Error::OutOfMemory`].
pub fn sample<R: FnMut() -> u16 + Send>(
    model: &Model,
    (width, height): (u32, u32),
    quality: f32,
    random: &(impl Fn(usize) -> R + Sync),
) -> Result<Vec<u8>> {
    check_addressable(width, height, model.loaded().y.channels)?;
    let coding = Encoder::new(model).quality(quality)?.coding(1);
    let header = Header::new(width, height, Color::Rgb, false, coding)?;
    let session = Session::new(
        model.loaded(),
        coding.quality,
        &Cancel::default(),
        &Meter::default(),
    );
    let nothing = |_: usize| vec![];
    let streams = draw(&session, &header, &Threads::default(), &nothing, random)?;
    Ok(write(&header, &Metadata::default(), None, None, &streams)?.bytes)
}

/// A file like that of `picture`, of which the first `layers` are kept and the rest is drawn as by [`sample`].
///
/// # Errors
/// [`Error::Parameter`] if the picture's file has one layer only, or not as many have arrived; those of [`Picture::decode`] for the layers that
/// are kept.
pub fn complete<R: FnMut() -> u16 + Send>(
    picture: &Picture<'_>,
    layers: usize,
    random: &(impl Fn(usize) -> R + Sync),
) -> Result<Vec<u8>> {
    let (header, parsed) = (picture.header(), picture.parsed());
    if picture.layers() == 1 {
        return Err(Error::Parameter(
            "the file has one layer; only progressive files can be kept in part".into(),
        ));
    }
    let there = parsed.tiles.len() / header.tile_count();
    if layers > there {
        return Err(Error::Parameter(format!(
            "{layers} layers are to be kept, the file has {there}"
        )));
    }
    let kept = |tile: usize| {
        let streams = picture.streams_of(&parsed.tiles, tile);
        streams.take(layers).collect()
    };
    let streams = draw(&picture.session(), header, picture.threads(), &kept, random)?;
    Ok(write(
        header,
        &picture.metadata(),
        parsed.alpha,
        parsed.filter.as_ref(),
        &streams,
    )?
    .bytes)
}

/// All streams of a file, in its order; `kept` gives the first ones of each tile.
fn draw<'k, R: FnMut() -> u16 + Send>(
    session: &Session,
    header: &Header,
    threads: &Threads,
    kept: &(impl Fn(usize) -> Vec<&'k [u8]> + Sync),
    random: &(impl Fn(usize) -> R + Sync),
) -> Result<Vec<Vec<u8>>> {
    let (layers, count) = (header.coding().layers, header.tile_count());
    let numbered: Vec<_> = Geometry::new(header)
        .tiles()
        .into_iter()
        .enumerate()
        .collect();
    let streams = Mutex::new(vec![Vec::new(); header.stream_count()]);
    threads.run(|| {
        try_for_each(numbered, TILES_PER_WORKER, |(number, tile)| {
            let drawn = sample_tile(session, &tile, &kept(number), layers, random(number))?;
            locked(&streams, |streams| {
                for (layer, stream) in drawn.into_iter().enumerate() {
                    streams[layer * count + number] = stream;
                }
            });
            Ok(())
        })
    })?;
    Ok(streams.into_inner().expect("drawing does not panic"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{tiny, Rng};
    use crate::{Decoder, Image, View};

    fn model() -> Model {
        Model::from_bytes(&tiny(1).to_bytes().unwrap()).unwrap()
    }

    fn random(seed: u64) -> impl Fn(usize) -> Box<dyn FnMut() -> u16 + Send> + Sync {
        move |tile| {
            let mut rng = Rng(seed << 32 | tile as u64);
            Box::new(move || rng.bits() as u16)
        }
    }

    /// Two tiles, drawn by any number of threads.
    #[test]
    fn a_seed_gives_one_picture_and_another_seed_another() {
        let model = model();
        let draw = |seed| sample(&model, (1100, 70), 60.0, &random(seed)).unwrap();
        let file = draw(1);
        let one = rayon::ThreadPoolBuilder::new().num_threads(1);
        assert_eq!(one.build().unwrap().install(|| draw(1)), file);
        let decoder = Decoder::new(&model);
        let image = decoder.decode(&file).unwrap();
        assert_eq!((image.width(), image.height()), (1100, 70));
        // On every machine.
        assert_eq!(crc32fast::hash(image.samples()), 1_268_187_033);
        let other = decoder.decode(&draw(2)).unwrap();
        assert_ne!(other.samples(), image.samples());
    }

    #[test]
    fn layers_that_are_kept_stay_as_they_are() {
        let model = model();
        let samples = (0..90 * 70 * 3).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8);
        let image = Image::new(90, 70, Color::Rgb, samples.collect()).unwrap();
        let encoder = Encoder::new(&model).quality(70.0).unwrap();
        let file = encoder.clone().progressive(true).encode(&image).unwrap();
        let decoder = Decoder::new(&model);
        let picture = decoder.open(&file).unwrap();
        let completed = |layers, seed| complete(&picture, layers, &random(seed));
        assert_eq!(completed(3, 1).unwrap(), file);
        let some = completed(1, 1).unwrap();
        assert_ne!(some, file);
        assert_ne!(some, completed(1, 2).unwrap());
        let again = decoder.open(&some).unwrap();
        assert_eq!(again.parsed().tiles[0], picture.parsed().tiles[0]);
        again.decode(View::default()).unwrap();
        let error = completed(4, 1).unwrap_err().to_string();
        assert!(error.contains("the file has 3"), "{error}");
        let single = encoder.encode(&image).unwrap();
        let single = decoder.open(&single).unwrap();
        let error = complete(&single, 1, &random(1)).unwrap_err().to_string();
        assert!(error.contains("one layer"), "{error}");
    }
}
