//! What hostile files may cost. One test, for the allocator counts for the whole program.

use peak_alloc::PeakAlloc;
use vqz::{Color, Decoder, Encoder, Error, Image, Model};
use vqz_testkit::files::{header, join, split};
use vqz_testkit::Random;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// "Below 64 MB for any file below 10 KB", less what is not on the heap: the built-in model's files (8.3 MB) and the program's code,
/// stacks and tables.
const MOST: usize = 64_000_000 - 8_300_000 - 6_000_000;
const SHORT: usize = 10_240;

fn cost(model: &Model, what: &str, file: &[u8], refused: bool) {
    assert!(file.len() <= SHORT, "{what} has {} bytes", file.len());
    let decoder = Decoder::new(model);
    HEAP.reset_peak_usage();
    let outcome = decoder.decode(file);
    let strict = HEAP.peak_usage();
    match &outcome {
        Ok(_) => assert!(!refused, "{what}: not refused"),
        Err(Error::Limit { .. } | Error::Format(_)) => assert!(refused, "{what}: refused"),
        Err(error) => panic!("{what}: {error}"),
    }
    drop(outcome);
    HEAP.reset_peak_usage();
    drop(decoder.salvage(file));
    let salvage = HEAP.peak_usage();
    println!(
        "{what}: {} KB, salvage {} KB",
        strict / 1000,
        salvage / 1000
    );
    assert!(
        strict.max(salvage) < MOST,
        "{what}: {strict} and {salvage} bytes"
    );
}

#[test]
fn short_files_need_little_memory() {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .build()
        .unwrap();
    pool.install(|| {
        let model = Model::embedded().unwrap();
        println!(
            "model loaded: {} KB at most, {} KB then",
            HEAP.peak_usage() / 1000,
            HEAP.current_usage() / 1000
        );
        assert!(HEAP.peak_usage() < MOST);
        let digest = model.digest().short();
        let file = |width, height, tile_log2, streams: &[Vec<u8>]| {
            let tiles = streams.iter().map(|stream| (*b"TILE", stream.clone()));
            let chunks: Vec<_> = [header(width, height, tile_log2, digest)]
                .into_iter()
                .chain(tiles)
                .collect();
            join(&chunks)
        };
        cost(
            model,
            "65,535 squared",
            &file(65_535, 65_535, 12, &[vec![]]),
            true,
        );
        cost(
            model,
            "16,384 squared, all tiles empty",
            &file(16_384, 16_384, 12, &vec![vec![]; 16]),
            true,
        );
        let mut random = Random(3);
        let mut noise =
            |bytes: usize| -> Vec<u8> { (0..bytes).map(|_| random.below(256) as u8).collect() };
        cost(
            model,
            "noise in one tile",
            &file(1536, 1024, 12, &[noise(10_150)]),
            true,
        );
        let streams: Vec<_> = (0..6).map(|_| noise(1_670)).collect();
        cost(
            model,
            "noise in six tiles",
            &file(1536, 1024, 9, &streams),
            true,
        );
        cost(model, "empty tile", &file(512, 512, 12, &[vec![]]), true);

        // The largest picture that fits, valid, and wrong behind its last label.
        let flat = Image::new(1536, 1024, Color::Rgb, vec![0; 3 * 1536 * 1024]).unwrap();
        let flat = flat.with_alpha(vec![255; 1536 * 1024]).unwrap();
        let bytes = Encoder::new(model)
            .quality(0.0)
            .unwrap()
            .encode(&flat)
            .unwrap();
        drop(flat);
        cost(model, "flat picture with alpha", &bytes, false);
        let mut chunks = split(&bytes);
        chunks.last_mut().unwrap().1.extend([1; 16]);
        cost(model, "wrong at its end", &join(&chunks), true);
    });
}
