#![no_main]
#![allow(unsafe_code)] // The entry points of libFuzzer that the macros make.

use libfuzzer_sys::fuzz_target;
use vqz_testkit::fuzz::{checks, models};

fuzz_target!(init: models::load(), |bytes: &[u8]| checks::roundtrip(bytes));
