//! Shows a progressive .vqz file while it arrives, in a window of at most 1,000 pixels, without ever holding the full picture:
//!
//!     vqz encode --progressive photo.jpg photo.vqz
//!     cargo run --release --manifest-path examples/progressive-window/Cargo.toml -- photo.vqz

use std::time::Duration;

use minifb::{Window, WindowOptions};
use vqz::{Decoder, PixelFormat, Scale, View};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: progressive-window FILE.vqz")?;
    let (mut push, mut shown) = (Decoder::default().push(), 0);
    let mut window: Option<Window> = None;
    for piece in std::fs::read(path)?.chunks(8 << 10) {
        // As if from a network.
        std::thread::sleep(Duration::from_millis(50));
        push.push(piece)?;
        let Some(picture) = push.picture()?.filter(|_| push.layers() > shown) else { continue };
        shown = push.layers();
        let fits = |s: &Scale| s.of(picture.width().max(picture.height())) <= 1000;
        let scale = Scale::ALL.into_iter().find(fits).unwrap_or(Scale::Sixteenth);
        let (width, height) = (scale.of(picture.width()) as usize, scale.of(picture.height()) as usize);
        let mut pixels = vec![0; width * height * 4];
        picture.decode_into(View::scale(scale), PixelFormat::Bgra8, &mut pixels, width * 4)?;
        let pixels: Vec<u32> = pixels.chunks_exact(4).map(|p| u32::from_le_bytes([p[0], p[1], p[2], p[3]])).collect();
        let window = match &mut window {
            Some(window) => window,
            None => window.insert(Window::new("vqz", width, height, WindowOptions::default())?),
        };
        window.update_with_buffer(&pixels, width, height)?;
        println!("layer {shown} of {}: {width} × {height}", picture.layers());
    }
    while window.as_ref().is_some_and(Window::is_open) {
        window.as_mut().expect("a window").update();
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
