//! File → pixels: the options that all ways of decoding share.

use std::borrow::Cow;

use super::{Picture, PushDecoder};
use crate::container::{Header, Parser};
use crate::limits::check_addressable;
use crate::meter::Meter;
use crate::model::{Model, Models, RenderingModel};
use crate::work::{Cancel, Threads};
use crate::{Error, Image, Limits, Result, View};

/// Decodes files. The pixels of a [`View`] are the same on every machine, and do not depend on any of the options.
///
/// ```
/// # fn main() -> vqz::Result<()> {
/// # let picture = vqz::Image::new(64, 48, vqz::Color::Rgb, vec![77; 64 * 48 * 3])?;
/// # let file = vqz::encode(&picture, 50.0)?;
/// let decoder = vqz::Decoder::default().threads(2)?;
/// let picture = decoder.open(&file)?;
/// println!("{} × {} pixels", picture.width(), picture.height());
/// let thumbnail = picture.decode(vqz::View::scale(vqz::Scale::Eighth))?;
/// assert_eq!((thumbnail.width(), thumbnail.height()), (8, 6));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    pub(super) models: Models,
    pub(super) limits: Limits,
    pub(super) threads: Threads,
    pub(super) cancel: Cancel,
    pub(super) meter: Meter,
}

impl Decoder {
    /// A decoder for files made with `model` and no others. [`Decoder::default`] is for those made with the built-in models.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        Self::with_models(Models::none().with(model))
    }

    /// A decoder for files made with any of `models`.
    #[must_use]
    pub fn with_models(models: Models) -> Self {
        Self {
            models,
            ..Self::default()
        }
    }

    /// Adds `rendering`, which gives files of its base model a perceptual rendering: see [`Models::with_rendering`].
    #[must_use]
    pub fn with_rendering(mut self, rendering: &RenderingModel) -> Self {
        self.models = self.models.with_rendering(rendering);
        self
    }

    /// Refuses files beyond `limits`, before anything is allocated for them.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how many threads work, in a pool that only the decoder and its clones use. With 0 (the default), work is done in the rayon pool
    /// that the call comes from, or else in one that the library keeps, with as many threads as cores.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the system does not provide that many.
    pub fn threads(mut self, count: usize) -> Result<Self> {
        self.threads = Threads::new(count)?;
        Ok(self)
    }

    /// Whatever is decoded ends with [`Error::Cancelled`] soon after `cancel` has been set.
    #[must_use]
    pub fn cancel(mut self, cancel: &Cancel) -> Self {
        self.cancel = cancel.clone();
        self
    }

    /// `meter` tells how far the decoding of a view has come.
    #[must_use]
    pub fn meter(mut self, meter: &Meter) -> Self {
        self.meter = meter.clone();
        self
    }

    /// Decodes the whole picture in `bytes`, a whole `.vqz` file.
    ///
    /// # Errors
    /// Every kind that a file or its size can cause ([`Error::class`] tells them apart); nothing is ever decoded from a file that is
    /// damaged or made with another model.
    pub fn decode(&self, bytes: &[u8]) -> Result<Image> {
        self.open(bytes)?.decode(View::default())
    }

    /// Checks the container of `bytes`, a whole `.vqz` file, every checksum included, and returns what can be known without decoding pixels.
    ///
    /// # Errors
    /// Those of [`Self::decode`] that concern the container and the model.
    pub fn open<'a>(&self, bytes: &'a [u8]) -> Result<Picture<'a>> {
        let mut parser = Parser::new(&self.limits);
        let read = parser.advance(bytes);
        // What the header says comes first, as it does when a file arrives in pieces.
        if let Some(header) = parser.header() {
            self.model_of(header)?;
        }
        read?;
        parser.finish(bytes)?;
        Picture::new(self, Cow::Borrowed(bytes), parser)
    }

    /// A decoder for a file that arrives piece by piece.
    #[must_use]
    pub fn push(&self) -> PushDecoder {
        PushDecoder::new(self)
    }

    /// The model of a file, which must have one layer or as many as that has coding steps, and be small enough for this machine's addresses.
    pub(super) fn model_of(&self, header: &Header) -> Result<Model> {
        let coding = header.coding();
        let model = self.models.find(coding.model)?;
        let loaded = model.loaded();
        let steps = loaded.networks.steps.len();
        if coding.layers != 1 && usize::from(coding.layers) != steps {
            return Err(Error::Format(format!(
                "file has {} layers, its model allows 1 or {steps}",
                coding.layers
            )));
        }
        check_addressable(header.width(), header.height(), loaded.y.channels)?;
        Ok(model)
    }
}

/// Decodes `bytes`, a whole `.vqz` file, with the built-in models and the default [`Limits`].
///
/// # Errors
/// Those of [`Decoder::decode`].
pub fn decode(bytes: &[u8]) -> Result<Image> {
    Decoder::default().decode(bytes)
}
