//! Values of options, from their text.

pub fn parse_quality(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(quality) if (0.0..=100.0).contains(&quality) => Ok(quality),
        _ => Err("quality must be a number from 0 to 100".into()),
    }
}

/// Width and height of a picture.
pub fn parse_sides(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once(['x', 'X', '×']);
    let sides: Option<(u16, u16)> =
        sides.and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match sides {
        Some((w, h)) if w.min(h) > 0 => Ok((w.into(), h.into())),
        _ => Err("must be WIDTHxHEIGHT, each 1 to 65535".into()),
    }
}

/// Bits per pixel: as few as no picture takes to more than the smallest one does.
pub fn parse_bpp(text: &str) -> Result<f64, String> {
    parse_within(text, 1e-4, 1e6)
}

/// A number of bytes, in thousands or millions (k, M) or in 1,024 of them and so on (Ki, Mi).
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" => 1.0,
        "k" | "K" => 1e3,
        "M" => 1e6,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        _ => return Err("must be a number of bytes, optionally with k, M, Ki or Mi".into()),
    };
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match digits.parse::<f64>() {
        Ok(number) if plain && (1.0..=1e15).contains(&(number * unit)) => {
            Ok((number * unit) as u64)
        }
        _ => Err("must be a number of bytes, at least 1".into()),
    }
}

/// No two pictures of 8 bits that differ have a PSNR of 150 dB.
pub fn parse_psnr(text: &str) -> Result<f64, String> {
    parse_within(text, 1.0, 150.0)
}

fn parse_within(text: &str, least: f64, most: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(format!("must be a number from {least} to {most}")),
    }
}

pub fn parse_threads(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(threads) if (1..=1024).contains(&threads) => Ok(threads),
        _ => Err("threads must be a whole number from 1 to 1024".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        for (text, bytes) in [
            ("1", 1),
            ("40k", 40_000),
            ("1.5M", 1_500_000),
            ("2Ki", 2048),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes));
        }
        for text in ["", "0", "-1", "k", "1e3", "5kB", "5 k", "inf", "nan", "1G"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }
}
