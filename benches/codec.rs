//! Whole encodes and decodes of a one-megapixel picture with the built-in model, in pixels per second.
#![allow(missing_docs)] // of what criterion's macros make

use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use vqz::{Color, Decoder, Encoder, Image, Model};

/// Smooth shading, edges and grain: codes to a common rate, unlike a flat picture.
fn picture(side: u32) -> Image {
    let mut state = 1u32;
    let samples = (0..side * side)
        .flat_map(|i| {
            let (x, y) = (i % side, i / side);
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = state >> 29;
            let edge = if (x / 53 + y / 41) % 3 == 0 { 50 } else { 0 };
            [0, 12, 30].map(|shift| (60 + shift + edge + grain + (x + y) / 16) as u8)
        })
        .collect();
    Image::new(side, side, Color::Rgb, samples).expect("a picture")
}

fn codec(criterion: &mut Criterion) {
    let model = Model::embedded().expect("the built-in model");
    let image = picture(1024);
    let mut group = criterion.benchmark_group(vqz::simd_level().expect("a known level"));
    group.throughput(Throughput::Elements(1024 * 1024));
    group.sample_size(10);
    for quality in [20.0, 60.0] {
        let encoder = Encoder::new(model).quality(quality).expect("a quality");
        let bytes = encoder.encode(&image).expect("a file");
        group.bench_function(format!("encode q{quality}"), |b| {
            b.iter(|| encoder.encode(&image))
        });
        group.bench_function(format!("decode q{quality}"), |b| {
            b.iter(|| Decoder::new(model).decode(&bytes))
        });
    }
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
