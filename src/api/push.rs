//! A file that arrives piece by piece.

use std::borrow::Cow;

use super::{Decoder, Picture};
use crate::container::{Header, Parser};
use crate::{Error, Metadata, Result};

/// Takes the bytes of a file as they come, and gives pictures of what has arrived.
///
/// ```
/// # fn main() -> vqz::Result<()> {
/// # let photo = vqz::Image::new(80, 60, vqz::Color::Rgb, vec![90; 80 * 60 * 3])?;
/// # let file = vqz::Encoder::new(vqz::Model::embedded()?).progressive(true).encode(&photo)?;
/// let mut push = vqz::Decoder::default().push();
/// for bytes in file.chunks(1000) {
///     let before = push.layers();
///     if push.push(bytes)? == vqz::Progress::Finished || push.layers() > before {
///         let picture = push.picture()?.expect("layers come after the header");
///         let preview = picture.decode(vqz::View::scale(vqz::Scale::Quarter))?;
///         assert_eq!(preview.width(), 20);
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct PushDecoder {
    decoder: Decoder,
    file: Vec<u8>,
    parser: Parser,
}

/// How far a file has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// This many more bytes are needed, at least, before anything new can be known.
    NeedMore(usize),
    /// The file is whole, and nothing may follow.
    Finished,
}

impl PushDecoder {
    pub(super) fn new(decoder: &Decoder) -> Self {
        Self {
            parser: Parser::new(&decoder.limits),
            decoder: decoder.clone(),
            file: Vec::new(),
        }
    }

    /// Takes further bytes of the file, any number of them.
    ///
    /// # Errors
    /// Those of [`Decoder::open`] as soon as they are certain, except for [`Error::Truncated`]. After an error, the decoder is of no
    /// further use, except for what [`Self::header`] and [`Self::metadata`] tell.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Progress> {
        self.file
            .try_reserve(bytes.len())
            .map_err(|_| Error::OutOfMemory {
                what: "bytes of the file",
                bytes: bytes.len() as u64,
            })?;
        self.file.extend_from_slice(bytes);
        let known = self.parser.header().is_some();
        let read = self.parser.advance(&self.file);
        if let (false, Some(header)) = (known, self.parser.header()) {
            self.decoder.model_of(header)?;
        }
        match read {
            Ok(()) => {
                self.parser.finish(&self.file)?;
                Ok(Progress::Finished)
            }
            Err(Error::Truncated { needed, have, .. }) => Ok(Progress::NeedMore(needed - have)),
            // Nothing has arrived at all.
            Err(Error::Signature(_)) if self.file.is_empty() => {
                Ok(Progress::NeedMore(super::Probe::SIGNATURE_BYTES))
            }
            Err(error) => Err(error),
        }
    }

    /// What the file says of its picture, or `None` before that has arrived. It is available even after [`Error::WrongModel`], so that the size
    /// is known, and room can be kept, where the model is missing.
    ///
    /// ```
    /// # fn main() -> vqz::Result<()> {
    /// # let photo = vqz::Image::new(80, 60, vqz::Color::Rgb, vec![90; 80 * 60 * 3])?;
    /// # let file = vqz::encode(&photo, 50.0)?;
    /// let mut push = vqz::Decoder::with_models(vqz::Models::none()).push();
    /// assert!(matches!(push.push(&file), Err(vqz::Error::WrongModel { .. })));
    /// let header = push.header().expect("the file begins with it");
    /// assert_eq!((header.width(), header.height()), (80, 60));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        self.parser.header()
    }

    /// ICC, EXIF and XMP, as far as they have arrived. They are available even after [`Error::WrongModel`].
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        self.parser.parsed(&self.file).metadata()
    }

    /// How many layers of every tile have arrived. In a file with one layer (one that is not progressive), this is 1 when all of it is there.
    #[must_use]
    pub fn layers(&self) -> usize {
        let tiles = self.parser.header().map_or(1, |h| h.tile_count());
        self.parser.stream_count() / tiles
    }

    /// The picture as far as it has arrived: exact once the file is whole, and before that with what the model expects in place of what is
    /// missing (which may differ between versions of this library). It is `None` before the header is there.
    ///
    /// # Errors
    /// [`Error::WrongModel`], [`Error::Format`] or [`Error::Limit`] as for [`Decoder::open`].
    pub fn picture(&self) -> Result<Option<Picture<'_>>> {
        if self.parser.header().is_none() {
            return Ok(None);
        }
        Picture::new(
            &self.decoder,
            Cow::Borrowed(&self.file),
            self.parser.clone(),
        )
        .map(Some)
    }

    /// The picture of a file that is whole.
    ///
    /// # Errors
    /// [`Error::Truncated`] if it is not, and those of [`Decoder::open`].
    pub fn finish(mut self) -> Result<Picture<'static>> {
        self.parser.advance(&self.file)?;
        self.parser.finish(&self.file)?;
        Picture::new(&self.decoder, Cow::Owned(self.file), self.parser)
    }
}
