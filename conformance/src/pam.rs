//! Pictures as PAM, the header of which says everything and whose samples are bytes as they are (pam(5) of Netpbm).

use crate::manifest::Pixels;
use anyhow::{bail, ensure, Context as _, Result};

/// A PAM file of 8-bit samples: depth 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
pub fn read(bytes: &[u8]) -> Result<Pixels> {
    let mut rest = bytes
        .strip_prefix(b"P7\n")
        .context("the picture is not a PAM file (P7)")?;
    let (mut width, mut height, mut depth, mut maximum) = (0, 0, 0, 0);
    loop {
        let end = rest
            .iter()
            .position(|&b| b == b'\n')
            .context("the PAM header does not end")?;
        let line = std::str::from_utf8(&rest[..end]).context("the PAM header is not text")?;
        rest = &rest[end + 1..];
        let field = match line.split_once(' ') {
            _ if line == "ENDHDR" => break,
            Some(("TUPLTYPE", _)) => continue,
            Some(("WIDTH", _)) => &mut width,
            Some(("HEIGHT", _)) => &mut height,
            Some(("DEPTH", _)) => &mut depth,
            Some(("MAXVAL", _)) => &mut maximum,
            _ => bail!("unknown line in the PAM header: {line:?}"),
        };
        let number = line.rsplit(' ').next().unwrap_or_default();
        *field = number
            .parse::<u32>()
            .with_context(|| format!("PAM header: {line:?}"))?;
    }
    ensure!(
        maximum == 255,
        "the PAM file has a MAXVAL of {maximum}, expected 255"
    );
    ensure!(
        (1..=4).contains(&depth),
        "the PAM file has a DEPTH of {depth}, expected 1 to 4"
    );
    let needed = u64::from(width) * u64::from(height) * u64::from(depth);
    ensure!(
        rest.len() as u64 == needed,
        "the PAM file has {} samples, {needed} are needed",
        rest.len()
    );
    if depth % 2 == 1 {
        return Ok(Pixels::new(width, height, depth, rest, None));
    }
    let channels = depth as usize - 1;
    let (mut samples, mut alpha) = (Vec::new(), Vec::new());
    for pixel in rest.chunks_exact(depth as usize) {
        samples.extend_from_slice(&pixel[..channels]);
        alpha.push(pixel[channels]);
    }
    Ok(Pixels::new(
        width,
        height,
        depth - 1,
        &samples,
        Some(&alpha),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_taken_apart() {
        let head = b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n";
        let pixels = read(&[&head[..], &[1, 2, 3, 200, 4, 5, 6, 100]].concat()).unwrap();
        let expected = Pixels::new(2, 1, 3, &[1, 2, 3, 4, 5, 6], Some(&[200, 100]));
        assert_eq!(pixels, expected);
    }

    #[test]
    fn other_files_are_refused() {
        for bytes in [
            &b""[..],
            b"P6\n1 1\n255\nabc",
            b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nENDHDR\nab",
            b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 65535\nENDHDR\nabc",
            b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\nabcde",
            b"P7\nWIDTH one\nENDHDR\n",
            b"P7\nWIDTH 1",
        ] {
            assert!(read(bytes).is_err(), "{}", bytes.escape_ascii());
        }
    }
}
