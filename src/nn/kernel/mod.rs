//! The kernels: a scalar set that is the truth, and vector sets by architecture that give the same bits.
//!
//! | file | what |
//! |---|---|
//! | `conv`, `depthwise` | what kernels are given: packed weights, and calls that prove every read; split over threads |
//! | `bytes` | dense convolutions whose inputs and weights fit bytes |
//! | `rows` | the same for sums of rows of pixels |
//! | `reads` | offsets into a tensor |
//! | `scalar` | plain Rust: the definition, and the fallback of every machine |
//! | `x86_64/` | AVX2, AVX-512 |
//! | `aarch64/` | NEON, its dot products |
//! | `wasm32/` | simd128 |
//!
//! Another architecture is another folder, a line in [`Kernels::available`] and its names in [`NAMES`]. `unsafe` is in such folders alone.

#[cfg(all(
    target_arch = "aarch64",
    target_feature = "neon",
    target_endian = "little"
))]
mod aarch64;
mod bytes;
mod conv;
mod depthwise;
mod reads;
mod rows;
mod scalar;
#[cfg(test)]
mod tests;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm32;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub(crate) use conv::{ConvCall, PackedConv};
pub(crate) use depthwise::{DepthwiseCall, PackedDepthwise, TAPS};
pub(crate) use reads::{offset, taps};
pub(crate) use rows::{DifferencePair, RowPair, RowsCall, LANES, SUMS};

use std::fmt;
use std::sync::OnceLock;

use crate::{Error, Result};

/// A set of kernels that this machine can run. Only a check of the CPU makes a value: holding one is the proof. All give the same bits.
#[derive(Clone, Copy)]
pub struct Kernels {
    name: &'static str,
    convolve: fn(&ConvCall, &mut [i16]),
    depthwise: fn(&DepthwiseCall, &mut [i16]),
    rows: fn(&RowsCall, &mut [i16]),
    vectors: Vectors,
}

/// What loops in plain Rust are compiled for.
#[derive(Clone, Copy)]
enum Vectors {
    /// What every machine of the target has.
    Any,
    #[cfg(target_arch = "x86_64")]
    X86(x86_64::Vectors),
}

/// Every name that a set can have on some machine. Where several are available, the first one of this list is taken.
const NAMES: [&str; 6] = ["avx512", "avx2", "dotprod", "neon", "simd128", "scalar"];

impl Kernels {
    /// Plain Rust, always there.
    pub const SCALAR: Self = Self {
        name: "scalar",
        convolve: scalar::convolve,
        depthwise: |call, output| scalar::depthwise(call, 0..call.channels(), output),
        rows: scalar::rows,
        vectors: Vectors::Any,
    };

    /// All sets of this machine. Their order means nothing.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let sets = std::iter::once(Self::SCALAR);
        #[cfg(target_arch = "x86_64")]
        let sets = sets.chain(x86_64::available());
        #[cfg(all(
            target_arch = "aarch64",
            target_feature = "neon",
            target_endian = "little"
        ))]
        let sets = sets.chain(aarch64::available());
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        let sets = sets.chain(wasm32::available());
        sets.collect()
    }

    /// Name, as in the environment variable `VQZ_SIMD`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Runs `loops` as they are, compiled for this set's vectors. They have to be plain loops, and what they call has to be inlined. Sums of floats stay as exact as they are
    /// written: the compiler neither reorders nor fuses them.
    /// They should own their slices and limits (a `move` closure): what is borrowed through the closure might be what is written to, for all that
    /// the compiler knows, and no vectors come of it (measured: decoding a tenth slower than without).
    #[inline]
    pub(crate) fn vectorise<L: Loops>(self, loops: L) -> L::Output {
        match self.vectors {
            Vectors::Any => loops.run(),
            #[cfg(target_arch = "x86_64")]
            Vectors::X86(vectors) => vectors.run(loops),
        }
    }

    /// The best set of this machine, or what the environment variable `VQZ_SIMD` wishes for. Chosen once per process.
    ///
    /// A wish is a name that a set has on some machine. Where this machine lacks it, the next one that it has of the list
    /// avx512, avx2, dotprod, neon, simd128, scalar is taken.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `VQZ_SIMD` is set to anything else; every way of loading a model reports it.
    pub fn detect() -> Result<Self> {
        static CHOICE: OnceLock<std::result::Result<Kernels, String>> = OnceLock::new();
        CHOICE
            .get_or_init(|| {
                let wish = std::env::var_os("VQZ_SIMD").map(|v| v.to_string_lossy().into_owned());
                Self::choose(wish.as_deref())
            })
            .clone()
            .map_err(Error::Parameter)
    }

    fn choose(wish: Option<&str>) -> std::result::Result<Self, String> {
        let first = match wish {
            None | Some("") => 0,
            Some(wish) => NAMES.iter().position(|&name| name == wish).ok_or_else(|| {
                format!(
                    "environment variable VQZ_SIMD is {wish:?}, expected one of {}",
                    NAMES.join(", ")
                )
            })?,
        };
        let sets = Self::available();
        let named = |name: &&str| sets.iter().find(|set| set.name == *name);
        Ok(*NAMES[first..]
            .iter()
            .find_map(named)
            .unwrap_or(&Self::SCALAR))
    }
}

/// What [`Kernels::vectorise`] runs: a closure, if it is short. A long one is not inlined, and so not compiled for any vectors (measured: half as fast as without);
/// then a type of its own can have a [`Self::run`] that is marked `#[inline(always)]`.
pub(crate) trait Loops {
    type Output;

    fn run(self) -> Self::Output;
}

impl<R, F: FnOnce() -> R> Loops for F {
    type Output = R;

    #[inline(always)]
    fn run(self) -> R {
        self()
    }
}

impl PartialEq for Kernels {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Kernels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Name of the kernels in use: `avx512`, `avx2`, `dotprod`, `neon`, `simd128` or `scalar`. The environment variable `VQZ_SIMD` set to one of these wishes for a
/// set; a machine that lacks it takes the next one of the list.
///
/// # Errors
/// [`Error::Parameter`] if `VQZ_SIMD` is set to anything else.
pub fn simd_level() -> Result<&'static str> {
    Kernels::detect().map(Kernels::name)
}
