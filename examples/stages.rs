//! Where the time of decoding goes, stage by stage, on one thread: `stages FILE.vqz`, a file that the built-in model made. Prints Markdown, which
//! scripts/stages.py puts into docs/performance.md.
//!
//! Layers are timed alone, by the kernels that this machine has, on random values and on windows of the sizes that the decoder takes. What that does not explain of the
//! whole is measured by difference.

use std::hint::black_box;
use std::time::Instant;

use vqz::model::{Layer, ModelData, Network, Parity};
use vqz::testing::{ConvCase, DepthwiseCase, Kernels};
use vqz::{Decoder, Model};

/// Where a network runs.
#[derive(Clone, Copy)]
struct Grid {
    /// Positions each way of the window that layers are timed on, about as many as the decoder takes at a time.
    side: usize,
    /// Pixels of the picture for each position.
    pixels: f64,
    /// Share of the positions at which the layers from the first one that sees neighbours on are run.
    covered: f64,
}

const LATENTS: Grid = Grid {
    side: 32,
    pixels: 256.0,
    covered: 1.0,
};
/// Of 4 × 4 pixels.
const PATCHES: Grid = Grid {
    pixels: 16.0,
    ..LATENTS
};
const HYPER: Grid = Grid {
    side: 16,
    pixels: 4096.0,
    ..LATENTS
};

/// A stage of the decoder, per pixel of the picture.
struct Stage {
    name: String,
    macs: f64,
    nanoseconds: f64,
    /// Whether its products are of bytes.
    bytes: bool,
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    // Layers that are timed alone would be split over all threads of rayon's pool.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    pool.install(measure)
}

fn measure() -> Result<()> {
    let file = std::env::args().nth(1).ok_or("usage: stages FILE.vqz")?;
    let bytes = std::fs::read(&file)?;
    let decoder = Decoder::new(Model::embedded()?).threads(1)?;
    let picture = decoder.open(&bytes)?;
    let pixels = f64::from(picture.width()) * f64::from(picture.height());
    let whole = best(9, || decoder.decode(&bytes).map(drop))? / pixels;
    let labels = best(9, || picture.labels().map(drop))? / pixels;

    let data = ModelData::from_bytes(&std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/models/default.vqzm"
    ))?)?;
    let level = vqz::simd_level()?;
    let kernels = Kernels::available()
        .into_iter()
        .find(|kernels| kernels.name() == level);
    let kernels = kernels.ok_or("no kernels of that name")?;
    let early = ceilings(kernels);
    let hyper = layers("hyper-synthesis", &data.hyper_synthesis, HYPER, kernels);
    let hyper = [together("hyper-synthesis", hyper)];
    let mut context = Vec::new();
    for (index, step) in data.steps.iter().enumerate() {
        let name = format!("context, step {}", index + 1);
        let grid = Grid {
            covered: if step.parity == Parity::All { 1.0 } else { 0.5 },
            ..LATENTS
        };
        context.push(together(&name, layers(&name, &step.network, grid, kernels)));
    }
    let networks = [
        ("linear part", &data.synthesis_linear, LATENTS),
        ("body", &data.synthesis_body, LATENTS),
        ("lift", &data.synthesis_lift, PATCHES),
        ("renderer", &data.renderer, PATCHES),
    ];
    let mut synthesis = Vec::new();
    for (name, network, grid) in networks {
        synthesis.extend(layers(name, network, grid, kernels));
    }
    // The machine is not always as fast: before and after everything else.
    let late = ceilings(kernels);
    let [ceiling, of_bytes] = [0, 1].map(|i| early[i].max(late[i]));
    println!(
        "{}, {} × {} pixels, {:.2} bits per pixel, one thread, {} kernels; the ceiling is {ceiling:.0} GMAC/s, of bytes {of_bytes:.0}.\n",
        std::path::Path::new(&file).file_name().unwrap_or_default().to_string_lossy(),
        picture.width(),
        picture.height(),
        bytes.len() as f64 * 8.0 / pixels,
        kernels.name(),
    );
    println!(
        "| stage | MAC per pixel | ns per pixel | GMAC/s | of the ceiling |\n|---|--:|--:|--:|--:|"
    );
    let sum = |stages: &[Stage]| stages.iter().map(|s| s.nanoseconds).sum::<f64>();
    let networks_of_labels = sum(&hyper) + sum(&context);
    let channels = f64::from(data.y.channels);
    for stage in hyper.iter().chain(&context).chain(&synthesis) {
        let rate = stage.macs / stage.nanoseconds;
        let ceiling = if stage.bytes { of_bytes } else { ceiling };
        println!(
            "| {} | {:.0} | {:.2} | {rate:.1} | {:.0} % |",
            stage.name,
            stage.macs,
            stage.nanoseconds,
            100.0 * rate / ceiling
        );
    }
    let rest = |name: &str, nanoseconds: f64| println!("| {name} | | {nanoseconds:.2} | | |");
    rest(
        "labels: range coder, tables, correction, codewords",
        labels - networks_of_labels,
    );
    rest(
        "the rest: windows, shuffles, sums, pixels, memory",
        whole - labels - sum(&synthesis),
    );
    rest("**all**", whole);
    println!(
        "\nA label takes {:.1} ns, certain ones included ({channels} at each latent position).",
        (labels - networks_of_labels) * 256.0 / channels
    );
    Ok(())
}

/// The convolutions of a network, those that do the same taken together.
fn layers(name: &str, network: &Network, grid: Grid, kernels: Kernels) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let (mut scale, mut covered) = (1.0, 1.0);
    // Whether what the layer before gives fits a byte.
    let mut narrow = false;
    for layer in &network.layers {
        if matches!(layer, Layer::Depthwise(_)) {
            covered = grid.covered;
        }
        // Positions of this layer per pixel.
        let (per_pixel, side) = (
            scale * covered / grid.pixels,
            (grid.side as f64 * f64::sqrt(scale)) as usize,
        );
        let mut bytes = false;
        let (what, macs, nanoseconds) = match layer {
            Layer::Conv(conv) => {
                bytes = narrow && conv.weights.iter().all(|&w| i8::try_from(w).is_ok());
                narrow = ConvCase::fits_byte(conv.clamp_bits, conv.activation);
                let case = match bytes {
                    true => ConvCase::of_bytes(conv.inputs, conv.outputs, side),
                    false => ConvCase::new(conv.kernel, conv.inputs, conv.outputs, side),
                };
                let kind = if bytes { " of bytes" } else { "" };
                let what = format!(
                    "{0}×{0}{kind} {1} → {2}",
                    conv.kernel, conv.inputs, conv.outputs
                );
                let mut output = Vec::new();
                (what, case.macs(), time(|| case.run(kernels, &mut output)))
            }
            Layer::Depthwise(own) => {
                narrow = ConvCase::fits_byte(own.clamp_bits, own.activation);
                let case = DepthwiseCase::new(own.channels, side);
                let what = format!("depthwise 3×3 of {}", own.channels);
                let mut output = Vec::new();
                (what, case.macs(), time(|| case.run(kernels, &mut output)))
            }
            Layer::Shuffle(shuffle) => {
                scale *= f64::from(shuffle.0).powi(2);
                continue;
            }
            Layer::Unshuffle(unshuffle) => {
                scale /= f64::from(unshuffle.0).powi(2);
                continue;
            }
            _ => continue,
        };
        let positions = (side * side) as f64;
        let name = format!("{name}: {what}");
        let (macs, nanoseconds) = (
            macs as f64 / positions * per_pixel,
            nanoseconds / positions * per_pixel,
        );
        match stages.iter_mut().find(|stage| stage.name == name) {
            Some(stage) => {
                stage.macs += macs;
                stage.nanoseconds += nanoseconds;
            }
            None => stages.push(Stage {
                name,
                macs,
                nanoseconds,
                bytes,
            }),
        }
    }
    stages
}

/// Several stages as one.
fn together(name: &str, stages: Vec<Stage>) -> Stage {
    Stage {
        name: name.into(),
        macs: stages.iter().map(|stage| stage.macs).sum(),
        nanoseconds: stages.iter().map(|stage| stage.nanoseconds).sum(),
        bytes: false,
    }
}

/// GMAC/s of nothing but the primitive, of 16 bits and of bytes: long sums of products, few outputs to be written, and tensors that stay near the processor. The best of some
/// shapes.
fn ceilings(kernels: Kernels) -> [f64; 2] {
    let shapes = [(192, 96, 16), (256, 32, 16), (512, 64, 16), (1024, 128, 32)];
    let rate = |case: ConvCase| {
        let mut output = Vec::new();
        case.macs() as f64 / time(|| case.run(kernels, &mut output))
    };
    let wide = shapes.map(|(i, o, side)| rate(ConvCase::new(1, i, o, side)));
    let bytes = shapes.map(|(i, o, side)| rate(ConvCase::of_bytes(i, o, side)));
    [wide, bytes].map(|rates| rates.into_iter().fold(0.0, f64::max))
}

/// Nanoseconds of a call: the best of some stretches of several.
fn time(mut run: impl FnMut()) -> f64 {
    run();
    let once = Instant::now();
    run();
    let calls = (2_000_000.0 / once.elapsed().as_nanos() as f64).clamp(1.0, 10_000.0) as u32;
    let mut best = f64::INFINITY;
    for _ in 0..9 {
        let start = Instant::now();
        for _ in 0..calls {
            run();
            black_box(());
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(calls));
    }
    best
}

/// Nanoseconds of the best of so many calls, after one that is not counted.
fn best<E>(
    times: usize,
    mut run: impl FnMut() -> std::result::Result<(), E>,
) -> std::result::Result<f64, E> {
    run()?;
    let mut best = f64::INFINITY;
    for _ in 0..times {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed().as_nanos() as f64);
    }
    Ok(best)
}
