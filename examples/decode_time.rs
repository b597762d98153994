//! Times decoding on the machine that it runs on, emulated ones included: `decode_time FILE.vqz [TIMES]`.
//!
//! Prints the kernels, the first decode (which loads the model), the median and the best of the others, and a sum over the pixels.

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments
        .next()
        .ok_or("usage: decode_time FILE.vqz [TIMES]")?;
    let times: usize = arguments.next().map_or(Ok(1), |n| n.parse())?;
    let bytes = std::fs::read(file)?;
    let mut seconds = Vec::new();
    let mut sum = 0;
    for _ in 0..=times {
        let start = Instant::now();
        let image = vqz::decode(&bytes)?;
        seconds.push(start.elapsed().as_secs_f64());
        sum = image.samples().iter().map(|&v| u64::from(v)).sum();
    }
    let first = seconds.remove(0);
    seconds.sort_by(f64::total_cmp);
    let at = |index: usize| seconds.get(index).copied().unwrap_or(first);
    println!(
        "{}: first {first:.3} s, then median {:.3} s, best {:.3} s; sum {sum}",
        vqz::simd_level()?,
        at(times / 2),
        at(0)
    );
    Ok(())
}
