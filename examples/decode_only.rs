//! The smallest program that decodes: `decode_only FILE.vqz > PICTURE.ppm`. scripts/decode-only.py measures its size and how fast it starts.

use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os()
        .nth(1)
        .ok_or("usage: decode_only FILE.vqz > PICTURE.ppm")?;
    let image = vqz::decode(&std::fs::read(file)?)?;
    let kind = if image.color() == vqz::Color::Gray {
        5
    } else {
        6
    };
    let mut out = std::io::stdout().lock();
    write!(out, "P{kind}\n{} {}\n255\n", image.width(), image.height())?;
    Ok(out.write_all(image.samples())?)
}
