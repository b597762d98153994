//! Latents as the codec's own encoder leaves them, for training decoders on what files have: a model's integer encoder, with its search through the
//! trellis, codes each patch.

use std::path::Path;

use anyhow::{ensure, Context, Result};
use rayon::prelude::*;
use tch::{Kind, Tensor};
use vqz::lab::{settle, SettledTile};
use vqz::{Color, Image, Model};

use crate::export::load;
use crate::files::read_model;

/// A picture that is coded as one tile is at most so large, each way.
pub(crate) const SIDE_MAX: i64 = 1024;

/// The encoder of a model file.
pub(crate) struct Coder(Model);

/// Latents of B pictures, `[B, C, h, w]` each.
pub(crate) struct Settled {
    /// As the analysis transform gives them, absolute units.
    pub wanted: Tensor,
    /// As decoders have them, absolute units.
    pub coded: Tensor,
    /// What labels of other channels say of them, quantiser steps.
    pub said: Tensor,
    /// 1 where decoders have what is expected, 0 elsewhere.
    pub expected: Tensor,
    /// Hyper-latents as decoders have them, normalised units.
    pub hyper: Tensor,
}

impl Coder {
    /// # Errors
    /// Unreadable file, or one without an encoder.
    pub fn load(model: &Path) -> Result<Self> {
        let coder = load(&read_model(model)?);
        coder.map(Self).with_context(|| model.display().to_string())
    }

    /// Codes pictures `x` (`[B, 3, H, W]`, pixels − 128, sides multiples of 64) at qualities `t` (0 to 1).
    ///
    /// # Errors
    /// Pictures larger than a tile.
    pub fn settle(&self, x: &Tensor, t: &[f64]) -> Result<Settled> {
        let (_, _, height, width) = x.size4()?;
        ensure!(
            height.max(width) <= SIDE_MAX,
            "a picture of {width} × {height} is larger than a tile of {SIDE_MAX}"
        );
        let bytes = (x.permute([0, 2, 3, 1]) + 128.0).to_kind(Kind::Uint8);
        let bytes: Vec<u8> = Vec::try_from(bytes.contiguous().view(-1))?;
        let pictures = bytes.chunks_exact((height * width * 3) as usize);
        let code = |(picture, &t): (&[u8], &f64)| -> Result<SettledTile> {
            let image = Image::new(width as u32, height as u32, Color::Rgb, picture.to_vec())?;
            let mut tiles = settle(&self.0, &image, (100.0 * t) as f32)?;
            tiles.pop().context("a picture without tiles")
        };
        let pictures: Vec<_> = pictures.zip(t).collect();
        let tiles = pictures.into_par_iter().map(code);
        let tiles: Vec<SettledTile> = tiles.collect::<Result<_>>()?;
        let stack = |stride: i64, unit: f64, part: fn(&SettledTile) -> Tensor| {
            let planes = |tile: &SettledTile| {
                let values = part(tile).to_kind(Kind::Float) / unit;
                let rows = values.view([height / stride, width / stride, -1]);
                rows.permute([2, 0, 1])
            };
            let tiles: Vec<Tensor> = tiles.iter().map(planes).collect();
            Tensor::stack(&tiles, 0).to_device(x.device())
        };
        Ok(Settled {
            wanted: stack(16, 8.0, |tile| Tensor::from_slice(&tile.wanted)),
            coded: stack(16, 8.0, |tile| Tensor::from_slice(&tile.coded)),
            said: stack(16, 64.0, |tile| Tensor::from_slice(&tile.said)),
            expected: stack(16, 1.0, |tile| Tensor::from_slice(&tile.expected)),
            hyper: stack(64, 256.0, |tile| Tensor::from_slice(&tile.hyper)),
        })
    }
}
