//! Residual blocks whose dense convolutions get and hold bytes: kernels multiply twice as many of them at a time (`src/nn/kernel/bytes.rs` of the library).
//!
//! In a block, what the depthwise convolution gives and what the hidden layer gives may have any scale, channel by channel, since the next layer's
//! weights undo it: each channel gets the one that fills a byte. The second convolution adds to the stream around the blocks, which keeps 16 bits; its
//! rows fill bytes if the stream's channels are scaled, which the layers before and after the blocks undo. So nothing is lost but by rounding.
//!
//! In the renderer, what the depthwise convolutions give is the picture itself, nearly: it keeps more bits than a byte, and only the blocks' second
//! convolutions get bytes. (All of them: 0.06 to 0.1 dB less on smooth photos, instead of 0.01 to 0.02.)

mod plan;
mod real;
mod seen;

use anyhow::{bail, Result};
use rayon::prelude::*;
use vqz::lab::{synthesis_traces, SynthesisTrace};
use vqz::model::{Conv, Layer, ModelData, Network};
use vqz::Image;

use crate::export::load;
use crate::fixed_point::WEIGHT_LIMIT;
use crate::remake::Remake;
use plan::{Plan, SPREAD_BITS, STREAM_BITS, WIDE_SPREAD_BITS};
use real::Real;
use seen::{Counts, Seen};

/// Photos that blocks are made by, if there are as many.
pub const BLOCK_PHOTOS: usize = 240;

/// Makes the residual blocks of a model file's synthesis ones of bytes.
///
/// # Errors
/// Unreadable inputs, a synthesis of other layers, or an output that cannot be written.
pub fn byte_blocks(files: &Remake) -> Result<()> {
    files.run(with_byte_blocks)
}

/// The model with blocks of bytes, by what is seen on photos at qualities all over the dial.
///
/// # Errors
/// If the model is not valid, or its synthesis has other layers.
pub(crate) fn with_byte_blocks(mut data: ModelData, images: &[Image]) -> Result<ModelData> {
    let [seen_body, seen_lift, seen_renderer] = see(&data, images)?;
    let body = Plan::new(&data.synthesis_body, SPREAD_BITS, &seen_body, &[])?;
    // The stream of the renderer begins as the sum of what body and lift give.
    let summands = [seen_body.last(), seen_lift.last()].into_iter().flatten();
    let summands: Vec<_> = summands.collect();
    let renderer = Plan::new(&data.renderer, WIDE_SPREAD_BITS, &seen_renderer, &summands)?;
    body.apply(&mut data.synthesis_body, &seen_body)?;
    renderer.apply(&mut data.renderer, &seen_renderer)?;
    let (none, body, features) = ([1.0], body.stream, renderer.stream);
    let [body_bits, lift_bits] = [&data.synthesis_body, &data.synthesis_lift].map(|n| n.input_bits);
    let [first, last] = outer(&mut data.synthesis_body)?;
    rescale(first, body_bits, &none, &body)?;
    rescale(last, STREAM_BITS, &body, &features)?;
    let [lift] = outer(&mut data.synthesis_lift)?;
    rescale(lift, lift_bits, &none, &features)?;
    let [last] = outer(&mut data.renderer)?;
    let clamp_bits = last.clamp_bits;
    rescale(last, STREAM_BITS, &features, &none)?;
    last.clamp_bits = clamp_bits;
    data.renderer.input_bits = STREAM_BITS;
    Ok(data)
}

/// What body, lift and renderer get and their layers give.
fn see(data: &ModelData, images: &[Image]) -> Result<[Vec<Seen>; 3]> {
    let model = load(&data.to_bytes()?)?;
    let one = |(index, image): (usize, &Image)| {
        let quality = (index * 37 % 101) as f32;
        let traces = synthesis_traces(&model, image, quality)?;
        Ok(traces.iter().map(count).fold(Counted::default(), both))
    };
    let images = images.par_iter().enumerate();
    let none = Counted::default;
    let counts = images
        .map(one)
        .try_reduce(none, |a, b| Ok::<_, anyhow::Error>(both(a, b)))?;
    Ok(counts.map(|network| network.iter().map(Counts::seen).collect()))
}

/// Of each network, of each tensor.
type Counted = [Vec<Counts>; 3];

fn count(trace: &SynthesisTrace) -> Counted {
    let networks = [&trace.body, &trace.lift, &trace.renderer];
    networks.map(|network| network.iter().map(Counts::of).collect())
}

fn both(a: Counted, b: Counted) -> Counted {
    let mut others = b.into_iter();
    a.map(|all| match others.next() {
        Some(other) if all.is_empty() => other,
        Some(other) if !other.is_empty() => {
            let pairs = all.into_iter().zip(other);
            pairs.map(|(a, b)| a.and(&b)).collect()
        }
        _ => all,
    })
}

/// The convolutions of a network that are not in blocks.
fn outer<const N: usize>(network: &mut Network) -> Result<[&mut Conv; N]> {
    let mut inside = false;
    let mut found = Vec::new();
    for layer in &mut network.layers {
        match layer {
            Layer::Save(_) => inside = true,
            Layer::AddSaved(_) => inside = false,
            Layer::Conv(conv) if !inside => found.push(conv),
            _ => {}
        }
    }
    let count = found.len();
    let Ok(found) = found.try_into() else {
        bail!("a network has {count} convolutions around its blocks, expected {N}");
    };
    Ok(found)
}

/// The layer for inputs and outputs that have been scaled; their channels repeat where a shuffle follows.
fn rescale(conv: &mut Conv, bits_in: u8, inputs: &[f64], outputs: &[f64]) -> Result<()> {
    let real = Real::of(conv).scaled(outputs, inputs);
    let fixed = real.fixed(bits_in, STREAM_BITS, WEIGHT_LIMIT)?;
    *conv = fixed.conv(conv.kernel.into(), real.outputs, conv.activation);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;
    use crate::files::read_model;
    use std::path::Path;
    use vqz::{Decoder, Encoder};

    fn photo() -> Image {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
        data::load_some(&path, 1).unwrap()[0].image().unwrap()
    }

    /// Of the built-in model, made again: blocks hold bytes, labels are the same, pixels nearly.
    #[test]
    fn blocks_of_bytes_change_little_but_the_range_of_numbers() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/default.vqzm");
        let before = ModelData::from_bytes(&read_model(&path).unwrap()).unwrap();
        let image = photo();
        let after = with_byte_blocks(before.clone(), std::slice::from_ref(&image)).unwrap();
        let networks = [
            (&after.synthesis_body, SPREAD_BITS),
            (&after.renderer, WIDE_SPREAD_BITS),
        ];
        for (network, spread_bits) in networks {
            let mut blocks = 0;
            for (index, layer) in network.layers.iter().enumerate() {
                if !matches!(layer, Layer::Save(_)) {
                    continue;
                }
                let [Layer::Depthwise(spread), Layer::Conv(widen), Layer::Conv(narrow)] =
                    &network.layers[index + 1..index + 4]
                else {
                    panic!("layer {index} is no block");
                };
                assert_eq!([spread.clamp_bits, widen.clamp_bits], [spread_bits, 8]);
                let bytes = match spread_bits {
                    SPREAD_BITS => vec![widen, narrow],
                    _ => vec![narrow],
                };
                for conv in bytes {
                    let largest = conv.weights.iter().map(|w| w.unsigned_abs()).max();
                    // Filled, but for the rounding of the shift to a whole one.
                    assert!((60..=127).contains(&largest.unwrap()), "{largest:?}");
                }
                blocks += 1;
            }
            assert!(blocks > 0);
        }
        let decode = |data: &ModelData| {
            let model = load(&data.to_bytes().unwrap()).unwrap();
            let bytes = Encoder::new(&model)
                .quality(60.0)
                .unwrap()
                .encode(&image)
                .unwrap();
            Decoder::new(&model).decode(&bytes).unwrap()
        };
        let (before, after) = (decode(&before), decode(&after));
        let pairs = before.samples().iter().zip(after.samples());
        let squares: u64 = pairs.map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2)).sum();
        let psnr = 10.0 * (65025.0 * before.samples().len() as f64 / squares as f64).log10();
        assert!(psnr > 45.0 && squares > 0, "{psnr} dB");
    }

    #[test]
    fn a_network_without_blocks_is_refused() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/default.vqzm");
        let mut data = ModelData::from_bytes(&read_model(&path).unwrap()).unwrap();
        // A second convolution around the blocks.
        let last = data.renderer.layers.last().unwrap().clone();
        let Layer::Conv(mut extra) = last else {
            panic!("the renderer ends with a convolution");
        };
        extra.inputs = extra.outputs;
        extra.weights = vec![1; usize::from(extra.outputs).pow(2)];
        data.renderer.layers.push(extra.into());
        let message = with_byte_blocks(data, &[photo()]).unwrap_err().to_string();
        assert!(
            message.contains("2 convolutions around its blocks, expected 1"),
            "{message}"
        );
    }
}
