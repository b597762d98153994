//! Kernels for 64-bit ARM: NEON, which every such machine has, and its dot products, which all but the first ones have (ARMv8.4, optional from 8.2 on).
#![allow(unsafe_code)]

mod conv;
mod depthwise;
mod dotprod;

use std::arch::is_aarch64_feature_detected;

use super::{scalar, Kernels};

/// The sets that this CPU has.
pub(super) fn available() -> impl Iterator<Item = Kernels> {
    std::iter::once(neon()).chain(dotprod())
}

/// NEON, and `sdot` for bytes.
fn dotprod() -> Option<Kernels> {
    is_aarch64_feature_detected!("dotprod").then(|| Kernels {
        name: "dotprod",
        convolve: |call, output| match &call.conv.bytes {
            // SAFETY: the CPU has the dot products, as was just found; nothing else makes this value.
            Some(bytes) => unsafe { dotprod::run(call, bytes, output) },
            // SAFETY: the target has NEON, or this file would not be compiled.
            None => unsafe { conv::run(call, output) },
        },
        ..neon()
    })
}

fn neon() -> Kernels {
    Kernels {
        name: "neon",
        // SAFETY: the target has NEON, or this file would not be compiled.
        convolve: |call, output| unsafe { conv::run(call, output) },
        // SAFETY: likewise.
        depthwise: |call, output| unsafe { depthwise::run(call, output) },
        // Plain loops: compilers turn them into NEON.
        rows: scalar::rows,
        vectors: super::Vectors::Any,
    }
}
