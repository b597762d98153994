//! Models, renderings, and flags to cancel by.

use std::ffi::c_void;

use codec::{Cancel, Model, RenderingModel};

use crate::arguments::{bytes, place};
use crate::entry::{guard, guard_free};
use crate::status::OK;

/// See vqz.h.
#[derive(Debug)]
pub struct vqz_model(pub Model);

/// See vqz.h.
#[derive(Debug)]
pub struct vqz_rendering(pub RenderingModel);

/// See vqz.h.
#[derive(Debug)]
pub struct vqz_cancel(pub Cancel);

/// See vqz.h.
///
/// # Safety
/// `data` has `size` bytes, or is null; `model` is a place for a pointer, or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_model_new(
    data: *const c_void,
    size: usize,
    model: *mut *mut vqz_model,
) -> u32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let model = unsafe { place("model", model) }?;
        *model = std::ptr::null_mut();
        // SAFETY: the caller's promise.
        let bytes = unsafe { bytes("data", data, size) }?;
        let loaded = Model::from_bytes(bytes)?;
        *model = Box::into_raw(Box::new(vqz_model(loaded)));
        Ok(OK)
    })
}

/// See vqz.h.
///
/// # Safety
/// `model` is from [`vqz_model_new`] and not freed yet, or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_model_free(model: *mut vqz_model) {
    guard_free(|| {
        if !model.is_null() {
            // SAFETY: it was made by Box::into_raw, and by the caller's promise it is freed once.
            drop(unsafe { Box::from_raw(model) });
        }
    });
}

/// See vqz.h.
///
/// # Safety
/// `data` has `size` bytes, or is null; `rendering` is a place for a pointer, or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_rendering_new(
    data: *const c_void,
    size: usize,
    rendering: *mut *mut vqz_rendering,
) -> u32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let rendering = unsafe { place("rendering", rendering) }?;
        *rendering = std::ptr::null_mut();
        // SAFETY: the caller's promise.
        let bytes = unsafe { bytes("data", data, size) }?;
        let loaded = RenderingModel::from_bytes(bytes)?;
        *rendering = Box::into_raw(Box::new(vqz_rendering(loaded)));
        Ok(OK)
    })
}

/// See vqz.h.
///
/// # Safety
/// `rendering` is from [`vqz_rendering_new`] and not freed yet, or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_rendering_free(rendering: *mut vqz_rendering) {
    guard_free(|| {
        if !rendering.is_null() {
            // SAFETY: it was made by Box::into_raw, and by the caller's promise it is freed once.
            drop(unsafe { Box::from_raw(rendering) });
        }
    });
}

/// See vqz.h.
///
/// # Safety
/// `cancel` is a place for a pointer, or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_cancel_new(cancel: *mut *mut vqz_cancel) -> u32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let cancel = unsafe { place("cancel", cancel) }?;
        *cancel = Box::into_raw(Box::new(vqz_cancel(Cancel::new())));
        Ok(OK)
    })
}

/// See vqz.h.
///
/// # Safety
/// `cancel` is from [`vqz_cancel_new`] and not freed yet, or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_cancel_set(cancel: *const vqz_cancel) -> u32 {
    guard(|| {
        // SAFETY: the caller's promise. Only shared references to it are ever made, and it may be shared by threads.
        let cancel = unsafe { cancel.as_ref() };
        let cancel =
            cancel.ok_or_else(|| crate::status::Failure::argument("vqz_cancel is null"))?;
        cancel.0.cancel();
        Ok(OK)
    })
}

/// See vqz.h.
///
/// # Safety
/// `cancel` is from [`vqz_cancel_new`] and not freed yet, or null.
#[no_mangle]
pub unsafe extern "C" fn vqz_cancel_free(cancel: *mut vqz_cancel) {
    guard_free(|| {
        if !cancel.is_null() {
            // SAFETY: it was made by Box::into_raw, and by the caller's promise it is freed once.
            drop(unsafe { Box::from_raw(cancel) });
        }
    });
}
