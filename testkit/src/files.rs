//! Files taken apart and put together again, with right checksums whatever is in them.

pub const SIGNATURE: &[u8; 8] = b"\x8DVQZ\r\n\x1A\n";

/// Type and payload.
pub type Chunk = ([u8; 4], Vec<u8>);

/// The chunks of a valid file.
pub fn split(file: &[u8]) -> Vec<Chunk> {
    let mut rest = &file[8..];
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
        let kind = rest[4..8].try_into().unwrap();
        chunks.push((kind, rest[8..8 + length].to_vec()));
        rest = &rest[12 + length..];
    }
    chunks
}

/// A file of these chunks.
pub fn join(chunks: &[Chunk]) -> Vec<u8> {
    let mut file = SIGNATURE.to_vec();
    for (kind, payload) in chunks {
        let start = file.len();
        file.extend((payload.len() as u32).to_le_bytes());
        file.extend(kind);
        file.extend(payload);
        let crc = crc32fast::hash(&file[start - 4..]);
        file.extend(crc.to_le_bytes());
    }
    file
}

/// Byte ranges of the chunks of a valid file.
pub fn ranges(file: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut start = 8;
    let ends = split(file)
        .into_iter()
        .map(|(_, payload)| payload.len() + 12);
    ends.map(|length| {
        start += length;
        start - length..start
    })
    .collect()
}

/// The payload of a `VHDR` chunk: RGB, quality 512, tiles of 2^`tile_log2` pixels, one layer.
pub fn header(width: u16, height: u16, tile_log2: u8, model: [u8; 8]) -> Chunk {
    let mut payload = vec![4];
    payload.extend(width.to_le_bytes());
    payload.extend(height.to_le_bytes());
    payload.extend([0, 8]);
    payload.extend(model);
    payload.extend([0, 2, tile_log2, 1]);
    (*b"VHDR", payload)
}
