//! What becomes of what a model expects, for whoever makes one.

use crate::codec::{observe_tile, Geometry, ObservedStep, Session};
use crate::container::Header;
use crate::meter::Meter;
use crate::model::Model;
use crate::work::Cancel;
use crate::{Encoder, Image, Result};

/// The coding steps of each tile of `image`, as encoding it with `model` at a `quality` of 0 to 100 goes through them.
///
/// # Errors
/// [`crate::Error::Parameter`] for a quality outside of 0 to 100.
pub fn observe(model: &Model, image: &Image, quality: f32) -> Result<Vec<Vec<ObservedStep>>> {
    let coding = Encoder::new(model).quality(quality)?.coding(1);
    let header = Header::new(image.width(), image.height(), image.color(), false, coding)?;
    let (cancel, meter) = (Cancel::default(), Meter::default());
    let session = Session::new(model.loaded(), coding.quality, &cancel, &meter);
    let geometry = Geometry::new(&header);
    let tiles = geometry.tiles();
    let tiles = tiles.iter();
    tiles
        .map(|tile| observe_tile(&session, &geometry, image, tile))
        .collect()
}
