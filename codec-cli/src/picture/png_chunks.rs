//! What `image` does not tell of a PNG's chunks, or does not look for.

use std::borrow::Cow;
use std::ops::Range;

const SIGNATURE: usize = 8;

/// The PNG with `eXIf` and `iTXt` chunks that follow the pixels, where exiftool puts them, moved in front of them; others as they are.
/// What is no sound PNG is given back unchanged, for the decoder to complain about.
pub fn moved_forward(png: &[u8]) -> Cow<'_, [u8]> {
    let mut pixels = None;
    let mut late = Vec::new();
    for chunk in chunks(png) {
        match &png[chunk.start + 4..chunk.start + 8] {
            b"IDAT" => pixels = pixels.or(Some(chunk.start)),
            b"eXIf" | b"iTXt" if pixels.is_some() => late.push(chunk),
            _ => {}
        }
    }
    let Some(pixels) = pixels.filter(|_| !late.is_empty()) else {
        return png.into();
    };
    let mut out = png[..pixels].to_vec();
    for chunk in &late {
        out.extend_from_slice(&png[chunk.clone()]);
    }
    let mut at = pixels;
    for chunk in late {
        out.extend_from_slice(&png[at..chunk.start]);
        at = chunk.end;
    }
    out.extend_from_slice(&png[at..]);
    out.into()
}

/// Whether there is a chunk of this type.
pub fn has(png: &[u8], kind: &[u8; 4]) -> bool {
    find(png, kind).next().is_some()
}

/// The content of the chunks of this type.
pub fn find<'a>(png: &'a [u8], kind: &'a [u8; 4]) -> impl Iterator<Item = &'a [u8]> {
    let of_kind = move |chunk: &Range<usize>| png[chunk.start + 4..].starts_with(kind);
    chunks(png)
        .filter(of_kind)
        .map(|chunk| &png[chunk.start + 8..chunk.end - 4])
}

/// Where the chunks are, as far as there are whole ones.
fn chunks(png: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let chunk = |at| Some(at..chunk_end(png, at)?);
    std::iter::successors(chunk(SIGNATURE), move |before| chunk(before.end))
}

/// End of the chunk at `at`: length, type, data, checksum.
fn chunk_end(png: &[u8], at: usize) -> Option<usize> {
    let length: [u8; 4] = png.get(at..at + 4)?.try_into().ok()?;
    let end = at
        .checked_add(usize::try_from(u32::from_be_bytes(length)).ok()?)?
        .checked_add(12)?;
    (end <= png.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        [&(data.len() as u32).to_be_bytes(), &kind[..], data, b"crc."].concat()
    }

    #[test]
    fn late_metadata_comes_before_the_pixels() {
        let (head, a, b) = (
            chunk(b"IHDR", b"x"),
            chunk(b"IDAT", b"12"),
            chunk(b"IDAT", b"3"),
        );
        let (exif, time, xmp) = (
            chunk(b"eXIf", b"II"),
            chunk(b"tIME", b""),
            chunk(b"iTXt", b"xmp"),
        );
        let end = chunk(b"IEND", b"");
        let signature = b"\x89PNG....";
        let late = [signature, &head[..], &a, &b, &exif, &time, &xmp, &end].concat();
        let early = [signature, &head[..], &exif, &xmp, &a, &b, &time, &end].concat();
        assert_eq!(moved_forward(&late), early);
        assert_eq!(moved_forward(&early), early);
        for cut in 0..late.len() {
            let moved = moved_forward(&late[..cut]);
            assert_eq!(moved.len(), cut, "nothing is lost or added");
        }
    }
}
