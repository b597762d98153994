//! Quantiser tables of a model file from learned ones.

use vqz::model::LatentBlock;

use crate::config::KNOTS;

/// log2 of the largest quantiser step, u16 in Q8.
const LOG_STEP_MAX: f64 = 7.999;
/// A channel's absolute unit in the file is up to this many of the model's.
const LARGEST_UNIT: f64 = 4.0;
/// How fast the codec corrects scales (SPEC.md section 9.4): a flat optimum on validation photos, see docs/notes/generation-1.md.
const CHANNEL_RATE: u8 = 8;
/// The same, for what the channels of a position share.
const POSITION_RATE: u8 = 24;
/// Knots of the exported gain tables.
const GAIN_KNOTS: i64 = 33;

/// What was learned of a block's quantiser; tables are `[KNOTS, C]`, the rest is per channel.
pub(crate) struct LearnedBlock {
    pub log_gain: Vec<f64>,
    pub log_step: Vec<f64>,
    /// Absolute units (of the file) per normalised unit.
    pub std: Vec<f64>,
    /// Absolute units of the model per one of the file.
    pub unit: Vec<f64>,
}

/// Absolute units of the file in those of the model: powers of two, such that each channel's largest quantiser step fits. What is
/// quantised so coarsely at the low end does not miss the bit or two that this takes from ŷ's fraction.
pub(crate) fn units(log_step: &[f64], channels: usize) -> Vec<f64> {
    let largest = |c: usize| {
        log_step
            .iter()
            .skip(c)
            .step_by(channels)
            .fold(0.0, |m: f64, &s| m.max(s))
    };
    (0..channels)
        .map(|c| {
            (largest(c) - LOG_STEP_MAX)
                .ceil()
                .max(0.0)
                .exp2()
                .min(LARGEST_UNIT)
        })
        .collect()
}

impl LearnedBlock {
    /// The block of a model file.
    pub fn quantise(self) -> LatentBlock {
        let channels = self.std.len();
        let mut gain = resample(&self.log_gain, channels);
        let mut step = resample(&self.log_step, channels);
        for (index, (gain, step)) in gain.iter_mut().zip(&mut step).enumerate() {
            let unit = self.unit[index % channels].log2();
            *gain += unit;
            *step -= unit;
            // What is larger still becomes the largest step, with a gain as much finer, so that the latents keep their size.
            let excess = (*step - LOG_STEP_MAX).max(0.0);
            *gain += excess;
            *step -= excess;
        }
        let per_channel = |f: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
            gain.iter()
                .enumerate()
                .map(|(index, &g)| f(index % channels, g))
                .collect()
        };
        LatentBlock {
            channels: channels as u16,
            step: step
                .iter()
                .map(|s| (s.exp2() * 256.0).round().clamp(1.0, 65535.0) as u16)
                .collect(),
            gain: gain
                .iter()
                .map(|g| (g.exp2() * 262_144.0).round() as u32)
                .collect(),
            mean_gain: per_channel(&|c, g| g.exp2() * self.std[c] * 65536.0)
                .iter()
                .map(|v| v.round() as u32)
                .collect(),
            log_scale: per_channel(&|c, g| (g + self.std[c].log2()) * 1024.0)
                .iter()
                .map(|v| v.round() as i32)
                .collect(),
            norm: self
                .std
                .iter()
                .map(|s| (2_097_152.0 / s).round() as u32)
                .collect(),
            channel_rate: CHANNEL_RATE,
            position_rate: POSITION_RATE,
        }
    }
}

/// `[KNOTS, C]` → `[GAIN_KNOTS, C]`, linear.
fn resample(table: &[f64], channels: usize) -> Vec<f64> {
    let mut out = Vec::with_capacity(GAIN_KNOTS as usize * channels);
    for knot in 0..GAIN_KNOTS {
        let position = knot as f64 * (KNOTS - 1) as f64 / (GAIN_KNOTS - 1) as f64;
        let low = (position as usize).min(KNOTS as usize - 2);
        let f = position - low as f64;
        out.extend(
            (0..channels).map(|c| {
                table[low * channels + c] * (1.0 - f) + table[(low + 1) * channels + c] * f
            }),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps of 3 and of 1000 at the low end, of 1 at the high end.
    #[test]
    fn steps_beyond_what_the_file_holds_take_a_larger_unit() {
        let channels = 2;
        let log_step: Vec<f64> = (0..KNOTS)
            .flat_map(|knot| {
                [3.0f64, 1000.0].map(|low| low.log2() * (1.0 - knot as f64 / (KNOTS - 1) as f64))
            })
            .collect();
        let unit = units(&log_step, channels);
        assert_eq!(unit, [1.0, 4.0]);
        let block = LearnedBlock {
            log_gain: log_step.iter().map(|s| -s).collect(),
            log_step,
            std: vec![10.0, 10.0 / unit[1]],
            unit,
        }
        .quantise();
        let last = block.step.len() - channels;
        assert_eq!(block.step[..2], [3 * 256, 250 * 256]);
        assert_eq!(block.step[last..], [256, 64]);
        // Gains undo the steps, and the same normalised unit is as many steps as before.
        for (index, (&step, &gain)) in block.step.iter().zip(&block.gain).enumerate() {
            let both = f64::from(step) * f64::from(gain) / (256.0 * 262_144.0);
            assert!((both - 1.0).abs() < 0.01, "{index}: {both}");
        }
        assert_eq!(
            block.mean_gain[1],
            (10.0 / 1000.0 * 65536.0f64).round() as u32
        );
        assert_eq!(block.mean_gain[last], block.mean_gain[last + 1]);
    }
}
