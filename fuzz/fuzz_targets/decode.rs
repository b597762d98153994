#![no_main]
#![allow(unsafe_code)] // The entry points of libFuzzer that the macros make.

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use vqz_testkit::fuzz::{checks, chunks, models};

fuzz_target!(init: models::load(), |bytes: &[u8]| checks::decode(bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    chunks::mutate_file(data, size, max_size, seed, fuzzer_mutate)
});
