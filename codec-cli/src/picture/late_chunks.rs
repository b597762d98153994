//! PNG metadata behind the pixels, where exiftool puts it and where `image` does not look.

use std::borrow::Cow;

const SIGNATURE: usize = 8;

/// The PNG with `eXIf` and `iTXt` chunks that follow the pixels moved in front of them; others as they are.
/// What is no sound PNG is given back unchanged, for the decoder to complain about.
pub fn moved_forward(png: &[u8]) -> Cow<'_, [u8]> {
    let mut pixels = None;
    let mut late = Vec::new();
    let mut at = SIGNATURE;
    while let Some(end) = chunk_end(png, at) {
        match &png[at + 4..at + 8] {
            b"IDAT" => pixels = pixels.or(Some(at)),
            b"eXIf" | b"iTXt" if pixels.is_some() => late.push(at..end),
            _ => {}
        }
        at = end;
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
