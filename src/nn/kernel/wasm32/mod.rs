//! Kernels for WebAssembly: there if the program is compiled with simd128, since a module that has any is refused whole by machines that
//! lack it. Nothing of relaxed SIMD, whose results differ between machines.
#![allow(unsafe_code)]

mod conv;
mod depthwise;

use super::{scalar, Kernels};

/// The sets that this program has.
pub(super) fn available() -> impl Iterator<Item = Kernels> {
    std::iter::once(Kernels {
        name: "simd128",
        convolve: conv::run,
        depthwise: depthwise::run,
        // Plain loops: compilers turn them into simd128.
        rows: scalar::rows,
        vectors: super::Vectors::Any,
    })
}
