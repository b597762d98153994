//! Which scales the channels of residual blocks get, and the blocks that come of them.

use anyhow::{bail, Result};
use vqz::model::{Layer, Network};

use super::real::Real;
use super::seen::Seen;
use crate::fixed_point::{power_of_two, WEIGHT_LIMIT};

/// Clamp of what a depthwise convolution gives, which has a sign, where it is to fit a byte.
pub(super) const SPREAD_BITS: u8 = 7;
/// The same where it is not.
pub(super) const WIDE_SPREAD_BITS: u8 = 13;
/// Clamp of what a hidden layer gives, which has no sign.
const HIDDEN_BITS: u8 = 8;
/// Largest weight of a byte.
pub(super) const BYTE_LIMIT: f64 = 127.0;
/// How far values may go beyond what was seen on photos.
const HEAD_ROOM: f64 = 1.1;
/// The same for the stream around the blocks, where what is clamped is lost for all of them.
const STREAM_HEAD_ROOM: f64 = 1.6;
/// Clamp of the stream around the blocks: two bits more than other layers have, for its channels' factors.
pub(super) const STREAM_BITS: u8 = 15;
/// Least and largest of these factors.
const FACTORS: [f64; 2] = [0.25, 4.0];
/// Of the rows of a hidden layer, this part may have weights that fill a byte; the others' outputs fill less than one instead.
const FULL_ROWS: f64 = 0.3;

/// New integers per old one, channel by channel, for a network with residual blocks.
pub(super) struct Plan {
    spread_bits: u8,
    blocks: Vec<BlockPlan>,
    /// Of the stream around the blocks.
    pub(super) stream: Vec<f64>,
}

struct BlockPlan {
    /// The layer that begins it.
    start: usize,
    /// Of what the depthwise convolution gives.
    spread: Vec<f64>,
    /// Of the hidden layer.
    hidden: Vec<f64>,
}

/// Layers of a residual block.
const BLOCK: usize = 5;

impl Plan {
    /// `seen`: of the network's input and of what each layer gives; `before`: of what has the stream's channels before the network.
    pub(super) fn new(
        network: &Network,
        spread_bits: u8,
        seen: &[Seen],
        before: &[&Seen],
    ) -> Result<Self> {
        let mut blocks = Vec::new();
        let mut stream = before.to_vec();
        // The logarithms of the largest weights of the rows of each block's last convolution.
        let mut rows = Vec::new();
        for start in 0..network.layers.len() {
            if !matches!(network.layers[start], Layer::Save(_)) {
                continue;
            }
            let Some(
                [Layer::Save(_), Layer::Depthwise(_), Layer::Conv(widen), Layer::Conv(narrow), Layer::AddSaved(_)],
            ) = network.layers.get(start..start + BLOCK)
            else {
                bail!("layer {start} begins something else than a block: depthwise, 1×1, 1×1");
            };
            let spread = fill(&seen[start + 2].peaks, spread_bits);
            let hidden = fill(&seen[start + 3].peaks, HIDDEN_BITS);
            let hidden = match spread_bits {
                SPREAD_BITS => {
                    with_rows_that_fit(&Real::of(widen).scaled(&hidden, &spread), hidden)
                }
                _ => hidden,
            };
            let real = Real::of(narrow).scaled(&[1.0], &hidden);
            rows.push(real.row_peaks().map(f64::log2).collect::<Vec<_>>());
            stream.extend([&seen[start], &seen[start + BLOCK]]);
            blocks.push(BlockPlan {
                start,
                spread,
                hidden,
            });
        }
        let limits = stream_limits(&stream);
        let stream = stream_factors(&rows, &limits);
        Ok(Self {
            spread_bits,
            blocks,
            stream,
        })
    }

    /// `seen`: as for [`Self::new`].
    pub(super) fn apply(&self, network: &mut Network, seen: &[Seen]) -> Result<()> {
        for block in &self.blocks {
            let layers = &mut network.layers[block.start..][..BLOCK];
            if let [_, Layer::Depthwise(depthwise), Layer::Conv(widen), Layer::Conv(narrow), Layer::AddSaved(add)] =
                layers
            {
                let real = Real::of_depthwise(depthwise);
                let weights: Vec<f64> = block
                    .spread
                    .iter()
                    .zip(&self.stream)
                    .map(|(a, s)| a / s)
                    .collect();
                let real = real.scaled_apart(&weights, &block.spread);
                let fixed = real.fixed(STREAM_BITS, self.spread_bits, WEIGHT_LIMIT)?;
                *depthwise = fixed.depthwise(depthwise.activation);

                let real = Real::of(widen).scaled(&block.hidden, &block.spread);
                let inputs = seen[block.start + 2].scaled(&block.spread);
                let fixed = match self.spread_bits {
                    SPREAD_BITS => real.bytes(SPREAD_BITS, HIDDEN_BITS, &inputs)?,
                    wide => real.fixed(wide, HIDDEN_BITS, WEIGHT_LIMIT)?,
                };
                *widen = fixed.conv(1, real.outputs, widen.activation);

                let real = Real::of(narrow).scaled(&self.stream, &block.hidden);
                let inputs = seen[block.start + 3].scaled(&block.hidden);
                let fixed = real.bytes(HIDDEN_BITS, STREAM_BITS, &inputs)?;
                *narrow = fixed.conv(1, real.outputs, narrow.activation);
                add.clamp_bits = STREAM_BITS;
            }
        }
        Ok(())
    }
}

/// What makes the largest values of channels fill so many bits, with head room.
fn fill(peaks: &[i16], bits: u8) -> Vec<f64> {
    let top = f64::from((1u16 << bits) - 1) / HEAD_ROOM;
    // Channels that were never seen to differ from 0 count as if they had.
    let factor = |&peak: &i16| top / f64::from(peak.max(1));
    peaks.iter().map(factor).collect()
}

/// The hidden layer's factors so that its weights, already scaled by them, fit bytes at the shift that suits most rows.
fn with_rows_that_fit(real: &Real, mut hidden: Vec<f64>) -> Vec<f64> {
    let peaks: Vec<f64> = real.row_peaks().collect();
    let mut sorted = peaks.clone();
    sorted.sort_by(f64::total_cmp);
    let anchor = sorted[((sorted.len() - 1) as f64 * FULL_ROWS) as usize];
    let largest = BYTE_LIMIT / power_of_two(BYTE_LIMIT / anchor);
    for (factor, peak) in hidden.iter_mut().zip(peaks) {
        *factor *= (largest / peak).min(1.0);
    }
    hidden
}

/// The largest factors that leave head room in the stream's channels.
fn stream_limits(seen: &[&Seen]) -> Vec<f64> {
    let channels = seen.first().map_or(0, |seen| seen.peaks.len());
    let top = f64::from((1u16 << STREAM_BITS) - 1) / STREAM_HEAD_ROOM;
    let largest = |c: usize| seen.iter().map(|seen| seen.peaks[c]).max();
    (0..channels)
        .map(|c| top / f64::from(largest(c).unwrap_or(1).max(1)))
        .collect()
}

/// What makes rows of all blocks alike, from the logarithms of their largest weights. Where blocks disagree, no row is too large.
fn stream_factors(rows: &[Vec<f64>], limits: &[f64]) -> Vec<f64> {
    let mean = |row: &[f64]| row.iter().sum::<f64>() / row.len() as f64;
    let excess = |channel: usize| {
        let of_blocks = rows.iter().map(|row| row[channel] - mean(row));
        of_blocks.fold(f64::MIN, f64::max)
    };
    let channels = rows.first().map_or(0, Vec::len);
    let factors = |fine: f64| -> Vec<f64> {
        let factor = |c: usize| {
            (fine - excess(c))
                .exp2()
                .clamp(FACTORS[0], FACTORS[1])
                .min(limits[c])
        };
        (0..channels).map(factor).collect()
    };
    // Shifts are powers of two: what they leave empty of a byte, in bits.
    let empty = |fine: f64| -> f64 {
        let factors = factors(fine);
        let of_block = |row: &Vec<f64>| {
            let largest = row.iter().zip(&factors).map(|(row, f)| row + f.log2());
            let room = BYTE_LIMIT.log2() - largest.fold(f64::MIN, f64::max);
            room - room.floor()
        };
        rows.iter().map(of_block).sum()
    };
    let fine = (4..12).map(|i| f64::from(i) / 8.0);
    let best = fine.min_by(|&a, &b| empty(a).total_cmp(&empty(b)));
    factors(best.unwrap_or(1.0))
}
