//! Any bytes as a model file; what is accepted must also code a picture without panicking.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vqz::{Color, Decoder, Encoder, Image, Model};

fuzz_target!(|bytes: &[u8]| {
    // With the checksum put right, so that the deeper checks are reached.
    let mut bytes = bytes.to_vec();
    if bytes.len() >= 4 {
        let end = bytes.len() - 4;
        let crc = crc32fast::hash(&bytes[..end]);
        bytes[end..].copy_from_slice(&crc.to_le_bytes());
    }
    let Ok(model) = Model::from_bytes(&bytes) else {
        return;
    };
    let image = Image::new(18, 17, Color::Gray, (0..18 * 17).map(|i| i as u8).collect()).expect("a picture");
    let file = Encoder::new(&model).encode(&image).expect("a file");
    Decoder::new(&model).decode(&file).expect("its picture");
});
