//! Any bytes as a file, container only.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vqz::{inspect, Limits};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(info) = inspect(bytes, &Limits::default()) {
        assert_eq!(info.file_bytes, bytes.len());
        // Every byte belongs to the signature or to a chunk.
        let chunks: usize = info.chunks.iter().map(|chunk| chunk.bytes + 12).sum();
        assert_eq!(chunks + 8, bytes.len());
    }
});
