//! The library called from many jobs of a thread pool at once.

use rayon::prelude::*;
use vqz::{Color, Image};

/// The first ones load the built-in model, and all wait for it: nobody may wait for a job that waits for him.
#[test]
fn the_first_calls_may_come_from_a_pool() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(32).build();
    let image = Image::new(16, 16, Color::Gray, vec![128; 256]).unwrap();
    pool.unwrap().install(|| {
        let files: Vec<Vec<u8>> = (0..128)
            .into_par_iter()
            .map(|_| vqz::encode(&image, 50.0).unwrap())
            .collect();
        files.par_iter().for_each(|file| {
            vqz::decode(file).unwrap();
        });
    });
}
