//! Rubbish behind right checksums: reaches the range decoder, the context model and the synthesis.
#![no_main]

use std::sync::OnceLock;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use vqz::{Decoder, Error, Model};

#[derive(Debug, Arbitrary)]
struct File {
    width: u8,
    height: u8,
    grey: bool,
    quality: u16,
    progressive: bool,
    streams: [Vec<u8>; 3],
}

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let bytes = include_bytes!("../../testdata/conformance/models/tiny.vqzm");
        Model::from_bytes(bytes).expect("a valid model")
    })
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], payload: &[u8]) {
    let start = out.len();
    out.extend((payload.len() as u32).to_le_bytes());
    out.extend(kind);
    out.extend(payload);
    let crc = crc32fast::hash(&out[start..]);
    out.extend(crc.to_le_bytes());
}

fuzz_target!(|file: File| {
    let layers = if file.progressive { 3 } else { 1 };
    let mut header = vec![1];
    header.extend((u16::from(file.width) + 1).to_le_bytes());
    header.extend((u16::from(file.height) + 1).to_le_bytes());
    header.extend([u8::from(file.grey), 8]);
    header.extend(model().digest().short());
    header.extend((file.quality % 1025).to_le_bytes());
    header.extend([10, layers]);
    let mut bytes = b"\x8DVQZ\r\n\x1A\n".to_vec();
    chunk(&mut bytes, b"VHDR", &header);
    for stream in &file.streams[..usize::from(layers)] {
        chunk(&mut bytes, b"TILE", stream);
    }
    match Decoder::new(model()).decode(&bytes) {
        Ok(image) => assert_eq!(image.width(), u32::from(file.width) + 1),
        Err(Error::Format(_)) => {}
        Err(other) => panic!("{other}"),
    }
});
