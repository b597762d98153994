//! Loops in plain Rust, compiled once more for the vectors that a CPU may have.

use crate::nn::kernel::Loops;

/// Which vectors. Only a check of the CPU makes a value.
#[derive(Clone, Copy)]
pub(in crate::nn::kernel) struct Vectors(Level);

#[derive(Clone, Copy)]
enum Level {
    Avx2,
    Avx512,
}

impl Vectors {
    pub(super) fn avx2() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(Level::Avx2))
    }

    pub(super) fn avx512() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw");
        has.then_some(Self(Level::Avx512))
    }

    #[inline]
    pub(in crate::nn::kernel) fn run<L: Loops>(self, loops: L) -> L::Output {
        match self.0 {
            // SAFETY: the CPU has AVX2, as was found when this value was made.
            Level::Avx2 => unsafe { with_avx2(loops) },
            // SAFETY: the CPU has AVX-512 F and BW, as was found when this value was made.
            Level::Avx512 => unsafe { with_avx512(loops) },
        }
    }
}

#[target_feature(enable = "avx2")]
fn with_avx2<L: Loops>(loops: L) -> L::Output {
    loops.run()
}

#[target_feature(enable = "avx2,avx512f,avx512bw")]
fn with_avx512<L: Loops>(loops: L) -> L::Output {
    loops.run()
}
