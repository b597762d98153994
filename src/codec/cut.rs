//! Coding steps that a tile can do without.
//!
//! At common qualities the last steps hold next to nothing: their labels are 0 nearly everywhere, and what is predicted of their channels is small.
//! A tile without them is decoded with a fifth fewer multiplications (SPEC.md section 4.8). What a step is worth is known when it has been coded:
//! the squared error that it takes away, against its bits.

use super::expected::Expected;
use super::quantiser::Quantiser;
use super::search::BITS_PER_SQUARED_STEP;
use crate::entropy::LabelEncoder;
use crate::model::Parity;

/// The largest share of a tile's bits that may be left out: the dial is to stay smooth.
const BITS: f64 = 0.01;
/// The largest share of a tile's bits that the squared error which comes with it may be worth.
const ERROR: f64 = 0.006;
/// From how many bits on it is worth a byte to say how many steps there are.
const LEAST: usize = 4096;

/// What the last coding steps of a tile were worth: those that cover all positions. (Half of them without their neighbours would be seen.)
#[derive(Default)]
pub(super) struct Cut(Vec<Step>);

struct Step {
    /// The stream before the step.
    before: LabelEncoder,
    /// By how much the squared error is less with it: Q12, squared quantiser steps.
    gain: f64,
}

impl Cut {
    /// A step begins; `stream` is what was coded before it.
    pub(super) fn begin_step(&mut self, parity: Parity, stream: &LabelEncoder) {
        if parity != Parity::All {
            self.0.clear();
            return;
        }
        self.0.push(Step {
            before: stream.clone(),
            gain: 0.0,
        });
    }

    /// A position of the step has been coded; `latents` (Q3) are what all channels there should have been.
    pub(super) fn end_position(
        &mut self,
        quantiser: &Quantiser,
        expected: &Expected,
        latents: &[i16],
    ) {
        const LIMIT: i64 = 1 << 24;
        let Some(step) = self.0.last_mut() else {
            return;
        };
        // Without the step the channels are 0. Each difference of squares is less than 2^51.
        let gain = |(index, &value): (usize, &i32)| {
            let channel = expected.first + index;
            let wanted = quantiser.to_steps(channel, latents[channel]);
            let (wanted, value) = (wanted.clamp(-LIMIT, LIMIT), i64::from(value));
            let value = value.clamp(-LIMIT, LIMIT);
            value * (2 * wanted - value)
        };
        let gain: i64 = expected.values.iter().enumerate().map(gain).sum();
        let ratio = f64::from(expected.adaptation.ratio());
        step.gain += gain as f64 / (ratio * ratio);
    }

    /// How many of the last steps are not worth their work, and the stream without them; `stream` is that of all.
    pub(super) fn choose(self, stream: LabelEncoder) -> (usize, LabelEncoder) {
        let total = stream.bits();
        let (mut lost, mut chosen) = (0.0, (0, stream));
        if total < LEAST {
            return chosen;
        }
        for (index, Step { before, gain }) in self.0.into_iter().rev().enumerate() {
            lost += gain / 4096.0 * BITS_PER_SQUARED_STEP;
            let bits = (total - before.bits()) as f64;
            if bits > BITS * total as f64 || lost > ERROR * total as f64 {
                break;
            }
            chosen = (index + 1, before);
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use crate::container::parse;
    use crate::{Color, Encoder, Image, Limits, Model};

    /// Smooth or full of noise.
    fn picture(noise: u32) -> Image {
        let (width, height) = (320, 256);
        let sample = |i: u32| {
            let (x, y) = (i / 3 % width, i / 3 / width);
            let wave = (f64::from(x * y) / 3000.0).sin() * 60.0 + 110.0;
            wave as u32 + (i.wrapping_mul(2_654_435_761) >> 24) * noise / 256
        };
        let samples = (0..width * height * 3).map(|i| sample(i).min(255) as u8);
        Image::new(width, height, Color::Rgb, samples.collect()).unwrap()
    }

    /// Where the last steps hold something, they are there; where they are not, the encoder knows what its file decodes to.
    #[test]
    fn steps_that_hold_next_to_nothing_are_left_out() {
        let encoder = Encoder::new(Model::embedded().unwrap());
        for (noise, quality, left_out) in [(12, 380, true), (120, 300, true), (120, 1024, false)] {
            let image = picture(noise);
            let (file, samples) = encoder.encode_and_predict(&image, quality).unwrap();
            let info = crate::inspect(&file, &Limits::default()).unwrap();
            assert_eq!(
                info.tile_steps, left_out,
                "noise {noise}, quality {quality}"
            );
            assert_eq!(crate::decode(&file).unwrap().samples(), samples);
        }
        let progressive = encoder.progressive(true).encode(&picture(12)).unwrap();
        let info = crate::inspect(&progressive, &Limits::default()).unwrap();
        assert!(!info.tile_steps);
    }

    /// A picture with one tile that has all steps and one that has not.
    #[test]
    fn each_tile_says_how_many_it_holds() {
        let (width, height) = (1300u32, 256u32);
        let sample = |i: u32| {
            let (x, y) = (i / 3 % width, i / 3 / width);
            let noise = i.wrapping_mul(2_654_435_761) >> 24;
            match x {
                ..1024 => (110.0 + (f64::from(x * y) / 3000.0).sin() * 60.0) as u8,
                _ => noise as u8,
            }
        };
        let samples = (0..width * height * 3).map(sample).collect();
        let image = Image::new(width, height, Color::Rgb, samples).unwrap();
        let encoder = Encoder::new(Model::embedded().unwrap());
        let (file, samples) = encoder.encode_and_predict(&image, 600).unwrap();
        let (_, parsed) = parse(&file, &Limits::default()).unwrap();
        let [smooth, noisy] = [0, 1].map(|tile| parsed.tiles[tile][0]);
        assert!(smooth < noisy, "{smooth} and {noisy} steps");
        assert_eq!(crate::decode(&file).unwrap().samples(), samples);
        let salvaged = crate::Decoder::default().salvage(&file).unwrap();
        assert!(salvaged.report.is_undamaged());
        assert_eq!(salvaged.image.samples(), samples);
    }
}
