use super::*;
use crate::nn::layers::{Conv, Depthwise};
use crate::nn::tests::{at_the_bound, dense, prepare, reference};
use crate::nn::values::Values;
use crate::nn::{Activation, Network, Rect, Tensor};
use crate::testing::{conv, depthwise, Rng};

/// Runs `check` for every set of kernels that this machine has, saying so.
fn each_set(check: impl Fn(Kernels)) {
    let sets = Kernels::available();
    let chosen = Kernels::detect().unwrap();
    eprintln!("kernels run: {sets:?}; chosen: {chosen:?}");
    assert!(sets.contains(&Kernels::SCALAR) && sets.contains(&chosen));
    sets.into_iter().for_each(check);
}

fn run_conv(
    kernels: Kernels,
    conv: &Conv,
    quality: u16,
    input: &[i16],
    bases: &[u32],
    taps: &[u32],
) -> Vec<i16> {
    let packed = conv.packed(Values::within(15));
    let start = packed.start(quality);
    let mut output = vec![7; bases.len() * packed.outputs()];
    ConvCall::new(&packed, &start, input, bases, taps).run(kernels, &mut output);
    output
}

#[test]
fn kernels_equal_the_definition_on_random_shapes() {
    each_set(|kernels| {
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
            let taps = taps(usize::from(kernel), pixel, pixel * width);
            let quality = rng.range(0, 1024) as u16;
            assert_eq!(
                run_conv(kernels, &conv, quality, &input, &bases, &taps),
                reference(&conv, quality, &input, &bases, &taps),
                "{} round {round}: {kernel} {inputs} {outputs}",
                kernels.name()
            );
        }
    });
}

/// Runs a 1×1 convolution whose inputs are `values` and fit bytes.
fn run_bytes(kernels: Kernels, conv: &Conv, values: Values, input: &[i16]) -> Vec<i16> {
    let packed = conv.packed(values);
    assert!(packed.bytes.is_some());
    let start = packed.start(0);
    let inputs = usize::from(conv.inputs);
    let bases: Vec<u32> = (0..input.len()).step_by(inputs).map(|i| i as u32).collect();
    let mut output = vec![7; bases.len() * packed.outputs()];
    ConvCall::new(&packed, &start, input, &bases, &[0]).run(kernels, &mut output);
    assert_eq!(
        output,
        reference(conv, 0, input, &bases, &[0]),
        "{kernels:?}"
    );
    output
}

/// What convolutions may get that fits bytes.
const BYTES: [Values; 3] = [
    Values::within(7),
    Values::clamped(8, Activation::Relu),
    Values::within(3),
];

#[test]
fn convolutions_of_bytes_equal_the_definition() {
    each_set(|kernels| {
        let rng = &mut Rng(9);
        for round in 0..if cfg!(miri) { 6 } else { 60 } {
            let values = BYTES[round % 3];
            let (inputs, outputs) = (4 * rng.range(1, 20) as u16, rng.range(1, 70) as u16);
            let activation = [Activation::None, Activation::Relu][round / 2 % 2];
            let mut conv = conv(rng, (1, inputs, outputs), activation, 1);
            conv.weights.fill_with(|| rng.range(-128, 127) as i16);
            conv.shift = rng.range(0, 14) as u8;
            conv.clamp_bits = rng.range(1, 15) as u8;
            let mut input = vec![0; usize::from(inputs) * rng.range(1, 40) as usize];
            let (lowest, highest) = (values.lowest().into(), values.highest().into());
            input.fill_with(|| rng.range(lowest, highest) as i16);
            run_bytes(kernels, &conv, values, &input);
        }
    });
}

#[test]
fn convolutions_of_bytes_are_exact_at_their_bounds() {
    each_set(|kernels| {
        for (values, weight) in [-128, 127].into_iter().flat_map(|w| BYTES.map(|v| (v, w))) {
            let conv = Conv {
                kernel: 1,
                inputs: 64,
                outputs: 33,
                shift: 8,
                activation: Activation::None,
                clamp_bits: 15,
                weights: vec![weight; 64 * 33],
                bias: vec![0; 33],
            };
            for value in [values.lowest(), values.highest()] {
                let output = run_bytes(kernels, &conv, values, &[value as i16; 64 * 5]);
                let sum = 64 * i32::from(weight) * value;
                assert_eq!(i32::from(output[0]), (sum + 128) >> 8, "{kernels:?}");
            }
        }
    });
}

#[test]
fn what_takes_more_than_bytes_is_not_packed_as_such() {
    let rng = &mut Rng(10);
    let mut conv = conv(rng, (1, 8, 5), Activation::None, 1);
    conv.weights.fill(-128);
    let fits = |conv: &Conv, values| conv.packed(values).bytes.is_some();
    assert!(BYTES.iter().all(|&values| fits(&conv, values)));
    assert!(!fits(&conv, Values::within(8)));
    assert!(!fits(&conv, Values::clamped(9, Activation::Relu)));
    conv.weights[3] = 128;
    assert!(!fits(&conv, BYTES[0]));
    let odd = self::conv(rng, (1, 6, 5), Activation::None, 1);
    assert!(!fits(&odd, BYTES[0]));
}

fn run_depthwise(
    kernels: Kernels,
    layer: &Depthwise,
    quality: u16,
    input: &[i16],
    bases: &[u32],
    taps: &[u32],
) -> Vec<i16> {
    let packed = layer.packed();
    let start = packed.start(quality);
    let mut output = vec![7; bases.len() * packed.channels()];
    DepthwiseCall::new(&packed, &start, input, bases, taps).run(kernels, &mut output);
    output
}

#[test]
fn depthwise_kernels_equal_the_definition_on_random_shapes() {
    each_set(|kernels| {
        let rng = &mut Rng(4);
        for round in 0..if cfg!(miri) { 4 } else { 80 } {
            // Whole blocks of 16, a rest, both.
            let channels = [16, 7, 48, 35, 1, 64][round % 6];
            let activation = [Activation::None, Activation::Relu][round / 2 % 2];
            let mut layer = depthwise(rng, channels, activation, [1, 5][round % 2]);
            layer.shift = rng.range(0, 14) as u8;
            layer.clamp_bits = rng.range(1, 15) as u8;
            let pixel = usize::from(channels) + rng.range(0, 5) as usize;
            let (width, height) = (rng.range(3, 12) as usize, rng.range(3, 9) as usize);
            let input: Vec<i16> = (0..pixel * width * height)
                .map(|_| rng.range(-9000, 9000) as i16)
                .collect();
            let bases: Vec<u32> = (0..height - 2)
                .flat_map(|y| (0..width - 2).map(move |x| ((y * width + x) * pixel) as u32))
                .collect();
            let taps = taps(3, pixel, pixel * width);
            let quality = rng.range(0, 1024) as u16;
            assert_eq!(
                run_depthwise(kernels, &layer, quality, &input, &bases, &taps),
                reference(&dense(&layer), quality, &input, &bases, &taps),
                "{} round {round}: {channels}",
                kernels.name()
            );
        }
    });
}

#[test]
fn depthwise_kernels_are_exact_at_the_overflow_bound() {
    // Weights and bias that make accumulators of ±(2^31 − 1), rounding included: 9 · 7281 · 32767 + what is left.
    let (weight, rounding) = (7281i64, 1i64 << 16);
    let bias = (1i64 << 31) - 1 - rounding - 9 * weight * 32767;
    let layer = Depthwise {
        channels: 32,
        shift: 17,
        activation: Activation::None,
        clamp_bits: 15,
        weights: vec![weight as i16; 9 * 32],
        bias: vec![bias as i32; 32],
    };
    let network = Network {
        inputs: 32,
        input_bits: 15,
        layers: vec![layer.clone().into()],
    };
    prepare(&network).expect("the bound is kept");
    let mut beyond = layer.clone();
    beyond.bias[31] += 1;
    let network = Network {
        layers: vec![beyond.into()],
        ..network
    };
    let message = prepare(&network).unwrap_err().to_string();
    assert!(message.contains("output channel 31"), "{message}");
    let taps = taps(3, 32, 3 * 32);
    each_set(|kernels| {
        for value in [32767, -32767] {
            let input = vec![value; 9 * 32];
            let output = run_depthwise(kernels, &layer, 0, &input, &[0], &taps);
            assert_eq!(output, reference(&dense(&layer), 0, &input, &[0], &taps));
            if value > 0 {
                // (2^31 − 1) >> 17
                assert_eq!(output, [16383; 32], "{}", kernels.name());
            }
        }
    });
}

#[test]
fn kernels_are_exact_at_the_overflow_bound() {
    each_set(|kernels| {
        for inputs in [4, 6, 64, 130] {
            let conv = at_the_bound(inputs, 0);
            for value in [32767, -32767] {
                let input = vec![value; usize::from(inputs) * 7];
                let bases: Vec<u32> = (0..7).map(|i| i * u32::from(inputs)).collect();
                let output = run_conv(kernels, &conv, 0, &input, &bases, &[0]);
                assert_eq!(output, reference(&conv, 0, &input, &bases, &[0]));
                if value > 0 {
                    // (2^31 − 1) >> 17
                    assert_eq!(output[0], 16383, "{} {inputs}", kernels.name());
                }
            }
        }
    });
}

#[test]
#[cfg_attr(miri, ignore = "too slow")]
#[cfg_attr(target_family = "wasm", ignore = "one thread only")]
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
    each_set(|kernels| {
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let output = pool.install(|| run_conv(kernels, &conv, 0, &input, &bases, &[0]));
            assert_eq!(output, expected, "{} {threads} threads", kernels.name());
        }
    });
}

#[test]
fn loops_give_the_same_whatever_they_are_compiled_for() {
    let rng = &mut Rng(6);
    // Whole vectors, and what is left over.
    for channels in [1, 16, 67] {
        let rect = Rect::of_size(5, 3);
        let mut random = || {
            let mut tensor = Tensor::zeros(rect, channels);
            tensor.data.fill_with(|| rng.range(-32_768, 32_767) as i16);
            tensor
        };
        let (a, b) = (random(), random());
        each_set(|kernels| {
            let mut sum = a.clone();
            sum.add(kernels, &b, 9_000);
            for ((sum, a), b) in sum.data.iter().zip(&a.data).zip(&b.data) {
                let expected = (i32::from(*a) + i32::from(*b)).clamp(-9_000, 9_000);
                assert_eq!(i32::from(*sum), expected, "{}", kernels.name());
            }
        });
    }
}

#[test]
#[should_panic(expected = "convolution reads up to Some(13) of 12 values")]
fn reads_outside_the_input_are_refused() {
    let conv = conv(&mut Rng(1), (1, 4, 4), Activation::None, 1).packed(Values::within(15));
    let start = conv.start(0);
    let _ = ConvCall::new(&conv, &start, &[0; 12], &[0, 9], &[0]);
}

#[test]
fn wishes_are_granted_as_far_as_the_machine_can() {
    assert_eq!(Kernels::choose(Some("scalar")), Ok(Kernels::SCALAR));
    let best = Kernels::choose(None).unwrap();
    assert_eq!(Kernels::choose(Some("")), Ok(best));
    for set in Kernels::available() {
        assert_eq!(Kernels::choose(Some(set.name())), Ok(set));
    }
    // What this machine lacks is not refused: scripts try all names.
    for name in NAMES {
        Kernels::choose(Some(name)).unwrap();
    }
}

#[test]
fn unknown_wishes_are_errors_that_quote_them() {
    let message = Kernels::choose(Some("sse9")).unwrap_err();
    assert!(
        message.contains("\"sse9\", expected one of avx512"),
        "{message}"
    );
}

#[test]
fn every_set_has_a_name_of_the_list() {
    let sets = Kernels::available();
    assert!(
        sets.iter().all(|set| NAMES.contains(&set.name())),
        "{sets:?}"
    );
    assert!(NAMES
        .iter()
        .all(|&name| sets.iter().filter(|set| set.name() == name).count() <= 1));
}

#[test]
fn sums_of_rows_equal_their_definition() {
    each_set(|kernels| {
        let rng = &mut Rng(7);
        for width in [1, 32, 70] {
            let padded = usize::next_multiple_of(width, LANES);
            let mut values = vec![0; 5 * padded];
            values.fill_with(|| rng.range(-32_768, 32_767) as i16);
            let mut pair = || RowPair {
                offsets: [(); 2].map(|()| rng.range(0, 4 * padded as i64) as usize),
                weights: [(); SUMS].map(|()| [(); 2].map(|()| rng.range(-900, 900) as i16)),
            };
            let rows: Vec<_> = (0..7).map(|_| pair()).collect();
            let differences: Vec<_> = (0..5)
                .map(|_| DifferencePair {
                    rows: pair(),
                    subtracted: pair().offsets,
                })
                .collect();
            let mut output = vec![0; SUMS * padded];
            RowsCall::new(&values, &rows, &differences, 99, width).run(kernels, &mut output);
            for (i, &output) in output.iter().enumerate() {
                let (sum, x) = (i / padded, i % padded);
                let value = |offset: usize| i64::from(values[offset + x]);
                let mut expected = 64;
                for i in 0..2 {
                    for pair in &rows {
                        expected += value(pair.offsets[i]) * i64::from(pair.weights[sum][i]);
                    }
                    for pair in &differences {
                        let difference = value(pair.rows.offsets[i]) - value(pair.subtracted[i]);
                        let weight = i64::from(pair.rows.weights[sum][i]);
                        expected += difference.clamp(-99, 99) * weight;
                    }
                }
                let expected = (expected >> 7).clamp(-32_767, 32_767);
                assert_eq!(
                    i64::from(output),
                    expected,
                    "{} {width} {i}",
                    kernels.name()
                );
            }
        }
    });
}
