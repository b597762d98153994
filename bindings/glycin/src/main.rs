//! The loader of `.vqz` files for glycin: a process that a program of GNOME starts in a sandbox, sends a file to, and asks for pixels.
#![forbid(unsafe_code)]

use std::io::Read;

use glycin_utils::{
    pre_main, ByteData, Frame, FrameRequest, GenericContexts, ImageDetails, InitializationDetails,
    LoaderImplementation, MemoryFormat, ProcessError,
};
use vqz::{Decoder, ErrorClass, Picture, PixelFormat, Scale, View};

glycin_utils::init_main_loader!(Loader);

/// Bytes of a file that are read at a time. What is wrong with its beginning is told before the rest has come.
const PIECE: u64 = 1 << 16;

/// A file that has arrived. It is decoded when a frame is asked for.
struct Loader(Picture<'static>);

impl LoaderImplementation for Loader {
    fn load<B: ByteData, R: Read + Send + 'static>(
        mut stream: R,
        _mime_type: String,
        _details: InitializationDetails,
    ) -> Result<(Self, ImageDetails<B>), ProcessError> {
        let mut push = Decoder::default().push();
        let mut piece = Vec::new();
        loop {
            piece.clear();
            let read = (&mut stream).take(PIECE).read_to_end(&mut piece);
            if read.expected_error()? == 0 {
                break;
            }
            push.push(&piece).map_err(refusal)?;
        }
        let picture = push.finish().map_err(refusal)?;

        let metadata = picture.metadata();
        let bytes = |part: Option<Vec<u8>>| part.map(B::try_from_vec).transpose().expected_error();
        let mut known = ImageDetails::new(picture.width(), picture.height());
        known.info_format_name = Some("vqz".into());
        // glycin turns the picture as EXIF says.
        known.metadata_exif = bytes(metadata.exif)?;
        known.metadata_xmp = bytes(metadata.xmp)?;
        Ok((Self(picture), known))
    }

    fn specific_frame<B: ByteData>(
        &mut self,
        request: FrameRequest,
    ) -> Result<Frame<B>, ProcessError> {
        let Self(picture) = self;
        let view = view(picture, &request);
        let region = view.resolve(picture.width(), picture.height());
        let region = region.map_err(refusal)?;
        let (width, height) = (region.width, region.height);
        let format = picture.format();
        let stride = width as usize * format.bytes();
        let bytes = stride as u64 * u64::from(height);
        let mut texture = B::new(bytes).map_err(|_| ProcessError::out_of_memory())?;
        let drawn = picture.decode_into(view, format, &mut texture, stride);
        drawn.map_err(refusal)?;

        let mut frame = Frame::new(width, height, memory_format(format), texture)?;
        let icc = picture.metadata().icc.map(B::try_from_vec);
        frame.details.color_icc_profile = icc.transpose().expected_error()?;
        frame.details.info_alpha_channel = Some(format.has_alpha());
        frame.details.info_grayscale = Some(format.is_gray());
        Ok(frame)
    }
}

/// The smallest rendering that fills the box that is wanted. A clip is taken at full size only, where its place is certain; loaders may give
/// more than was asked for.
fn view(picture: &Picture<'_>, request: &FrameRequest) -> View {
    let (width, height) = (picture.width(), picture.height());
    match (request.scale, request.clip) {
        (Some(wanted), _) => {
            let longer = u64::from(width.max(height));
            let fitted = |side: u32, of: u32| longer * u64::from(side) / u64::from(of);
            let longer = fitted(wanted.0, width).min(fitted(wanted.1, height));
            let longer = u32::try_from(longer).unwrap_or(u32::MAX);
            View::scale(Scale::for_thumbnail(width, height, longer))
        }
        (None, Some((x, y, width, height))) => View::region(x, y, width, height),
        (None, None) => View::default(),
    }
}

fn memory_format(format: PixelFormat) -> MemoryFormat {
    match format {
        PixelFormat::Gray8 => MemoryFormat::G8,
        PixelFormat::GrayAlpha8 => MemoryFormat::G8a8,
        PixelFormat::Rgb8 => MemoryFormat::R8g8b8,
        _ => MemoryFormat::R8g8b8a8,
    }
}

/// The error of glycin that says the same: what another version or model could show is unsupported, what nobody can is an error of the file.
fn refusal(error: vqz::Error) -> ProcessError {
    match error.class() {
        ErrorClass::Unsupported | ErrorClass::WrongModel => {
            ProcessError::UnsupportedImageFormat(error.to_string())
        }
        ErrorClass::OutOfMemory => ProcessError::out_of_memory(),
        _ => ProcessError::expected(&error),
    }
}
