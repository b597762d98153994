//! The eight bytes that every file begins with, and what their damage tells.

use crate::{Error, Result};

/// 0x8D 'V' 'Q' 'Z' CR LF SUB LF: a byte above 0x7F, a name, and line ends that text-mode transfers change.
pub(crate) const SIGNATURE: [u8; 8] = *b"\x8DVQZ\r\n\x1A\n";

/// What line-end conversions make of CR LF SUB LF.
const CONVERTED_LINE_ENDS: [&[u8]; 7] = [
    b"\n\x1A\n",     // CR LF → LF
    b"\n\n\x1A\n",   // CR → LF
    b"\r\r\n\x1A",   // LF → CR LF
    b"\r\n\x1A\r",   // lone LF → CR LF, or LF → CR after an intact CR LF
    b"\r\n\r\n\x1A", // CR → CR LF
    b"\r\x1A\r",     // CR LF → CR
    b"\r\r\x1A\r",   // LF → CR
];

/// The bytes after the signature.
///
/// # Errors
/// [`Error::Signature`] says what kind of damage it looks like; [`Error::Truncated`] if a valid signature breaks off.
pub(crate) fn strip_signature(file: &[u8]) -> Result<&[u8]> {
    if let Some(rest) = file.strip_prefix(&SIGNATURE) {
        return Ok(rest);
    }
    if !file.is_empty() && SIGNATURE.starts_with(file) {
        return Err(Error::Truncated {
            what: "signature",
            offset: 0,
            needed: SIGNATURE.len(),
            have: file.len(),
        });
    }
    Err(Error::Signature(diagnose(file)))
}

fn diagnose(file: &[u8]) -> String {
    if file.is_empty() {
        return "the file is empty".into();
    }
    let (first, name) = SIGNATURE.split_at(1);
    let name = &name[..3];
    if let Some(rest) = file.strip_prefix(first).and_then(|f| f.strip_prefix(name)) {
        if CONVERTED_LINE_ENDS
            .iter()
            .any(|ends| rest.starts_with(ends))
        {
            return "its line ends were converted, as by a transfer in text mode; transfer it again in binary mode".into();
        }
    }
    // Seven-bit transfer; Latin-1 taken for text and written as UTF-8; the same with U+FFFD for what is not UTF-8.
    for start in [&b"\x0D"[..], b"\xC2\x8D", b"\xEF\xBF\xBD"] {
        if file
            .strip_prefix(start)
            .is_some_and(|f| f.starts_with(name))
        {
            return "its first byte was changed, as by a transfer as text; transfer it again in binary mode".into();
        }
    }
    let seen = &file[..file.len().min(SIGNATURE.len())];
    format!("it begins with {seen:02x?}, a .vqz file begins with {SIGNATURE:02x?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(file: &[u8]) -> String {
        match strip_signature(file) {
            Err(Error::Signature(text)) => text,
            other => panic!("{file:02x?}: {other:?}"),
        }
    }

    #[test]
    fn intact_and_foreign() {
        assert_eq!(strip_signature(b"\x8DVQZ\r\n\x1A\nrest").unwrap(), b"rest");
        assert_eq!(message(b""), "the file is empty");
        assert!(message(b"\x89PNG\r\n\x1A\n").starts_with("it begins with [89, 50, 4e, 47"));
        assert!(message(b"x").starts_with("it begins with [78],"));
    }

    #[test]
    fn text_mode_damage_is_recognised() {
        for ends in CONVERTED_LINE_ENDS {
            let file = [b"\x8DVQZ", ends, b"rest of the file"].concat();
            assert!(message(&file).contains("line ends"), "{ends:02x?}");
        }
        for start in [
            &b"\rVQZ\r\n"[..],
            b"\xC2\x8DVQZ\r\n",
            b"\xEF\xBF\xBDVQZ\r\n",
        ] {
            assert!(message(start).contains("first byte"), "{start:02x?}");
        }
    }

    #[test]
    fn prefixes_are_truncations() {
        for n in 1..8 {
            assert!(matches!(
                strip_signature(&SIGNATURE[..n]),
                Err(Error::Truncated { what: "signature", have, .. }) if have == n
            ));
        }
    }
}
