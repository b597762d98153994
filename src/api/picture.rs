//! A file that has been read, ready to be decoded.

use std::borrow::Cow;

use super::drawing::{rect, Drawing};
use super::target::{Buffer, Callback, Rows, Target};
use super::Decoder;
use crate::codec::{decode_tile, rescue_tile, Alpha, Finish, Geometry, Session, Strips, Tile};
use crate::container::{decode_alpha, Header, Parsed, Parser, Stream};
use crate::model::{Digest, Model, RenderingModel};
use crate::work::{zeros, Threads};
use crate::{Color, Error, Image, Metadata, PixelFormat, Region, Rendering, Result, Scale, View};

/// A picture whose file is whole, or has arrived in part ([`super::PushDecoder`]). Nothing is decoded until it is asked for, and it
/// can be asked for any number of times.
#[derive(Debug, Clone)]
pub struct Picture<'a> {
    decoder: Decoder,
    model: Model,
    file: Cow<'a, [u8]>,
    header: Header,
    parser: Parser,
}

impl<'a> Picture<'a> {
    /// Of what `parser` has read of `file`, the header at least.
    pub(super) fn new(decoder: &Decoder, file: Cow<'a, [u8]>, parser: Parser) -> Result<Self> {
        let header = *parser.header().expect("the header has been read");
        Ok(Self {
            model: decoder.model_of(&header)?,
            decoder: decoder.clone(),
            file,
            header,
            parser,
        })
    }

    /// Width in pixels, 1 to 65,535.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.header.width()
    }

    /// Height in pixels, 1 to 65,535.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.header.height()
    }

    /// Colour channels.
    #[must_use]
    pub fn color(&self) -> Color {
        self.header.color()
    }

    /// Whether there is an alpha plane.
    #[must_use]
    pub fn has_alpha(&self) -> bool {
        self.header.has_alpha()
    }

    /// The pixel format that holds the picture without loss and without waste.
    #[must_use]
    pub fn format(&self) -> PixelFormat {
        self.header.format()
    }

    /// Quality that the picture was encoded at, 0 to 100.
    #[must_use]
    pub fn quality(&self) -> f32 {
        self.header.quality()
    }

    /// Number of layers of the file: 1, or as many as its model has coding steps.
    #[must_use]
    pub fn layers(&self) -> u8 {
        self.header.layers()
    }

    /// Digest of the model that the file was made with.
    #[must_use]
    pub fn model(&self) -> Digest {
        self.model.digest()
    }

    /// The perceptual rendering that views of the picture can be decoded in, if there is one at hand.
    #[must_use]
    pub fn perceptual(&self) -> Option<&RenderingModel> {
        self.decoder.models.rendering_of(&self.model).ok()
    }

    /// ICC, EXIF and XMP, as far as they have arrived.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        self.parsed().metadata()
    }

    /// Decodes a view as a picture of its own, metadata included.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the view's region is not inside; [`Error::Format`] if the streams are wrong; [`Error::OutOfMemory`];
    /// [`Error::Cancelled`]; [`Error::NoRendering`] if the view's rendering is not at hand; [`Error::Limit`] for a part of a file that is too short to decode anything from it yet.
    pub fn decode(&self, view: View) -> Result<Image> {
        let region = view.resolve(self.width(), self.height())?;
        let format = PixelFormat::of(self.color(), false);
        let stride = region.width as usize * format.bytes();
        let mut samples = zeros("samples", stride * region.height as usize)?;
        let finish = self.finish(view.scale);
        let target = &mut Buffer::new(&mut samples, stride, region, format)?;
        let alpha = self.alpha(&finish)?;
        self.run(view.rendering, &finish, region, format, None, target)?;
        let mut image = Image::new(region.width, region.height, self.color(), samples)?;
        if let Some(alpha) = alpha {
            image = image.with_alpha(alpha.part(rect(region)))?;
        }
        image.metadata = self.metadata();
        Ok(image)
    }

    /// Decodes a view into a caller's buffer: rows from the top, `stride` bytes apart, pixels in `format`.
    ///
    /// # Errors
    /// Those of [`Self::decode`], and [`Error::Parameter`] if the buffer is too small, `stride` is less than a row, or a coloured picture is
    /// wanted in grey. After an error, the buffer may hold anything.
    pub fn decode_into(
        &self,
        view: View,
        format: PixelFormat,
        buffer: &mut [u8],
        stride: usize,
    ) -> Result<()> {
        let region = view.resolve(self.width(), self.height())?;
        self.to_target(
            view,
            region,
            format,
            &mut Buffer::new(buffer, stride, region, format)?,
        )
    }

    /// Decodes a view and hands it over row by row, from the top, some hundred rows at a time, on the calling thread. The function returns
    /// whether it wants more. The whole picture is never in memory.
    ///
    /// # Errors
    /// Those of [`Self::decode_into`]; [`Error::Cancelled`] if the function wants no more.
    pub fn decode_rows(
        &self,
        view: View,
        format: PixelFormat,
        rows: impl FnMut(&Rows<'_>) -> bool,
    ) -> Result<()> {
        let region = view.resolve(self.width(), self.height())?;
        let target = &mut Callback::new(region, format, rows);
        self.to_target(view, region, format, target)
    }

    fn to_target(
        &self,
        view: View,
        region: Region,
        format: PixelFormat,
        target: &mut impl Target,
    ) -> Result<()> {
        if format.is_gray() && self.color() != Color::Gray {
            return Err(Error::Parameter(format!(
                "{format:?} was asked for, but the picture has colours"
            )));
        }
        let finish = self.finish(view.scale);
        let alpha = match format.has_alpha() {
            true => self.alpha(&finish)?,
            false => None,
        };
        self.run(
            view.rendering,
            &finish,
            region,
            format,
            alpha.as_ref(),
            target,
        )
    }

    pub(super) fn parsed(&self) -> Parsed<'_> {
        self.parser.parsed(&self.file)
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the file has arrived as a whole.
    pub(super) fn is_whole(&self) -> bool {
        self.parser.is_complete()
    }

    pub(super) fn threads(&self) -> &Threads {
        &self.decoder.threads
    }

    /// Its model at its quality.
    pub(super) fn session(&self) -> Session<'_> {
        let coding = self.header.coding();
        let Decoder { cancel, meter, .. } = &self.decoder;
        Session::new(self.model.loaded(), coding.quality, cancel, meter).with_coding(coding)
    }

    /// Of the streams of a file, those of a tile, layer by layer.
    pub(super) fn streams_of<'s>(
        &self,
        streams: &'s [&'s [u8]],
        tile: usize,
    ) -> impl Iterator<Item = &'s [u8]> {
        let tiles = self.header.tile_count();
        streams.iter().skip(tile).step_by(tiles).copied()
    }

    fn finish(&self, scale: Scale) -> Finish {
        Finish {
            color: self.color(),
            scale,
            width: self.width() as usize,
            height: self.height() as usize,
        }
    }

    /// The alpha plane of a rendering, as soon as it has arrived.
    fn alpha(&self, finish: &Finish) -> Result<Option<Alpha>> {
        let Some(payload) = self.parsed().alpha else {
            return Ok(None);
        };
        let plane = decode_alpha(payload, self.width(), self.height())?;
        Ok(Some(finish.alpha(plane)))
    }

    fn run(
        &self,
        rendering: Rendering,
        finish: &Finish,
        region: Region,
        format: PixelFormat,
        alpha: Option<&Alpha>,
        target: &mut impl Target,
    ) -> Result<()> {
        let rendering = match rendering {
            Rendering::Faithful => None,
            Rendering::Perceptual => Some(self.decoder.models.rendering_of(&self.model)?),
        };
        let session = match rendering {
            Some(rendering) => {
                let networks = rendering.networks(self.model.loaded())?;
                self.session().with_rendering(networks)
            }
            // It was made for the faithful one.
            None => self.session().with_filter(self.parsed().filter.as_ref()),
        };
        let geometry = Geometry::new(&self.header);
        let (streams, layers) = (self.parsed().tiles, usize::from(self.layers()));
        let of_tile = |index: usize| self.streams_of(&streams, index);
        let mut strips = Strips::new(&session, geometry, finish.scale, rect(region));
        let steps = strips.steps();
        let whole = self.is_whole();
        if !whole {
            self.parser.check_expansion()?;
        }
        let decode = |index: usize, tile: &Tile| {
            if whole {
                let streams: Vec<&[u8]> = of_tile(index).collect();
                return decode_tile(&session, tile, &streams, steps);
            }
            let stream = |bytes| Stream {
                bytes,
                checked: true,
            };
            let streams: Vec<Stream> = of_tile(index).map(stream).collect();
            Ok(rescue_tile(&session, tile, &streams, layers, steps)?.latents)
        };
        let drawing = Drawing {
            threads: &self.decoder.threads,
            finish,
            region,
            format,
            alpha,
        };
        drawing.run(&mut strips, &decode, target)
    }
}
