//! Multiply-accumulates per second of the convolution kernels on the shapes of the built-in model, at every level of this CPU.
//!
//! `RAYON_NUM_THREADS=1 cargo bench --bench kernels` measures one core.

use criterion::{Criterion, Throughput};
use vqz::testing::{ConvCase, DepthwiseCase, Level};

/// Times `run` at every level; `macs` are those of one run.
fn levels(c: &mut Criterion, name: String, macs: u64, run: impl Fn(Level, &mut Vec<i16>)) {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(macs));
    for level in Level::ALL.into_iter().filter(|level| level.is_supported()) {
        let mut output = Vec::new();
        group.bench_function(level.name(), |b| b.iter(|| run(level, &mut output)));
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
        levels(c, name, case.macs(), |level, output| {
            case.run(level, output)
        });
    }
    for (channels, side) in [(192, 64), (64, 64)] {
        let case = DepthwiseCase::new(channels, side);
        let name = format!("depthwise {channels} at {side}x{side}");
        levels(c, name, case.macs(), |level, output| {
            case.run(level, output)
        });
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    kernels(&mut criterion);
    criterion.final_summary();
}
