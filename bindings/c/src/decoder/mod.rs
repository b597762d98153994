//! `vqz_decoder`: one file as it arrives, and its pixels.

mod options;
pub(crate) mod picture;
mod state;

use std::ffi::{c_char, c_void, CString};
use std::sync::{Mutex, TryLockError};

use codec::{Decoder, Progress};

use crate::arguments::{bytes, optional, place};
use crate::entry::{c_text, guard, guard_free};
use crate::status::{Failure, DAMAGED, OK};
pub use options::vqz_decoder_options;
pub use state::vqz_info;
pub(crate) use state::State;

/// See vqz.h. The lock is only ever tried: it tells misuse by two threads, or from within a function of the caller's, and it is poisoned by a
/// panic.
#[derive(Debug)]
pub struct vqz_decoder(pub(crate) Mutex<State>);

/// Runs `call` on a decoder that is valid, not in use, and has not panicked; keeps the text of its error there.
///
/// # Safety
/// `decoder` is null, or from [`vqz_decoder_new`] and not freed before this call returns.
pub(crate) unsafe fn with(
    decoder: *const vqz_decoder,
    call: impl FnOnce(&mut State) -> Result<u32, Failure>,
) -> u32 {
    guard(|| {
        // SAFETY: the caller's promise. Only shared references to it are ever made.
        let decoder = unsafe { decoder.as_ref() };
        let decoder = decoder.ok_or_else(|| Failure::argument("decoder is null"))?;
        let mut state = match decoder.0.try_lock() {
            Ok(state) => state,
            Err(TryLockError::WouldBlock) => return Err(Failure::argument(
                "the decoder is in use, by another thread or by the call that this one comes from",
            )),
            Err(TryLockError::Poisoned(_)) => return Err(Failure::internal(PANICKED)),
        };
        let result = call(&mut state);
        state.text = match &result {
            Ok(_) => CString::default(),
            Err(failure) => c_text(failure.text.clone()),
        };
        result
    })
}

const PANICKED: &str = "libvqz panicked in an earlier call with this decoder";

/// See vqz.h.
///
/// # Safety
/// What is not null is valid: a structure of the size that it says, with pointers that are valid; a place for a pointer.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_new(
    options: *const vqz_decoder_options,
    decoder: *mut *mut vqz_decoder,
) -> u32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let place = unsafe { place("decoder", decoder) }?;
        *place = std::ptr::null_mut();
        let mut made = Decoder::default();
        // SAFETY: the caller's promise.
        if let Some(options) = unsafe { optional(options) }? {
            // SAFETY: the caller's promise.
            made = unsafe { options.decoder() }?;
        }
        *place = Box::into_raw(Box::new(vqz_decoder(Mutex::new(State::new(made.push())))));
        Ok(OK)
    })
}

/// See vqz.h.
///
/// # Safety
/// `decoder` is from [`vqz_decoder_new`], not freed yet and not in use; or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_free(decoder: *mut vqz_decoder) {
    guard_free(|| {
        if !decoder.is_null() {
            // SAFETY: it was made by Box::into_raw, and by the caller's promise it is freed once.
            drop(unsafe { Box::from_raw(decoder) });
        }
    });
}

/// See vqz.h.
///
/// # Safety
/// What is not null is valid; `data` has `size` bytes.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_push(
    decoder: *mut vqz_decoder,
    data: *const c_void,
    size: usize,
    needed: *mut usize,
) -> u32 {
    let call = |state: &mut State| {
        // SAFETY: the caller's promise.
        let bytes = unsafe { bytes("data", data, size) }?;
        let (status, more) = state.push(bytes)?;
        if !needed.is_null() {
            // SAFETY: the caller's promise.
            *unsafe { place("needed", needed) }? = more;
        }
        Ok(status)
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// `decoder` is valid or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_finish(decoder: *mut vqz_decoder) -> u32 {
    let call = |state: &mut State| {
        state.check()?;
        state.ended = true;
        if state.whole {
            return Ok(OK);
        }
        let needed = match state.push.push(&[])? {
            Progress::NeedMore(needed) => needed,
            Progress::Finished => return Ok(OK),
        };
        Err(Failure {
            status: DAMAGED,
            text: format!("file is truncated: {needed} bytes more are needed at least"),
            model: None,
        })
    };
    // SAFETY: the caller's promise.
    unsafe { with(decoder, call) }
}

/// See vqz.h.
///
/// # Safety
/// `decoder` is valid or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_last_error(decoder: *const vqz_decoder) -> *const c_char {
    // SAFETY: the caller's promise.
    let Some(decoder) = (unsafe { decoder.as_ref() }) else {
        return c"decoder is null".as_ptr();
    };
    match decoder.0.try_lock() {
        Ok(state) => state.text.as_ptr(),
        Err(TryLockError::WouldBlock) => c"the decoder is in use".as_ptr(),
        Err(TryLockError::Poisoned(_)) => c"libvqz panicked; please report this".as_ptr(),
    }
}

/// See vqz.h.
///
/// # Safety
/// `decoder` is valid or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_decoder_needed_model(decoder: *const vqz_decoder) -> *const c_char {
    // SAFETY: the caller's promise.
    let decoder = unsafe { decoder.as_ref() };
    let state = decoder.and_then(|decoder| decoder.0.try_lock().ok());
    let model = state.and_then(|state| state.model.as_ref().map(|text| text.as_ptr()));
    model.unwrap_or(std::ptr::null())
}
