//! Which way up a picture is.

/// EXIF's orientation, 1 to 8; 1 (upright) where it says nothing or nothing sensible.
pub fn orientation(exif: &[u8]) -> u32 {
    find(exif).filter(|n| (1..=8).contains(n)).unwrap_or(1)
}

/// The value of tag 0x0112 in the first directory of a TIFF structure.
fn find(exif: &[u8]) -> Option<u32> {
    let little = match exif.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let number = |at: usize, length: usize| {
        let bytes = exif.get(at..at.checked_add(length)?)?;
        let push = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        Some(match little {
            true => bytes.iter().rev().fold(0, push),
            false => bytes.iter().fold(0, push),
        })
    };
    let directory = number(4, 4)? as usize;
    let entries = number(directory, 2)? as usize;
    let entry = |index: usize| directory.checked_add(2 + 12 * index);
    let at = (0..entries)
        .map_while(entry)
        .find(|at| number(*at, 2) == Some(0x0112))?;
    // One number of 16 bits.
    if number(at + 2, 2)? != 3 || number(at + 4, 4)? != 1 {
        return None;
    }
    number(at + 8, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_are_read_and_nonsense_is_upright() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";
        assert_eq!(orientation(little), 6);
        assert_eq!(orientation(big), 8);
        for length in 0..20 {
            assert_eq!(orientation(&little[..length]), 1, "{length}");
        }
        let mut far = *little;
        far[4..8].fill(0xFF);
        assert_eq!(orientation(&far), 1);
        let mut nine = *little;
        nine[18] = 9;
        assert_eq!(orientation(&nine), 1);
    }
}
