#![no_main]
#![allow(unsafe_code)] // The entry points of libFuzzer that the macros make.

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use vqz_testkit::fuzz::{checks, chunks};

fuzz_target!(|bytes: &[u8]| checks::model(bytes));

fuzz_mutator!(
    |data: &mut [u8], size: usize, max_size: usize, _seed: u32| {
        chunks::mutate_model(data, size, max_size, fuzzer_mutate)
    }
);
