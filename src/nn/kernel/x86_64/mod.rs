//! Kernels for x86-64.
//!
//! Each keeps the accumulators of a few positions × one or two blocks of outputs in registers; a pair of inputs is broadcast and
//! multiplied with the packed weights of 16 outputs at a time. A last, smaller group of positions repeats its last one and drops the copies.
#![allow(unsafe_code)]

mod avx2;
mod avx512;
mod avx512_bytes;
mod depthwise_avx2;
mod depthwise_avx512;
mod rows;
mod vectors;

use super::Kernels;
pub(super) use vectors::Vectors;

/// The sets that this CPU has.
pub(super) fn available() -> impl Iterator<Item = Kernels> {
    [avx2(), avx512()].into_iter().flatten()
}

/// `vpmaddwd` on 256 bits.
fn avx2() -> Option<Kernels> {
    is_x86_feature_detected!("avx2").then_some(Kernels {
        name: "avx2",
        // SAFETY: the CPU has AVX2, as was just found; nothing else makes this value.
        convolve: |call, output| unsafe { avx2::run(call, output) },
        // SAFETY: likewise.
        depthwise: |call, output| unsafe { depthwise_avx2::run(call, output) },
        // SAFETY: likewise.
        rows: |call, output| unsafe { rows::avx2::run(call, output) },
        vectors: super::Vectors::X86(Vectors::avx2()?),
    })
}

/// AVX-512 with VNNI: `vpdpwssd` on 512 bits.
fn avx512() -> Option<Kernels> {
    let has = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni");
    has.then_some(Kernels {
        name: "avx512",
        // SAFETY: the CPU has AVX-512 F, BW and VNNI, as was just found; nothing else makes this value.
        convolve: |call, output| unsafe {
            match &call.conv.bytes {
                Some(bytes) => avx512_bytes::run(call, bytes, output),
                None => avx512::run(call, output),
            }
        },
        // SAFETY: likewise.
        depthwise: |call, output| unsafe { depthwise_avx512::run(call, output) },
        // SAFETY: likewise.
        rows: |call, output| unsafe { rows::avx512::run(call, output) },
        vectors: super::Vectors::X86(Vectors::avx512()?),
    })
}
