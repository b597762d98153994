//! Rules of the latent blocks and frequency tables.

use super::codewords::lattice;
use super::{EncoderNetworks, FrequencyTable, LatentBlock, ModelData, Networks, Weights};
use crate::check::{check_length, check_range};
use crate::quality::check_knots;
use crate::{Error, Result};

/// Sum of a table's frequencies.
const FREQUENCY_SUM: u64 = 1 << 16;
/// A codeword lies within two quantiser steps (Q6) of its codebook's point.
const CODEWORD_REACH: i32 = 128;
/// Log-scale offsets stay within ±32 octaves (Q10), so that sums with i16 values are far from the ends of i32.
const LOG_SCALE_MAX: i32 = 32 << 10;
/// Most scales: 128 octaves, more than any log-scale can reach.
const MAX_SCALES: usize = 1024;
/// Most layers of all networks of a file.
const MAX_LAYERS: usize = 4096;
/// Most channels of a latent block.
const MAX_CHANNELS: u16 = 4096;

impl<W: Weights + Sync> ModelData<W> {
    /// Checks every rule of the model and its encoder.
    pub(super) fn check(&self) -> Result<()> {
        self.check_latents()?;
        Networks::check(self)?;
        if let Some(encoder) = &self.encoder {
            EncoderNetworks::check(encoder, [self.y.channels, self.z.channels])?;
        }
        Ok(())
    }

    /// Layers of all networks of the model file.
    pub(super) fn layer_count(&self) -> usize {
        let transforms = [
            &self.hyper_synthesis,
            &self.synthesis_linear,
            &self.synthesis_body,
            &self.synthesis_lift,
            &self.renderer,
        ];
        let context = self.steps.iter().map(|step| &step.network);
        let networks = transforms.into_iter().chain(context);
        networks.map(|network| network.layers.len()).sum()
    }

    /// Checks all but the networks.
    pub(super) fn check_latents(&self) -> Result<()> {
        let block = |name, block: &LatentBlock| {
            check_block(block).map_err(|what| Error::Model(format!("latents {name}: {what}")))
        };
        block("z", &self.z)?;
        block("y", &self.y)?;
        let channels = usize::from(self.z.channels);
        check_length("z means", self.z_mean.len(), channels).map_err(Error::Model)?;
        check_length("z log-scales", self.z_log_scale.len(), channels).map_err(Error::Model)?;
        check_range("spacing", self.spacing, 1, u8::MAX).map_err(Error::Model)?;
        for (codebook, tables) in self.tables.iter().enumerate() {
            check_range("number of scales", tables.len(), 2, MAX_SCALES).map_err(Error::Model)?;
            check_length("scales of a codebook", tables.len(), self.tables[0].len())
                .map_err(Error::Model)?;
            for (scale, table) in tables.iter().enumerate() {
                check_table(table, codebook, self.spacing).map_err(|what| {
                    Error::Model(format!("codebook {codebook}, scale {scale}: {what}"))
                })?;
            }
        }
        Ok(())
    }
}

/// Checks the number of layers of all networks of a file.
pub(super) fn check_layers(count: usize) -> Result<()> {
    check_range("layers of all networks", count, 0, MAX_LAYERS).map_err(Error::Model)?;
    Ok(())
}

/// Multipliers are u32 and what they multiply fits 31 bits, so products fit i64 whatever their values; 0 would lose a channel.
fn check_block(block: &LatentBlock) -> Result<(), String> {
    check_range("channels", block.channels, 2, MAX_CHANNELS)?;
    if !block.channels.is_multiple_of(2) {
        return Err(format!(
            "{} channels, expected an even number",
            block.channels
        ));
    }
    let channels = usize::from(block.channels);
    let knots = check_knots("step", block.step.len(), channels)?;
    for (what, length) in [
        ("gains", block.gain.len()),
        ("mean gains", block.mean_gain.len()),
        ("log-scales", block.log_scale.len()),
    ] {
        check_length(what, length, knots * channels)?;
    }
    check_length("norms", block.norm.len(), channels)?;
    if block.step.contains(&0) {
        return Err("a step is 0, expected at least 1".into());
    }
    for (what, values) in [
        ("gain", &block.gain),
        ("mean gain", &block.mean_gain),
        ("norm", &block.norm),
    ] {
        if values.contains(&0) {
            return Err(format!("a {what} is 0, expected at least 1"));
        }
    }
    for &value in &block.log_scale {
        check_range("log-scale", value, -LOG_SCALE_MAX, LOG_SCALE_MAX)?;
    }
    Ok(())
}

fn check_table(table: &FrequencyTable, codebook: usize, spacing: u8) -> Result<(), String> {
    for (magnitude, &codeword) in (1..).zip(&table.codewords) {
        let point = lattice(codebook, magnitude) * i32::from(spacing);
        let (low, high) = (point - CODEWORD_REACH, point + CODEWORD_REACH);
        check_range("codeword", i32::from(codeword), low, high)
            .map_err(|what| format!("label {magnitude}: {what}"))?;
    }
    let frequencies = &table.frequencies;
    if frequencies.len() < 4 || !frequencies.len().is_multiple_of(2) {
        return Err(format!(
            "{} frequencies, expected an even number from 4 on",
            frequencies.len()
        ));
    }
    if let Some(symbol) = frequencies.iter().position(|&f| f == 0) {
        return Err(format!(
            "frequency of symbol {symbol} is 0, expected at least 1"
        ));
    }
    let sum: u64 = frequencies.iter().map(|&f| u64::from(f)).sum();
    if sum != FREQUENCY_SUM {
        return Err(format!(
            "frequencies sum to {sum}, expected {FREQUENCY_SUM}"
        ));
    }
    Ok(())
}
