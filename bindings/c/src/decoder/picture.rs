//! What a decoder tells of its file, and its pixels.

use std::ffi::{c_int, c_void};

use codec::Rows;

use super::{vqz_decoder, vqz_info, with, State};
use crate::arguments::{self, bytes_mut, place, structure, vqz_view};
use crate::status::{Failure, NEED_MORE, OK};

/// `vqz_rows_function` of vqz.h, or null.
pub type RowsFunction =
    Option<unsafe extern "C" fn(*mut c_void, u32, u32, *const u8, usize) -> c_int>;

/// See vqz.h.
///
/// # Safety
/// What is not null is valid.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_info(decoder: *mut vqz_decoder, info: *mut vqz_info) -> u32 {
    let call = |state: &mut State| {
        // SAFETY: the caller's promise.
        unsafe { structure(info.cast_const()) }?;
        let Some(known) = state.info()? else {
            return Ok(NEED_MORE);
        };
        // SAFETY: not null, and as large as it says, which has been checked.
        unsafe { info.write_unaligned(known) };
        Ok(OK)
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// What is not null is valid.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_metadata(
    decoder: *mut vqz_decoder,
    kind: u32,
    data: *mut *const u8,
    size: *mut usize,
) -> u32 {
    let call = |state: &mut State| {
        // SAFETY: the caller's promise; they are of different types, so that they are different places.
        let (data, size) = unsafe { (place("data", data)?, place("size", size)?) };
        (*data, *size) = (std::ptr::null(), 0);
        let index = match kind {
            1..=3 => kind as usize - 1,
            _ => return Err(Failure::argument(format!("{kind} is no VQZ_METADATA_*"))),
        };
        if !state.keep_metadata()? {
            return Ok(NEED_MORE);
        }
        if let Some(kept) = &state.metadata[index] {
            (*data, *size) = (kept.as_ptr(), kept.len());
        }
        Ok(OK)
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// What is not null is valid.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_view_size(
    decoder: *mut vqz_decoder,
    view: *const vqz_view,
    width: *mut u32,
    height: *mut u32,
) -> u32 {
    let call = |state: &mut State| {
        // SAFETY: the caller's promise.
        let view = unsafe { arguments::view(view) }?;
        let Some(picture) = state.picture()? else {
            return Ok(NEED_MORE);
        };
        let region = view.resolve(picture.width(), picture.height())?;
        // SAFETY: the caller's promise. One reference ends before the next begins.
        *unsafe { place("width", width) }? = region.width;
        // SAFETY: as above.
        *unsafe { place("height", height) }? = region.height;
        Ok(OK)
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// What is not null is valid; `buffer` has `size` bytes that nobody else uses.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_decode(
    decoder: *mut vqz_decoder,
    view: *const vqz_view,
    format: u32,
    buffer: *mut c_void,
    size: usize,
    stride: usize,
) -> u32 {
    let call = |state: &mut State| {
        // SAFETY: the caller's promise.
        let view = unsafe { arguments::view(view) }?;
        let format = arguments::format(format)?;
        // SAFETY: the caller's promise.
        let buffer = unsafe { bytes_mut("buffer", buffer, size) }?;
        let Some(picture) = state.picture()? else {
            return Ok(NEED_MORE);
        };
        picture.decode_into(view, format, buffer, stride)?;
        Ok(OK)
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// What is not null is valid; `rows` keeps to what vqz.h asks of it.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_decode_rows(
    decoder: *mut vqz_decoder,
    view: *const vqz_view,
    format: u32,
    rows: RowsFunction,
    user: *mut c_void,
) -> u32 {
    let call = |state: &mut State| {
        // SAFETY: the caller's promise.
        let view = unsafe { arguments::view(view) }?;
        let format = arguments::format(format)?;
        let rows = rows.ok_or_else(|| Failure::argument("rows is null"))?;
        let Some(picture) = state.picture()? else {
            return Ok(NEED_MORE);
        };
        picture.decode_rows(view, format, |band: &Rows<'_>| {
            // SAFETY: the caller's function, with what the caller gave for it, and with data that live until it returns.
            let more = unsafe {
                rows(
                    user,
                    band.first,
                    band.count,
                    band.data.as_ptr(),
                    band.stride,
                )
            };
            more != 0
        })?;
        Ok(OK)
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}
