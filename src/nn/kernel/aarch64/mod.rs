//! Kernels for 64-bit ARM: NEON, which every such machine has.
#![allow(unsafe_code)]

mod conv;
mod depthwise;

use super::{scalar, Kernels};

/// The sets that every such machine has.
pub(super) fn available() -> impl Iterator<Item = Kernels> {
    std::iter::once(Kernels {
        name: "neon",
        // SAFETY: the target has NEON, or this file would not be compiled.
        convolve: |call, output| unsafe { conv::run(call, output) },
        // SAFETY: likewise.
        depthwise: |call, output| unsafe { depthwise::run(call, output) },
        // Plain loops: compilers turn them into NEON.
        rows: scalar::rows,
        vectors: super::Vectors::Any,
    })
}
