//! What callers give → values that are safe to use.

use std::ffi::c_void;
use std::mem::{offset_of, MaybeUninit};
use std::ptr::copy_nonoverlapping;

use codec::{PixelFormat, Rendering, Scale, View};

use crate::status::Failure;

/// More bytes than Rust lets a slice have.
const TOO_LARGE: usize = isize::MAX as usize;

/// A structure of vqz.h that begins with its size.
///
/// # Safety
/// `#[repr(C)]`, any bytes are a value of it, and its first field is a `usize`.
pub unsafe trait Structure: Copy {
    /// Its name in vqz.h.
    const NAME: &'static str;
    /// Its sizes in earlier versions of vqz.h, whose fields are the first ones of these.
    const OLDER: &'static [usize] = &[];
}

/// Its size is checked before anything else of it is read. What an earlier version of vqz.h does not have, is 0.
///
/// # Safety
/// `pointer` is null, or points to a structure that has as many bytes as its first field says.
pub unsafe fn structure<T: Structure>(pointer: *const T) -> Result<T, Failure> {
    if pointer.is_null() {
        return Err(Failure::argument(format!("{} is null", T::NAME)));
    }
    // SAFETY: not null, so that by the caller's promise there is a size_t at least. It need not be aligned.
    let size = unsafe { pointer.cast::<usize>().read_unaligned() };
    if size != size_of::<T>() && !T::OLDER.contains(&size) {
        return Err(Failure::argument(format!(
            "struct_size of {} is {size}, this version of libvqz takes {}",
            T::NAME,
            size_of::<T>()
        )));
    }
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: it has as many bytes as it says, which are no more than T has.
    unsafe { copy_nonoverlapping(pointer.cast::<u8>(), value.as_mut_ptr().cast(), size) };
    // SAFETY: any bytes are a T.
    Ok(unsafe { value.assume_init() })
}

/// As [`structure`]; null gives `None`.
///
/// # Safety
/// That of [`structure`].
pub unsafe fn optional<T: Structure>(pointer: *const T) -> Result<Option<T>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { structure(pointer) }.map(Some)
}

/// # Safety
/// `data` is null, or has `size` bytes that nobody changes as long as the slice is in use.
pub unsafe fn bytes<'a>(name: &str, data: *const c_void, size: usize) -> Result<&'a [u8], Failure> {
    check(name, data, size)?;
    if size == 0 {
        return Ok(&[]);
    }
    // SAFETY: not null, of a size that a slice can have, and the rest is the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), size) })
}

/// # Safety
/// `data` is null, or has `size` bytes that nobody else uses as long as the slice is in use.
pub unsafe fn bytes_mut<'a>(
    name: &str,
    data: *mut c_void,
    size: usize,
) -> Result<&'a mut [u8], Failure> {
    check(name, data, size)?;
    if size == 0 {
        return Ok(&mut []);
    }
    // SAFETY: not null, of a size that a slice can have, and the rest is the caller's promise. Whatever bytes are there are bytes.
    Ok(unsafe { std::slice::from_raw_parts_mut(data.cast(), size) })
}

fn check(name: &str, data: *const c_void, size: usize) -> Result<(), Failure> {
    if data.is_null() && size > 0 {
        return Err(Failure::argument(format!(
            "{name} is null, and should have {size} bytes"
        )));
    }
    if size > TOO_LARGE {
        return Err(Failure::argument(format!("{name} has {size} bytes")));
    }
    Ok(())
}

/// A place for a result.
///
/// # Safety
/// `pointer` is null, or a place for a `T` that nobody else uses as long as the reference is in use. Its content is a `T`, if not the one that is meant.
pub unsafe fn place<'a, T>(name: &str, pointer: *mut T) -> Result<&'a mut T, Failure> {
    if !pointer.is_null() && !pointer.is_aligned() {
        return Err(Failure::argument(format!("{name} is not aligned")));
    }
    // SAFETY: null or aligned, and the rest is the caller's promise.
    unsafe { pointer.as_mut() }.ok_or_else(|| Failure::argument(format!("{name} is null")))
}

pub fn format(number: u32) -> Result<PixelFormat, Failure> {
    Ok(match number {
        1 => PixelFormat::Gray8,
        2 => PixelFormat::GrayAlpha8,
        3 => PixelFormat::Rgb8,
        4 => PixelFormat::Rgba8,
        5 => PixelFormat::Bgra8,
        _ => return Err(Failure::argument(format!("{number} is no VQZ_FORMAT_*"))),
    })
}

/// The inverse of [`format`].
pub fn format_number(format: PixelFormat) -> Result<u32, Failure> {
    Ok(match format {
        PixelFormat::Gray8 => 1,
        PixelFormat::GrayAlpha8 => 2,
        PixelFormat::Rgb8 => 3,
        PixelFormat::Rgba8 => 4,
        PixelFormat::Bgra8 => 5,
        _ => return Err(Failure::internal("a pixel format that vqz.h does not have")),
    })
}

/// A number of threads; 0 for as many as there are cores.
pub fn threads(number: u32) -> Result<usize, Failure> {
    if number > 1024 {
        return Err(Failure::argument(format!(
            "{number} threads, at most 1024 are allowed"
        )));
    }
    Ok(number as usize)
}

/// `vqz_view` of vqz.h.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct vqz_view {
    pub struct_size: usize,
    pub scale: u32,
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
    /// Where an earlier version has padding, which may hold anything.
    reserved: u32,
    pub rendering: u32,
}

// SAFETY: numbers in C's layout, the size first. Padding at the end is never looked at.
unsafe impl Structure for vqz_view {
    const NAME: &'static str = "vqz_view";
    const OLDER: &'static [usize] =
        &[offset_of!(Self, reserved).next_multiple_of(align_of::<Self>())];
}

/// # Safety
/// That of [`structure`].
pub unsafe fn view(pointer: *const vqz_view) -> Result<View, Failure> {
    // SAFETY: the caller's promise.
    let Some(view) = (unsafe { optional(pointer) })? else {
        return Ok(View::default());
    };
    let divisor = view.scale.max(1);
    let scale = Scale::ALL.into_iter().find(|s| s.divisor() == divisor);
    let scale = scale.ok_or_else(|| {
        Failure::argument(format!(
            "scale is {}, it must be 1, 2, 4, 8 or 16",
            view.scale
        ))
    })?;
    let rendering = match view.rendering {
        0 => Rendering::Faithful,
        1 => Rendering::Perceptual,
        other => return Err(Failure::argument(format!("{other} is no VQZ_RENDERING_*"))),
    };
    let whole = View::scale(scale).rendering(rendering);
    if view.width == 0 && view.height == 0 {
        if (view.x, view.y) != (0, 0) {
            return Err(Failure::argument(format!(
                "a region at ({}, {}) without width and height",
                view.x, view.y
            )));
        }
        return Ok(whole);
    }
    Ok(whole.crop(view.x, view.y, view.width, view.height))
}
