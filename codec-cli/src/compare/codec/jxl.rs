//! JPEG XL, by libjxl.
//!
//! There is no safe crate for its encoder under a fitting licence, so this is the one place of the command that calls C.

use super::locked::version;
use super::{every, report, Codec, Scale};
use ::vqz::{Color, Image};
use anyhow::{bail, ensure, Result};
use jxl_sys as sys;
use std::ffi::c_void;
use std::ptr;

/// `cjxl`'s default.
const EFFORT: i64 = 7;

pub struct Jxl {
    about: report::Codec,
}

impl Jxl {
    pub fn new() -> Self {
        Self {
            about: report::Codec {
                id: "jxl".into(),
                name: "JPEG XL".into(),
                version: format!("jxl-sys {}", version("jxl-sys")),
                settings: format!(
                    "libjxl, lossy (VarDCT, XYB), effort {EFFORT}, quality as cjxl maps it to a distance; bare codestream; one thread"
                ),
            },
        }
    }
}

impl Codec for Jxl {
    fn about(&self) -> &report::Codec {
        &self.about
    }

    fn extension(&self) -> &'static str {
        "jxl"
    }

    fn media_type(&self) -> Option<&'static str> {
        None
    }

    fn scale(&self) -> Scale {
        // 100 is lossless.
        Scale {
            min: 0.0,
            max: 99.0,
            step: 0.25,
        }
    }

    fn default_qualities(&self) -> Vec<f64> {
        every(8, 15, 95)
    }

    fn encode(&self, picture: &Image, quality: f64) -> Result<Vec<u8>> {
        Encoder::new()?.run(picture, quality as f32)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Image> {
        Decoder::new()?.run(bytes)
    }
}

fn pixel_format(color: Color) -> sys::JxlPixelFormat {
    sys::JxlPixelFormat {
        num_channels: color.channels() as u32,
        data_type: sys::JxlDataType::JXL_TYPE_UINT8,
        endianness: sys::JxlEndianness::JXL_NATIVE_ENDIAN,
        align: 0,
    }
}

/// Owns libjxl's encoder.
struct Encoder(*mut sys::JxlEncoder);

impl Encoder {
    fn new() -> Result<Self> {
        // SAFETY: null asks for the default allocator.
        let encoder = unsafe { sys::JxlEncoderCreate(ptr::null()) };
        ensure!(!encoder.is_null(), "libjxl has no memory for an encoder");
        Ok(Self(encoder))
    }

    fn run(self, picture: &Image, quality: f32) -> Result<Vec<u8>> {
        let format = pixel_format(picture.color());
        let gray = picture.color() == Color::Gray;
        let samples = picture.samples();
        // SAFETY: the encoder lives as long as `self`, the structs are initialised by libjxl before they are read, and
        // `samples` has width · height · channels bytes, as `format` without alignment says.
        unsafe {
            let mut info = sys::JxlBasicInfo::default();
            sys::JxlEncoderInitBasicInfo(&mut info);
            (info.xsize, info.ysize) = (picture.width(), picture.height());
            info.bits_per_sample = 8;
            info.num_color_channels = format.num_channels;
            info.uses_original_profile = 0;
            self.check(sys::JxlEncoderSetBasicInfo(self.0, &info))?;

            let mut color = sys::JxlColorEncoding::default();
            sys::JxlColorEncodingSetToSRGB(&mut color, gray.into());
            self.check(sys::JxlEncoderSetColorEncoding(self.0, &color))?;

            let settings = sys::JxlEncoderFrameSettingsCreate(self.0, ptr::null());
            ensure!(!settings.is_null(), "libjxl has no memory for settings");
            let distance = sys::JxlEncoderDistanceFromQuality(quality);
            self.check(sys::JxlEncoderSetFrameDistance(settings, distance))?;
            let effort = sys::JxlEncoderFrameSettingId::JXL_ENC_FRAME_SETTING_EFFORT;
            self.check(sys::JxlEncoderFrameSettingsSetOption(
                settings, effort, EFFORT,
            ))?;
            self.check(sys::JxlEncoderAddImageFrame(
                settings,
                &format,
                samples.as_ptr().cast::<c_void>(),
                samples.len(),
            ))?;
            sys::JxlEncoderCloseInput(self.0);
        }
        self.output()
    }

    fn output(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; 1 << 16];
        let mut used = 0;
        loop {
            let mut next = bytes[used..].as_mut_ptr();
            let mut free = bytes.len() - used;
            // SAFETY: `next` points to `free` bytes of `bytes`, which is not touched during the call.
            let status = unsafe { sys::JxlEncoderProcessOutput(self.0, &mut next, &mut free) };
            used = bytes.len() - free;
            if status != sys::JxlEncoderStatus::JXL_ENC_NEED_MORE_OUTPUT {
                self.check(status)?;
                bytes.truncate(used);
                return Ok(bytes);
            }
            bytes.resize(bytes.len() * 2, 0);
        }
    }

    fn check(&self, status: sys::JxlEncoderStatus) -> Result<()> {
        if status == sys::JxlEncoderStatus::JXL_ENC_SUCCESS {
            return Ok(());
        }
        // SAFETY: the encoder is alive.
        let error = unsafe { sys::JxlEncoderGetError(self.0) };
        bail!("libjxl cannot encode: {error:?}");
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: created by JxlEncoderCreate, destroyed only here.
        unsafe { sys::JxlEncoderDestroy(self.0) };
    }
}

/// Owns libjxl's decoder.
struct Decoder(*mut sys::JxlDecoder);

impl Decoder {
    fn new() -> Result<Self> {
        // SAFETY: null asks for the default allocator.
        let decoder = unsafe { sys::JxlDecoderCreate(ptr::null()) };
        ensure!(!decoder.is_null(), "libjxl has no memory for a decoder");
        Ok(Self(decoder))
    }

    fn run(self, bytes: &[u8]) -> Result<Image> {
        let events = sys::JxlDecoderStatus::JXL_DEC_BASIC_INFO as i32
            | sys::JxlDecoderStatus::JXL_DEC_FULL_IMAGE as i32;
        let mut info = sys::JxlBasicInfo::default();
        let mut color = Color::Rgb;
        let mut samples = Vec::new();
        // SAFETY: the decoder lives as long as `self`; `bytes`, and `samples` once it is given to libjxl, stay where they are
        // until the loop ends. The size of `samples` is what libjxl asks for.
        unsafe {
            check(sys::JxlDecoderSubscribeEvents(self.0, events))?;
            check(sys::JxlDecoderSetInput(self.0, bytes.as_ptr(), bytes.len()))?;
            sys::JxlDecoderCloseInput(self.0);
            loop {
                match sys::JxlDecoderProcessInput(self.0) {
                    sys::JxlDecoderStatus::JXL_DEC_BASIC_INFO => {
                        check(sys::JxlDecoderGetBasicInfo(self.0, &mut info))?;
                        if info.num_color_channels == 1 {
                            color = Color::Gray;
                        }
                    }
                    sys::JxlDecoderStatus::JXL_DEC_NEED_IMAGE_OUT_BUFFER => {
                        let format = pixel_format(color);
                        let mut size = 0;
                        check(sys::JxlDecoderImageOutBufferSize(
                            self.0, &format, &mut size,
                        ))?;
                        samples = vec![0u8; size];
                        let buffer = samples.as_mut_ptr().cast::<c_void>();
                        check(sys::JxlDecoderSetImageOutBuffer(
                            self.0, &format, buffer, size,
                        ))?;
                    }
                    sys::JxlDecoderStatus::JXL_DEC_FULL_IMAGE => break,
                    status => bail!("libjxl cannot decode: {status:?}"),
                }
            }
        }
        Ok(Image::new(info.xsize, info.ysize, color, samples)?)
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: created by JxlDecoderCreate, destroyed only here.
        unsafe { sys::JxlDecoderDestroy(self.0) };
    }
}

fn check(status: sys::JxlDecoderStatus) -> Result<()> {
    match status {
        sys::JxlDecoderStatus::JXL_DEC_SUCCESS => Ok(()),
        status => bail!("libjxl cannot decode: {status:?}"),
    }
}
