//! What cannot be tested from C: panics, and that vqz.h says the same as this crate.

use std::ffi::CStr;
use std::ptr::{null, null_mut};

use crate::decoder::picture::vqz_decoder_info;
use crate::decoder::{
    vqz_decoder_free, vqz_decoder_last_error, vqz_decoder_new, vqz_decoder_push, with,
};
use crate::status;

const HEADER: &str = include_str!("../include/vqz.h");

#[test]
fn a_decoder_that_panicked_stays_poisoned() {
    let mut decoder = null_mut();
    // SAFETY: a place for the pointer, and a decoder that is freed once, at the end.
    unsafe {
        assert_eq!(vqz_decoder_new(null(), &mut decoder), status::OK);
        let panicked = with(decoder, |_| panic!("on purpose"));
        assert_eq!(panicked, status::INTERNAL);
        for _ in 0..2 {
            let pushed = vqz_decoder_push(decoder, null(), 0, null_mut());
            assert_eq!(pushed, status::INTERNAL);
        }
        assert_eq!(vqz_decoder_info(decoder, null_mut()), status::INTERNAL);
        let text = CStr::from_ptr(vqz_decoder_last_error(decoder));
        assert!(text.to_str().unwrap().contains("panicked"));
        vqz_decoder_free(decoder);
    }
}

/// The number of a `#define VQZ_…`.
fn defined(name: &str) -> u32 {
    let line = HEADER
        .lines()
        .find_map(|line| line.strip_prefix(&format!("#define VQZ_{name} ")))
        .unwrap_or_else(|| panic!("{name} is not in vqz.h"));
    let number = line.split('u').next().unwrap();
    match number.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).unwrap(),
        None => number.parse().unwrap(),
    }
}

#[test]
fn the_header_has_the_same_numbers() {
    for (name, number) in [
        ("OK", status::OK),
        ("NEED_MORE", status::NEED_MORE),
        ("DAMAGED", status::DAMAGED),
        ("UNSUPPORTED", status::UNSUPPORTED),
        ("NEEDS_MODEL", status::NEEDS_MODEL),
        ("LIMIT", status::LIMIT),
        ("CANCELLED", status::CANCELLED),
        ("OUT_OF_MEMORY", status::OUT_OF_MEMORY),
        ("INVALID_ARGUMENT", status::INVALID_ARGUMENT),
        ("INTERNAL", status::INTERNAL),
        ("NEEDS_RENDERING", status::NEEDS_RENDERING),
        ("SIGNATURE_BYTES", codec::Probe::SIGNATURE_BYTES as u32),
        ("VERSION_NUMBER", crate::vqz_version_number()),
    ] {
        assert_eq!(defined(name), number, "VQZ_{name}");
    }
    for (name, format) in [
        ("GRAY8", codec::PixelFormat::Gray8),
        ("GRAY_ALPHA8", codec::PixelFormat::GrayAlpha8),
        ("RGB8", codec::PixelFormat::Rgb8),
        ("RGBA8", codec::PixelFormat::Rgba8),
        ("BGRA8", codec::PixelFormat::Bgra8),
    ] {
        let number = defined(&format!("FORMAT_{name}"));
        assert_eq!(crate::arguments::format(number).unwrap(), format);
        assert_eq!(crate::arguments::format_number(format).unwrap(), number);
    }
}

/// All functions that vqz.h declares are in symbols.txt, which scripts/test-capi.sh compares with the library.
#[test]
fn the_header_declares_what_is_exported() {
    let mut declared: Vec<&str> = HEADER
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '('))
        .filter_map(|word| word.split_once('(').map(|(name, _)| name))
        .filter(|name| name.starts_with("vqz_"))
        .collect();
    declared.sort_unstable();
    let exported: Vec<&str> = include_str!("../symbols.txt").lines().collect();
    assert_eq!(declared, exported);
}
