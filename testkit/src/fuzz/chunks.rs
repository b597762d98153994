//! Files as lists of chunks, and mutations of these that keep the checksums right, so that what is behind them is reached.

use vqz::testing::Rng;
use vqz::Digest;

use super::models;

use crate::files::{join, Chunk, SIGNATURE};

/// Kinds to insert: all that there are, and unknown ones of either class.
const KINDS: [[u8; 4]; 11] = [
    *b"VHDR", *b"iccp", *b"exif", *b"xmpp", *b"ALPH", *b"FILT", *b"tidx", *b"TILE", *b"fill",
    *b"nEWS", *b"NEWS",
];

/// libFuzzer's own mutation: of `data[..size]`, giving its new size, at most `max_size`.
pub type Mutate = fn(data: &mut [u8], size: usize, max_size: usize) -> usize;

/// The chunks of a file; the last one may be cut short, and checksums may be wrong. `None` if there is no signature or no chunk.
fn split(file: &[u8]) -> Option<Vec<Chunk>> {
    let mut rest = file.strip_prefix(SIGNATURE)?;
    let mut parts = Vec::new();
    while let Some((head, after)) = rest.split_at_checked(8) {
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let payload = &after[..length.min(after.len())];
        parts.push(([head[4], head[5], head[6], head[7]], payload.to_vec()));
        rest = after.get(payload.len() + 4..).unwrap_or_default();
    }
    (!parts.is_empty()).then_some(parts)
}

/// One mutation of the file in `data[..size]`, with right checksums mostly; of anything else, what `mutate` does. Gives the new size.
pub fn mutate_file(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    mutate: Mutate,
) -> usize {
    let rng = &mut Rng(seed.into());
    let parts = split(&data[..size]).filter(|_| rng.range(0, 9) > 0);
    let Some(mut parts) = parts else {
        return mutate(data, size, max_size);
    };
    let room = max_size.saturating_sub(size);
    let at = rng.range(0, parts.len() as i64 - 1) as usize;
    match rng.range(0, 11) {
        0 => parts.insert(at, parts[at].clone()),
        1 if parts.len() > 1 => drop(parts.remove(at)),
        2 => {
            let other = rng.range(0, parts.len() as i64 - 1) as usize;
            parts.swap(at, other);
        }
        3 => {
            let payload = (0..rng.range(0, 9)).map(|_| rng.bits() as u8).collect();
            parts.insert(at + 1, (*pick(rng, &KINDS), payload));
        }
        4 => parts[at].0 = *pick(rng, &KINDS),
        5 | 6 => change_header(rng, &mut parts[0].1),
        7 => new_alpha(rng, &mut parts),
        _ => {
            let payload = &mut parts[at].1;
            let length = payload.len();
            // libFuzzer insists on room for one byte.
            payload.resize((length + room).max(1), 0);
            let length = mutate(payload, length, (length + room).max(1));
            payload.truncate(length);
        }
    }
    if rng.range(0, 3) > 0 {
        agree(&mut parts);
    }
    put(data, max_size, &join(&parts))
}

/// One mutation of the model file in `data[..size]` and of the encoder file behind it, or of a rendering file, with right checksums. Gives the new size.
pub fn mutate_model(data: &mut [u8], size: usize, max_size: usize, mutate: Mutate) -> usize {
    let size = mutate(data, size, max_size);
    let file = &mut data[..size];
    match file {
        [_, b'V', b'Q', b'Z', b'M', ..] => agree_model(file),
        _ => set_crc(file),
    }
    size
}

/// A model file's length is one that it can have, its checksum is right, and so are digest and checksum of the encoder file behind it.
fn agree_model(bytes: &mut [u8]) {
    let Some(&length) = bytes.get(12..).and_then(|rest| rest.first_chunk()) else {
        return;
    };
    let length = (u32::from_le_bytes(length) as usize).min(bytes.len());
    bytes[12..16].copy_from_slice(&(length as u32).to_le_bytes());
    let (model, encoder) = bytes.split_at_mut(length);
    set_crc(model);
    // Behind the name.
    let name = encoder.get(12..).and_then(|rest| rest.first_chunk());
    let base = name.map(|&name| 16usize.saturating_add(u32::from_le_bytes(name) as usize));
    let base = base.and_then(|at| encoder.get_mut(at..at.checked_add(32)?));
    if let Some(base) = base {
        base.copy_from_slice(&Digest::of(model).0);
    }
    set_crc(encoder);
}

/// The last four bytes become the checksum of all before them.
fn set_crc(bytes: &mut [u8]) {
    if let Some((body, crc)) = bytes.split_last_chunk_mut() {
        *crc = crc32fast::hash(body).to_le_bytes();
    }
}

fn put(data: &mut [u8], max_size: usize, file: &[u8]) -> usize {
    let size = file.len().min(max_size).min(data.len());
    data[..size].copy_from_slice(&file[..size]);
    size
}

fn pick<'a, T>(rng: &mut Rng, list: &'a [T]) -> &'a T {
    &list[rng.range(0, list.len() as i64 - 1) as usize]
}

/// One field of `VHDR` gets a value that means something.
fn change_header(rng: &mut Rng, payload: &mut [u8]) {
    if payload.len() != 19 {
        return;
    }
    let side = [
        1,
        15,
        16,
        17,
        63,
        65,
        255,
        257,
        1025,
        65_535,
        rng.range(1, 300) as u16,
    ];
    match rng.range(0, 6) {
        0 => payload[1..3].copy_from_slice(&pick(rng, &side).to_le_bytes()),
        1 => payload[3..5].copy_from_slice(&pick(rng, &side).to_le_bytes()),
        2 => payload[5] ^= 1 << rng.range(0, 3),
        3 => {
            let models = [
                models::tiny(),
                models::small(),
                models::smallest(),
                models::embedded(),
            ];
            payload[7..15].copy_from_slice(&pick(rng, &models).digest().short());
        }
        4 => payload[15..17].copy_from_slice(&(rng.range(0, 1025) as u16).to_le_bytes()),
        5 => payload[17] = rng.range(7, 13) as u8,
        _ => payload[18] = *pick(rng, &[0, 1, 2, 3, 7, 255]),
    }
}

/// An alpha plane of the right size, of random filters and residuals, as a stored zlib stream.
fn new_alpha(rng: &mut Rng, parts: &mut Vec<Chunk>) {
    let header = &mut parts[0].1;
    if header.len() != 19 {
        return;
    }
    header[5] |= 2;
    let side = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
    let (width, height) = (side(1), side(3));
    let raw: Vec<u8> = (0..height * (width + 1))
        .take(4_000)
        .map(|i| {
            if i % (width + 1) == 0 {
                rng.range(0, 5) as u8
            } else {
                rng.bits() as u8
            }
        })
        .collect();
    let mut payload = vec![0x78, 0x01, 1];
    payload.extend((raw.len() as u16).to_le_bytes());
    payload.extend((!(raw.len() as u16)).to_le_bytes());
    let (mut a, mut b) = (1u32, 0u32);
    for &byte in &raw {
        a = (a + u32::from(byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    payload.extend(raw);
    payload.extend((b << 16 | a).to_be_bytes());
    parts.retain(|part| part.0 != *b"ALPH");
    parts.insert(parts.len().min(1), (*b"ALPH", payload));
}

/// Makes the index, where there is one, agree with the `TILE` chunks.
fn agree(parts: &mut [Chunk]) {
    let tiles = parts.iter().filter(|part| part.0 == *b"TILE");
    let index: Vec<u8> = tiles
        .flat_map(|part| (part.1.len() as u32).to_le_bytes())
        .collect();
    for part in parts.iter_mut().filter(|part| part.0 == *b"tidx") {
        part.1.clone_from(&index);
    }
}
