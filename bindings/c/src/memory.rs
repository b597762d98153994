//! WebAssembly only: memory for what callers outside the module hand in and take out. C programs have their own.

use std::alloc::{alloc, dealloc, Layout};

/// As much as any structure of vqz.h wants.
const ALIGNMENT: usize = 16;

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.max(1), ALIGNMENT).ok()
}

/// `size` bytes that hold anything, aligned for every structure of vqz.h; null if there are none left.
#[no_mangle]
pub extern "C" fn vqz_memory_new(size: usize) -> *mut u8 {
    layout(size).map_or(std::ptr::null_mut(), |layout| {
        // SAFETY: at least one byte.
        unsafe { alloc(layout) }
    })
}

/// Gives them back. Null is allowed.
///
/// # Safety
/// `data` is null, or from [`vqz_memory_new`] with the same size and not freed yet.
#[no_mangle]
pub unsafe extern "C" fn vqz_memory_free(data: *mut u8, size: usize) {
    if let (false, Some(layout)) = (data.is_null(), layout(size)) {
        // SAFETY: by the caller's promise it was allocated with this layout.
        unsafe { dealloc(data, layout) };
    }
}
