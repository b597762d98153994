//! What every call has around it: no panic gets out, and the text of an error is kept.

use std::cell::RefCell;
use std::ffi::{c_char, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::status::{self, Failure};

thread_local! {
    /// Of the last call on this thread that has no decoder to keep it.
    static TEXT: RefCell<CString> = RefCell::default();
}

/// Runs `call`, and gives its status. The text of its error goes to [`thread_text`].
pub fn guard(call: impl FnOnce() -> Result<u32, Failure>) -> u32 {
    let result = catch_unwind(AssertUnwindSafe(call));
    let result = result.unwrap_or_else(|panic| {
        // What was thrown may panic once more when it is dropped.
        std::mem::forget(panic);
        Err(Failure::internal("libvqz panicked; please report this"))
    });
    let (status, text) = match result {
        Ok(status) => (status, CString::default()),
        Err(failure) => (failure.status, c_text(failure.text)),
    };
    // A thread that is ending has no texts any more.
    _ = TEXT.try_with(|kept| kept.replace(text));
    status
}

/// See vqz_last_error in vqz.h.
pub fn thread_text() -> *const c_char {
    let text = TEXT.try_with(|text| text.borrow().as_ptr());
    text.unwrap_or(c"".as_ptr())
}

/// A text as C has it.
pub fn c_text(text: String) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}

/// As [`guard`], for what gives nothing back.
pub fn guard_free(call: impl FnOnce()) {
    guard(|| {
        call();
        Ok(status::OK)
    });
}
