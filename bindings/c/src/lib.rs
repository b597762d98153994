//! The C interface of vqz. `include/vqz.h` is its documentation; the functions here have the same names and do what it says.
//!
//! | file | what |
//! |---|---|
//! | `entry` | what every call has around it: panics are caught, errors become a status and a text |
//! | `status` | errors of the library → status codes |
//! | `arguments` | pointers, structures and numbers of callers → values that are safe to use |
//! | `handles` | models and cancelling |
//! | `decoder`, `encoder` | the work |
//! | `exif` | which way up a picture is |
//! | `memory` | for JavaScript (`bindings/web`), which has no allocator of its own in the module's memory |

// C calls by pointers. This crate is the only place for it outside the kernels; each block says why it is sound.
#![allow(unsafe_code)]
// C's names.
#![allow(non_camel_case_types)]

mod arguments;
mod decoder;
mod encoder;
mod entry;
mod exif;
mod handles;
#[cfg(target_family = "wasm")]
mod memory;
mod status;
#[cfg(test)]
mod tests;

use std::ffi::{c_char, c_void, CStr};

use entry::guard;

/// What programs may hand from thread to thread, or share.
const _: () = {
    const fn sync<T: Send + Sync>() {}
    sync::<decoder::vqz_decoder>();
    sync::<handles::vqz_model>();
    sync::<handles::vqz_cancel>();
};

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// See vqz.h.
#[no_mangle]
pub extern "C" fn vqz_version() -> *const c_char {
    VERSION.as_ptr().cast()
}

/// See vqz.h.
#[no_mangle]
pub extern "C" fn vqz_version_number() -> u32 {
    let mut parts = VERSION.trim_end_matches('\0').split(['.', '-', '+']);
    let mut part = || {
        let part = parts.next().and_then(|part| part.parse::<u32>().ok());
        part.unwrap_or(0)
    };
    (part() << 16) | (part() << 8) | part()
}

/// See vqz.h.
#[no_mangle]
pub extern "C" fn vqz_status_string(status: u32) -> *const c_char {
    let text: &CStr = match status {
        status::OK => c"ok",
        status::NEED_MORE => c"more bytes of the file are needed",
        status::DAMAGED => c"not a .vqz file, or damaged",
        status::UNSUPPORTED => c"needs a later version of libvqz, or the model's encoder file",
        status::NEEDS_MODEL => c"made with a model that is not at hand",
        status::LIMIT => c"beyond the limits",
        status::CANCELLED => c"cancelled",
        status::OUT_OF_MEMORY => c"out of memory",
        status::INVALID_ARGUMENT => c"invalid argument",
        status::INTERNAL => c"internal error of libvqz",
        status::NEEDS_RENDERING => c"a rendering was asked for that is not at hand",
        _ => c"unknown status",
    };
    text.as_ptr()
}

/// See vqz.h.
#[no_mangle]
pub extern "C" fn vqz_last_error() -> *const c_char {
    entry::thread_text()
}

/// See vqz.h.
///
/// # Safety
/// `data` has `size` bytes, or is null.
#[no_mangle]
pub unsafe extern "C" fn vqz_probe(data: *const c_void, size: usize) -> u32 {
    let mut found = 0;
    guard(|| {
        // SAFETY: the caller's promise.
        let bytes = unsafe { arguments::bytes("data", data, size) }?;
        found = match codec::probe(bytes) {
            codec::Probe::Other => 0,
            codec::Probe::Vqz => 1,
            codec::Probe::TooShort => 2,
        };
        Ok(status::OK)
    });
    found
}
