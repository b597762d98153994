//! What a file says of itself.

use crate::container::{list_chunks, ChunkInfo, Parser, FORMAT_VERSION};
use crate::{Color, Limits, Result};

/// Facts of a `.vqz` file's header and chunks.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Info {
    /// Version of the format.
    pub format_version: u8,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Colour channels.
    pub color: Color,
    /// Whether there is an alpha plane.
    pub alpha: bool,
    /// First 8 bytes of the model's SHA-256.
    pub model: [u8; 8],
    /// Quality that the picture was encoded at, 0 to 100.
    pub quality: f32,
    /// Whether quantiser steps are the same everywhere, as in files that are tuned for PSNR ([`crate::Tune`]).
    pub uniform_steps: bool,
    /// Whether each tile says how many coding steps it holds, since some lack the last ones.
    pub tile_steps: bool,
    /// Side of an entropy tile in pixels.
    pub tile_side: u32,
    /// Number of entropy tiles.
    pub tiles: usize,
    /// Number of layers, each with one stream per tile.
    pub layers: u8,
    /// Size of the file in bytes.
    pub file_bytes: usize,
    /// Bits of the file per pixel.
    pub bits_per_pixel: f64,
    /// All chunks in file order.
    pub chunks: Vec<ChunkInfo>,
}

/// Reads the header and checks the whole container, every CRC included, without decoding pixels.
///
/// # Errors
/// Those of [`crate::Decoder::decode`] that concern the container.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Info> {
    let mut parser = Parser::new(limits);
    parser.advance(bytes)?;
    parser.finish(bytes)?;
    let header = parser.header().expect("a whole file has a header");
    let pixels = f64::from(header.width()) * f64::from(header.height());
    Ok(Info {
        format_version: FORMAT_VERSION,
        width: header.width(),
        height: header.height(),
        color: header.color(),
        alpha: header.has_alpha(),
        model: header.model(),
        quality: header.quality(),
        uniform_steps: header.coding().uniform_steps,
        tile_steps: header.coding().tile_steps,
        tile_side: header.tile_side(),
        tiles: header.tile_count(),
        layers: header.layers(),
        file_bytes: bytes.len(),
        bits_per_pixel: bytes.len() as f64 * 8.0 / pixels,
        chunks: list_chunks(bytes)?,
    })
}
