//! Vector kernels, equal to `scalar` bit for bit: the only place of this crate with `unsafe` in it.
//!
//! Each keeps the accumulators of a few positions × one or two blocks of outputs in registers; a pair of inputs is broadcast and
//! multiplied with the packed weights of 16 outputs at a time. A last, smaller group of positions repeats its last one and drops the copies.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod depthwise;

use super::conv::Job;
use super::depthwise::DepthwiseCall;
use super::Level;

/// Runs a job whose output length has been checked.
///
/// # Panics
/// If this CPU lacks `level`.
pub(super) fn convolve(level: Level, job: &Job, output: &mut [i16]) {
    assert!(level.is_supported(), "this CPU lacks {}", level.name());
    match level {
        // SAFETY: the CPU has AVX2, asserted above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2::run(job, output) },
        // SAFETY: the CPU has AVX-512 F, BW and VNNI, asserted above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512::run(job, output) },
        _ => super::scalar::convolve(job, output),
    }
}

/// Runs a call whose output length has been checked.
///
/// # Panics
/// If this CPU lacks `level`.
pub(super) fn depthwise(level: Level, call: &DepthwiseCall, output: &mut [i16]) {
    assert!(level.is_supported(), "this CPU lacks {}", level.name());
    match level {
        // SAFETY: the CPU has AVX2, asserted above (AVX-512 includes it).
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::Avx512 => unsafe { depthwise::run(call, output) },
        _ => super::scalar::depthwise(call, 0..call.layer.channels(), output),
    }
}

/// The bases of a group of at most `N` ≥ 1 positions, the last one repeated to fill it.
#[cfg(target_arch = "x86_64")]
fn group<const N: usize>(bases: &[u32]) -> [usize; N] {
    std::array::from_fn(|i| bases[i.min(bases.len() - 1)] as usize)
}
