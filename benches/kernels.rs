//! Multiply-accumulates per second of the convolution kernels, at every level of this CPU.
//!
//! `RAYON_NUM_THREADS=1 cargo bench --bench kernels` measures one core.

use criterion::{Criterion, Throughput};
use vqz::model::testing::{ConvCase, Level};

fn kernels(c: &mut Criterion) {
    for (channels, side) in [(128, 64), (64, 128)] {
        let case = ConvCase::new(3, channels, channels, side);
        let mut group =
            c.benchmark_group(format!("conv3x3 {channels}x{channels} at {side}x{side}"));
        group.throughput(Throughput::Elements(case.macs()));
        for level in Level::ALL.into_iter().filter(|level| level.is_supported()) {
            let mut output = Vec::new();
            group.bench_function(level.name(), |b| b.iter(|| case.run(level, &mut output)));
        }
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    kernels(&mut criterion);
    criterion.final_summary();
}
