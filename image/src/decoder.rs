//! File → pixels, as `image` does it.

use std::io::{BufRead, Read, Seek, SeekFrom};

use image::error::{LimitError, LimitErrorKind};
use image::{ColorType, ImageDecoder, ImageError, ImageResult};
use vqz::{Decoder, Error, Limits, Metadata, Models, PixelFormat, Progress, View};

use crate::image_error;

/// No valid file has its header further behind than this.
const HEADER_BYTES: usize = 4096;
/// Latents take this many bytes per two pixels.
const LATENT_BYTES: u64 = 5;
/// Rows of pixels whose latents are in memory at a time, more or less.
const LATENT_ROWS: u32 = 4096;

/// Decodes a `.vqz` file for `image`.
///
/// It reads the header to begin with, and the rest of the file when metadata or pixels are asked for. So [`ImageDecoder::dimensions`] costs next to nothing, but damage
/// after the header is found only later. A file that is too short for the picture that it declares is refused at once, as are pictures beyond the limits.
#[derive(Debug)]
pub struct VqzDecoder<R> {
    reader: R,
    models: Models,
    limits: Limits,
    /// What has been read, from the beginning.
    bytes: Vec<u8>,
    /// How many bytes the file has.
    length: u64,
    width: u32,
    height: u32,
    format: PixelFormat,
    /// Of the whole file, as soon as that has been read.
    metadata: Option<Metadata>,
}

impl<R: BufRead + Seek> VqzDecoder<R> {
    /// A decoder with the built-in models and the default [`vqz::Limits`]. The file begins where the reader stands, and ends where the reader does.
    ///
    /// # Errors
    /// [`image_error`] of what is wrong with the header, and errors of the reader.
    pub fn new(reader: R) -> ImageResult<Self> {
        Self::with(reader, Models::default(), Limits::default())
    }

    /// A decoder with other models or limits.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn with(mut reader: R, models: Models, limits: Limits) -> ImageResult<Self> {
        let start = reader.stream_position()?;
        let end = reader.seek(SeekFrom::End(0))?;
        reader.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        let decoder = Decoder::with_models(models.clone()).limits(limits.clone());
        let mut push = decoder.push();
        let mut wanted = vqz::Probe::SIGNATURE_BYTES;
        let (width, height, format) = loop {
            let known = bytes.len();
            if known + wanted > HEADER_BYTES {
                let error = format!("there is no header in the first {HEADER_BYTES} bytes");
                return Err(image_error(Error::Format(error)));
            }
            (&mut reader).take(wanted as u64).read_to_end(&mut bytes)?;
            let progress = push.push(&bytes[known..]).map_err(image_error)?;
            if let Some(picture) = push.picture().map_err(image_error)? {
                break (picture.width(), picture.height(), picture.format());
            }
            match progress {
                Progress::NeedMore(more) if bytes.len() == known + wanted => wanted = more,
                // The error of a file that ends here.
                _ => {
                    return Err(image_error(
                        decoder.open(&bytes).err().unwrap_or_else(ended),
                    ))
                }
            }
        };
        let decoder = Self {
            reader,
            models,
            limits,
            bytes,
            length: end.saturating_sub(start),
            width,
            height,
            format,
            metadata: None,
        };
        decoder.check_limits()?;
        Ok(decoder)
    }

    /// Whether the limits allow for the picture.
    fn check_limits(&self) -> ImageResult<()> {
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        let (limits, width, height) = (&self.limits, self.width, self.height);
        let small = limits.check_dimensions(width, height);
        small
            .and_then(|()| limits.check_expansion(width, height, length))
            .map_err(image_error)
    }

    fn decoder(&self) -> Decoder {
        Decoder::with_models(self.models.clone()).limits(self.limits.clone())
    }

    /// Reads the rest of the file, once, and checks its container.
    fn read_all(&mut self) -> ImageResult<&Metadata> {
        if self.metadata.is_none() {
            let rest = self.length.saturating_sub(self.bytes.len() as u64);
            (&mut self.reader).take(rest).read_to_end(&mut self.bytes)?;
            let decoder = self.decoder();
            let picture = decoder.open(&self.bytes).map_err(image_error)?;
            self.metadata = Some(picture.metadata());
        }
        Ok(self.metadata.get_or_insert_with(Metadata::default))
    }
}

impl<R: BufRead + Seek> ImageDecoder for VqzDecoder<R> {
    fn dimensions(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn color_type(&self) -> ColorType {
        match self.format {
            PixelFormat::Gray8 => ColorType::L8,
            PixelFormat::GrayAlpha8 => ColorType::La8,
            PixelFormat::Rgb8 => ColorType::Rgb8,
            _ => ColorType::Rgba8,
        }
    }

    fn icc_profile(&mut self) -> ImageResult<Option<Vec<u8>>> {
        Ok(self.read_all()?.icc.clone())
    }

    fn exif_metadata(&mut self) -> ImageResult<Option<Vec<u8>>> {
        Ok(self.read_all()?.exif.clone())
    }

    fn xmp_metadata(&mut self) -> ImageResult<Option<Vec<u8>>> {
        Ok(self.read_all()?.xmp.clone())
    }

    fn read_image(mut self, buf: &mut [u8]) -> ImageResult<()> {
        assert_eq!(
            buf.len() as u64,
            self.total_bytes(),
            "the buffer does not fit the picture"
        );
        self.read_all()?;
        let decoder = self.decoder();
        let picture = decoder.open(&self.bytes).map_err(image_error)?;
        let stride = self.width as usize * self.format.bytes();
        picture
            .decode_into(View::default(), self.format, buf, stride)
            .map_err(image_error)
    }

    /// `max_alloc` is what may be needed besides the pixels that the caller makes room for: the file, its alpha plane, and the latents in work, which are
    /// estimated. These limits can make [`vqz::Limits`] tighter, never wider.
    fn set_limits(&mut self, limits: image::Limits) -> ImageResult<()> {
        limits.check_support(&image::LimitSupport::default())?;
        limits.check_dimensions(self.width, self.height)?;
        let pixels = u64::from(self.width) * u64::from(self.height);
        if let Some(most) = limits.max_alloc {
            let in_work = u64::from(self.width) * u64::from(self.height.min(LATENT_ROWS));
            // The plane, and the same before its rows are put right.
            let alpha = if self.format.has_alpha() { 2 } else { 0 };
            let needed = self.length + alpha * pixels + in_work * LATENT_BYTES / 2;
            if needed > most {
                let kind = LimitErrorKind::InsufficientMemory;
                return Err(ImageError::Limits(LimitError::from_kind(kind)));
            }
            // Metadata is copied for whoever asks for it.
            self.limits.max_metadata = self.limits.max_metadata.min(most - needed);
        }
        let side = |side: Option<u32>| side.unwrap_or(u32::MAX);
        let side = side(limits.max_image_width).max(side(limits.max_image_height));
        self.limits.max_side = self.limits.max_side.min(side);
        self.check_limits()
    }

    fn read_image_boxed(self: Box<Self>, buf: &mut [u8]) -> ImageResult<()> {
        (*self).read_image(buf)
    }
}

/// Of a file that ended while it was read.
fn ended() -> Error {
    Error::Format("the file changed while it was read".into())
}
