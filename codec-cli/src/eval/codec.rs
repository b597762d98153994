//! What is evaluated: pictures to the bytes of a file, and such bytes to pictures.

use crate::failure::explain;
use crate::picture::{self, Damaged};
use anyhow::Result;
use clap::ValueEnum;
use vqz::{Decoder, Encoder, Image, Limits, Model};

/// `--codec`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CodecName {
    /// This codec
    Vqz,
    /// Baseline JPEG, 4:4:4, standard Huffman tables (by the Rust crate `image`)
    Jpeg,
}

/// A codec that is ready to run.
pub enum Codec {
    /// With this model and effort.
    Vqz(Model, u8),
    Jpeg,
}

impl CodecName {
    /// Qualities to evaluate unless told otherwise.
    pub fn default_qualities(self) -> Vec<f32> {
        match self {
            Self::Vqz => (0..=10u8).map(|i| f32::from(10 * i)).collect(),
            Self::Jpeg => (1..=19u8).map(|i| f32::from(5 * i)).collect(),
        }
    }

    /// Whether the codec has this quality.
    pub fn check_quality(self, quality: f32) -> Result<(), String> {
        let fits = match self {
            Self::Vqz => (0.0..=100.0).contains(&quality),
            Self::Jpeg => (1.0..=100.0).contains(&quality) && quality.fract() == 0.0,
        };
        match (fits, self) {
            (true, _) => Ok(()),
            (_, Self::Vqz) => Err(format!("quality is {quality}, it must be 0 to 100")),
            (_, Self::Jpeg) => Err(format!(
                "quality is {quality}; of JPEG it must be a whole number from 1 to 100"
            )),
        }
    }
}

impl Codec {
    /// The bytes of a file.
    pub fn encode(&self, image: &Image, quality: f32) -> Result<Vec<u8>> {
        match self {
            Self::Vqz(model, effort) => Encoder::new(model)
                .quality(quality)?
                .effort(*effort)?
                .encode(image)
                .map_err(explain),
            Self::Jpeg => Ok(picture::write_jpeg(image, quality as u8)?.0),
        }
    }

    /// The picture in a file's bytes.
    pub fn decode(&self, bytes: &[u8], limits: &Limits) -> Result<Image> {
        match self {
            Self::Vqz(model, _) => Decoder::new(model)
                .limits(limits.clone())
                .decode(bytes)
                .map_err(explain),
            Self::Jpeg => Ok(picture::read(bytes, limits, Damaged::Refuse)?.0),
        }
    }

    /// Name in reports, and the extension of files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Vqz(..) => "vqz",
            Self::Jpeg => "jpg",
        }
    }

    /// What made the files.
    pub fn description(&self) -> String {
        match self {
            Self::Vqz(model, _) => format!("vqz {}, model {}", env!("CARGO_PKG_VERSION"), model.digest()),
            Self::Jpeg => "baseline JPEG, 4:4:4, standard Huffman tables (Rust crate image 0.25); not Pillow's, which is 4:2:0".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vqz::Color;

    /// The description must stay true: one 8-bit frame, baseline, no component subsampled.
    #[test]
    fn jpeg_is_baseline_without_subsampling() {
        let image = Image::new(17, 9, Color::Rgb, vec![90; 17 * 9 * 3]).unwrap();
        let bytes = Codec::Jpeg.encode(&image, 50.0).unwrap();
        let at = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        let components = &bytes[at + 9..][..10];
        assert_eq!(components[0], 3);
        for component in components[1..].chunks_exact(3) {
            assert_eq!(component[1], 0x11, "sampling factors");
        }
        let back = Codec::Jpeg.decode(&bytes, &Limits::default()).unwrap();
        assert_eq!((back.width(), back.height()), (17, 9));
    }

    #[test]
    fn qualities() {
        assert_eq!(CodecName::Vqz.default_qualities().len(), 11);
        for name in [CodecName::Vqz, CodecName::Jpeg] {
            for quality in name.default_qualities() {
                name.check_quality(quality).unwrap();
            }
            assert!(name.check_quality(100.5).is_err());
            assert!(name.check_quality(f32::NAN).is_err());
        }
        assert!(CodecName::Jpeg.check_quality(0.0).is_err());
        assert!(CodecName::Jpeg.check_quality(50.5).is_err());
    }
}
