//! `vqz thumbnail`: what desktops call to show a file as a small picture.

use crate::args::ThumbnailArgs;
use crate::failure::explain;
use crate::files::{Existing, Source, Target};
use crate::picture::resize::{to_size, Size};
use crate::picture::{self, Turn};
use anyhow::{Context as _, Result};
use vqz::{Scale, View};

/// Runs the command.
pub fn run(args: &ThumbnailArgs) -> Result<()> {
    let source = Source::new(&args.input);
    let target = Target::new(&args.output)?;
    let thumbnail = || -> Result<Vec<u8>> {
        let bytes = source.read_vqz(args.codec.input.max_file_size)?;
        let decoder = args.codec.decoder()?;
        let opened = decoder.open(&bytes).map_err(explain)?;
        let scale = Scale::for_thumbnail(opened.width(), opened.height(), args.size);
        let image = opened.decode(View::scale(scale)).map_err(explain)?;
        let mut image = to_size(image, Size::AtMost(args.size))?;
        // A viewer of thumbnails knows nothing of the picture's EXIF.
        (image, _) = picture::orientation::settle(image, args.format, Some(Turn::Apply))?;
        image.metadata.exif = None;
        image.metadata.xmp = None;
        let mut picture = Vec::new();
        picture::write(&image, args.format, picture::JPEG_QUALITY, &mut picture)?;
        Ok(picture)
    };
    let picture = thumbnail().with_context(|| source.to_string())?;
    target.write_unless(&picture, args.existing.or(Existing::Replace))
}
