//! `vqz_encode`: pixels → file.

use std::ffi::c_void;

use codec::{inspect, Encoder, Image, Limits, Model};

use crate::arguments::{self, bytes, optional, structure};
use crate::entry::{guard, guard_free};
use crate::handles::{vqz_cancel, vqz_model};
use crate::status::{Failure, OK};

/// `vqz_encoder_options` of vqz.h.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct vqz_encoder_options {
    struct_size: usize,
    rate_kind: u32,
    progressive: u32,
    rate: f64,
    threads: u32,
    reserved: u32,
    icc: *const c_void,
    icc_size: usize,
    exif: *const c_void,
    exif_size: usize,
    xmp: *const c_void,
    xmp_size: usize,
    model: *const vqz_model,
    cancel: *const vqz_cancel,
}

// SAFETY: numbers and raw pointers in C's layout, the size first.
unsafe impl arguments::Structure for vqz_encoder_options {
    const NAME: &'static str = "vqz_encoder_options";
}

/// `vqz_encoded` of vqz.h.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct vqz_encoded {
    struct_size: usize,
    data: *mut u8,
    size: usize,
    quality: f64,
    psnr: f64,
}

// SAFETY: numbers and a raw pointer in C's layout, the size first.
unsafe impl arguments::Structure for vqz_encoded {
    const NAME: &'static str = "vqz_encoded";
}

const NOTHING: vqz_encoded = vqz_encoded {
    struct_size: size_of::<vqz_encoded>(),
    data: std::ptr::null_mut(),
    size: 0,
    quality: 0.0,
    psnr: 0.0,
};

/// What of the result the caller's options decide.
enum Rate {
    Quality(f32),
    Size(usize),
    Psnr(f64),
}

/// See vqz.h.
///
/// # Safety
/// What is not null is valid; `pixels` has `size` bytes.
#[no_mangle]
pub unsafe extern "C" fn vqz_encode(
    options: *const vqz_encoder_options,
    format: u32,
    width: u32,
    height: u32,
    pixels: *const c_void,
    size: usize,
    stride: usize,
    encoded: *mut vqz_encoded,
) -> u32 {
    guard(|| {
        // SAFETY: the caller's promise.
        unsafe { structure(encoded.cast_const()) }?;
        // SAFETY: not null, and as large as it says, which has been checked.
        unsafe { encoded.write_unaligned(NOTHING) };
        // SAFETY: the caller's promise.
        let options = unsafe { optional(options) }?;
        let format = arguments::format(format)?;
        // SAFETY: the caller's promise.
        let pixels = unsafe { bytes("pixels", pixels, size) }?;
        // As the library would, but before anything is allocated.
        Limits::default().check_dimensions(width, height)?;
        let mut image = Image::from_pixels(width, height, format, pixels, stride)?;
        let (rate, encoder) = match options {
            None => (Rate::Quality(50.0), Encoder::new(Model::embedded()?)),
            Some(options) => {
                // SAFETY: the caller's promise.
                unsafe { describe(&mut image, &options) }?;
                // SAFETY: the caller's promise.
                unsafe { configured(&options) }?
            }
        };
        let file = encode(&image, &rate, encoder)?;
        // SAFETY: as above.
        unsafe { encoded.write_unaligned(file) };
        Ok(OK)
    })
}

/// # Safety
/// `model` and `cancel` are null or valid.
unsafe fn configured(options: &vqz_encoder_options) -> Result<(Rate, Encoder), Failure> {
    let wanted = options.rate;
    let rate = match options.rate_kind {
        0 => Rate::Quality(50.0),
        1 => Rate::Quality(wanted as f32),
        2 if wanted >= 0.0 => Rate::Size(wanted as usize),
        2 => return Err(Failure::argument(format!("a size of {wanted} bytes"))),
        3 => Rate::Psnr(wanted),
        other => return Err(Failure::argument(format!("{other} is no VQZ_RATE_*"))),
    };
    let progressive = match options.progressive {
        0 => false,
        1 => true,
        other => {
            return Err(Failure::argument(format!(
                "progressive is {other}, it must be 0 or 1"
            )))
        }
    };
    if options.reserved != 0 {
        return Err(Failure::argument("reserved is not 0"));
    }
    // SAFETY: null or valid, by the caller's promise; only shared references to it are ever made.
    let model = match unsafe { options.model.as_ref() } {
        Some(model) => &model.0,
        None => Model::embedded()?,
    };
    let threads = arguments::threads(options.threads)?;
    let mut encoder = Encoder::new(model)
        .progressive(progressive)
        .threads(threads)?;
    // SAFETY: as above.
    if let Some(cancel) = unsafe { options.cancel.as_ref() } {
        encoder = encoder.cancel(&cancel.0);
    }
    Ok((rate, encoder))
}

/// Gives the picture its metadata.
///
/// # Safety
/// The options' pointers to metadata are null or have as many bytes as they say.
unsafe fn describe(image: &mut Image, options: &vqz_encoder_options) -> Result<(), Failure> {
    let metadata = &mut image.metadata;
    for (name, target, data, size) in [
        ("icc", &mut metadata.icc, options.icc, options.icc_size),
        ("exif", &mut metadata.exif, options.exif, options.exif_size),
        ("xmp", &mut metadata.xmp, options.xmp, options.xmp_size),
    ] {
        // SAFETY: the caller's promise.
        let given = unsafe { bytes(name, data, size) }?;
        if !data.is_null() {
            *target = Some(given.to_vec());
        }
    }
    Ok(())
}

fn encode(image: &Image, rate: &Rate, encoder: Encoder) -> Result<vqz_encoded, Failure> {
    let (file, psnr) = match *rate {
        Rate::Quality(quality) => (encoder.quality(quality)?.encode(image)?, None),
        Rate::Size(bytes) => (encoder.encode_to_size(image, bytes)?.bytes, None),
        Rate::Psnr(db) => {
            let encoded = encoder.encode_to_psnr(image, db)?;
            (encoded.bytes, encoded.psnr)
        }
    };
    let info = inspect(&file, &Limits::default())?;
    let file = file.into_boxed_slice();
    let size = file.len();
    Ok(vqz_encoded {
        data: Box::into_raw(file).cast(),
        size,
        quality: info.quality.into(),
        psnr: psnr.unwrap_or(0.0),
        ..NOTHING
    })
}

/// See vqz.h.
///
/// # Safety
/// `encoded` is null, or as [`vqz_encode`] has filled it.
#[no_mangle]
pub unsafe extern "C" fn vqz_encoded_free(encoded: *mut vqz_encoded) {
    guard_free(|| {
        // SAFETY: the caller's promise. What has another size is not ours.
        let Ok(held) = (unsafe { structure(encoded.cast_const()) }) else {
            return;
        };
        if held.data.is_null() {
            return;
        }
        let file = std::ptr::slice_from_raw_parts_mut(held.data, held.size);
        // SAFETY: it was made by Box::into_raw with this size, and data is null once it has been freed.
        drop(unsafe { Box::from_raw(file) });
        // SAFETY: not null, and as large as it says, which has been checked.
        unsafe { encoded.write_unaligned(NOTHING) };
    });
}
