//! Multiply-accumulates per second of the convolution kernels on the shapes of the built-in model, with every set of kernels that this CPU has.
//!
//! `RAYON_NUM_THREADS=1 cargo bench --bench kernels` measures one core.

use criterion::{Criterion, Throughput};
use vqz::testing::{ConvCase, DepthwiseCase, Kernels};

/// Times `run` with every set; `macs` are those of one run.
fn every_set(c: &mut Criterion, name: String, macs: u64, run: impl Fn(Kernels, &mut Vec<i16>)) {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(macs));
    for kernels in Kernels::available() {
        let mut output = Vec::new();
        group.bench_function(kernels.name(), |b| b.iter(|| run(kernels, &mut output)));
    }
    group.finish();
}

fn kernels(c: &mut Criterion) {
    for (kernel, inputs, outputs, side) in [
        (1, 192, 384, 64),
        (1, 384, 192, 64),
        (1, 64, 128, 64),
        (3, 64, 64, 64),
    ] {
        let case = ConvCase::new(kernel, inputs, outputs, side);
        let name = format!("conv {kernel}x{kernel} {inputs} to {outputs} at {side}x{side}");
        every_set(c, name, case.macs(), |kernels, output| {
            case.run(kernels, output)
        });
    }
    for (inputs, outputs, side) in [(192, 384, 64), (384, 192, 64), (128, 64, 64)] {
        let case = ConvCase::of_bytes(inputs, outputs, side);
        let name = format!("conv 1x1 of bytes {inputs} to {outputs} at {side}x{side}");
        every_set(c, name, case.macs(), |kernels, output| {
            case.run(kernels, output)
        });
    }
    for (channels, side) in [(192, 64), (64, 64)] {
        let case = DepthwiseCase::new(channels, side);
        let name = format!("depthwise {channels} at {side}x{side}");
        every_set(c, name, case.macs(), |kernels, output| {
            case.run(kernels, output)
        });
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    kernels(&mut criterion);
    criterion.final_summary();
}
