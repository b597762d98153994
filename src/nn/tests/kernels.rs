use super::*;
use crate::model::testing::{conv, Rng};

/// Runs `check` for every level that this CPU has, saying so; levels it lacks are reported.
fn each_level(check: impl Fn(Level)) {
    let mut ran = Vec::new();
    for level in Level::ALL {
        if level.is_supported() {
            check(level);
            ran.push(level);
        } else {
            eprintln!("SKIPPED: this CPU lacks {}", level.name());
        }
    }
    eprintln!("levels run: {ran:?}; chosen: {:?}", Level::detect());
    assert_eq!(ran[0], Level::Scalar);
    assert!(ran.contains(&Level::detect().unwrap()));
}

fn run_job(
    level: Level,
    conv: &Conv,
    quality: u16,
    input: &[i16],
    bases: &[u32],
    taps: &[u32],
) -> Vec<i16> {
    let packed = PackedConv::new(conv);
    let start = packed.start(quality);
    let mut output = vec![7; bases.len() * packed.outputs()];
    convolve(
        level,
        &Job::new(&packed, &start, input, bases, taps),
        &mut output,
    );
    output
}

#[test]
fn kernels_equal_the_definition_on_random_shapes() {
    each_level(|level| {
        let rng = &mut Rng(3);
        // Miri takes a thousand times as long.
        for round in 0..if cfg!(miri) { 6 } else { 150 } {
            let kernel = [1, 3][round % 2];
            let inputs = 2 * rng.range(1, 20) as u16;
            let outputs = rng.range(1, 70) as u16;
            let activation = [Activation::None, Activation::Relu][round / 2 % 2];
            let mut conv = conv(
                rng,
                (kernel, inputs, outputs),
                activation,
                [1, 5][round % 2],
            );
            conv.shift = rng.range(0, 14) as u8;
            conv.clamp_bits = rng.range(1, 15) as u8;
            // Wider than the inputs: a prefix of the channels is read.
            let pixel = usize::from(inputs) + rng.range(0, 5) as usize;
            let (width, height) = (rng.range(3, 12) as usize, rng.range(3, 9) as usize);
            let input: Vec<i16> = (0..pixel * width * height)
                .map(|_| rng.range(-9000, 9000) as i16)
                .collect();
            let reach = usize::from(kernel) - 1;
            let mut bases = Vec::new();
            for y in 0..height - reach {
                for x in 0..width - reach {
                    // Some rounds take an irregular subset.
                    if round % 3 > 0 || rng.range(0, 2) > 0 {
                        bases.push(((y * width + x) * pixel) as u32);
                    }
                }
            }
            let taps = PackedConv::new(&conv).taps(pixel, pixel * width);
            let quality = rng.range(0, 1024) as u16;
            assert_eq!(
                run_job(level, &conv, quality, &input, &bases, &taps),
                reference(&conv, quality, &input, &bases, &taps),
                "{} round {round}: {kernel} {inputs} {outputs}",
                level.name()
            );
        }
    });
}

#[test]
fn kernels_are_exact_at_the_overflow_bound() {
    each_level(|level| {
        for inputs in [4, 6, 64, 130] {
            let conv = at_the_bound(inputs, 0);
            for value in [32767, -32767] {
                let input = vec![value; usize::from(inputs) * 7];
                let bases: Vec<u32> = (0..7).map(|i| i * u32::from(inputs)).collect();
                let output = run_job(level, &conv, 0, &input, &bases, &[0]);
                assert_eq!(output, reference(&conv, 0, &input, &bases, &[0]));
                if value > 0 {
                    // (2^31 − 1) >> 17
                    assert_eq!(output[0], 16383, "{} {inputs}", level.name());
                }
            }
        }
    });
}

#[test]
#[cfg_attr(miri, ignore = "too slow")]
fn threads_do_not_change_bits() {
    let rng = &mut Rng(5);
    let conv = conv(rng, (1, 64, 48), Activation::None, 1);
    // 3 million multiply-accumulates and a ragged last chunk: split.
    let count = 1001;
    let input: Vec<i16> = (0..64 * count)
        .map(|_| rng.range(-9000, 9000) as i16)
        .collect();
    let bases: Vec<u32> = (0..count as u32).map(|i| i * 64).collect();
    let expected = reference(&conv, 0, &input, &bases, &[0]);
    each_level(|level| {
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let output = pool.install(|| run_job(level, &conv, 0, &input, &bases, &[0]));
            assert_eq!(output, expected, "{} {threads} threads", level.name());
        }
    });
}

#[test]
#[should_panic(expected = "convolution reads up to Some(13) of 12 values")]
fn reads_outside_the_input_are_refused() {
    let conv = PackedConv::new(&conv(&mut Rng(1), (1, 4, 4), Activation::None, 1));
    let start = conv.start(0);
    let _ = Job::new(&conv, &start, &[0; 12], &[0, 9], &[0]);
}
