//! Sums of rows: 16 or 32 positions at a time, products of the values of two rows side by side.

/// The kernel, by the names that a module gives its intrinsics: as many positions as a `Vector` has lanes of 16 bits are computed together.
macro_rules! kernel {
    ($features:literal) => {
        use crate::nn::kernel::rows::{RowsCall, SHIFT, SUMS};

        /// Positions that are computed together; [`crate::nn::kernel::LANES`] is a multiple of it.
        const BLOCK: usize = size_of::<Vector>() / 2;

        /// Of a block, as unpacking leaves the positions: the first four of every eight, then the others.
        type Sums = [[Vector; 2]; SUMS];

        /// Runs a call whose output length has been checked.
        #[target_feature(enable = $features)]
        pub(in crate::nn::kernel::x86_64) fn run(call: &RowsCall, output: &mut [i16]) {
            let (high, low) = (all_16(call.clip), all_16(-call.clip));
            let least = all_16(-i16::MAX);
            let rounding = all_32(1 << (SHIFT - 1));
            for first in (0..call.width).step_by(BLOCK) {
                let load = |offset: usize| {
                    // SAFETY: `RowsCall::new` proved offset + width ≤ values.len(), and first + BLOCK ≤ width, which is a multiple of BLOCK.
                    unsafe { load(call.values.as_ptr().add(offset + first).cast()) }
                };
                let mut sums: Sums = [[rounding; 2]; SUMS];
                for pair in call.rows {
                    add(&mut sums, pair.offsets.map(load), &pair.weights);
                }
                for pair in call.differences {
                    let difference = |i: usize| {
                        let rows = (load(pair.rows.offsets[i]), load(pair.subtracted[i]));
                        max(min(subtract(rows.0, rows.1), high), low)
                    };
                    let differences = [difference(0), difference(1)];
                    add(&mut sums, differences, &pair.rows.weights);
                }
                for (sums, output) in sums.iter().zip(output.chunks_exact_mut(call.width)) {
                    let [a, b] = sums.map(|sum| shifted(sum));
                    // Packing saturates at 16 bits and puts positions back in order.
                    let values = max(pack(a, b), least);
                    let target = &mut output[first..][..BLOCK];
                    // SAFETY: the target is BLOCK × i16 long, as a vector is.
                    unsafe { store(target.as_mut_ptr().cast(), values) };
                }
            }
        }

        #[target_feature(enable = $features)]
        fn add(sums: &mut Sums, [a, b]: [Vector; 2], weights: &[[i16; 2]; SUMS]) {
            let pairs = [unpack_low(a, b), unpack_high(a, b)];
            for (sums, weights) in sums.iter_mut().zip(weights) {
                let [a, b] = weights.map(|weight| i32::from(weight as u16));
                let weights = all_32(b << 16 | a);
                for (sum, pair) in sums.iter_mut().zip(pairs) {
                    *sum = plus_products(*sum, pair, weights);
                }
            }
        }
    };
}

/// `vpmaddwd` on 256 bits.
pub(super) mod avx2 {
    use std::arch::x86_64::{
        __m256i as Vector, _mm256_add_epi32, _mm256_loadu_si256 as load, _mm256_madd_epi16,
        _mm256_max_epi16 as max, _mm256_min_epi16 as min, _mm256_packs_epi32 as pack,
        _mm256_set1_epi16 as all_16, _mm256_set1_epi32 as all_32, _mm256_srai_epi32,
        _mm256_storeu_si256 as store, _mm256_subs_epi16 as subtract,
        _mm256_unpackhi_epi16 as unpack_high, _mm256_unpacklo_epi16 as unpack_low,
    };
    kernel!("avx2");

    #[target_feature(enable = "avx2")]
    fn shifted(sum: Vector) -> Vector {
        _mm256_srai_epi32::<{ SHIFT as i32 }>(sum)
    }

    #[target_feature(enable = "avx2")]
    fn plus_products(sum: Vector, pair: Vector, weights: Vector) -> Vector {
        _mm256_add_epi32(sum, _mm256_madd_epi16(pair, weights))
    }
}

/// `vpdpwssd` on 512 bits.
pub(super) mod avx512 {
    use std::arch::x86_64::{
        __m512i as Vector, _mm512_dpwssd_epi32 as plus_products, _mm512_loadu_si512 as load,
        _mm512_max_epi16 as max, _mm512_min_epi16 as min, _mm512_packs_epi32 as pack,
        _mm512_set1_epi16 as all_16, _mm512_set1_epi32 as all_32, _mm512_srai_epi32,
        _mm512_storeu_si512 as store, _mm512_subs_epi16 as subtract,
        _mm512_unpackhi_epi16 as unpack_high, _mm512_unpacklo_epi16 as unpack_low,
    };
    kernel!("avx512f,avx512bw,avx512vnni");

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn shifted(sum: Vector) -> Vector {
        _mm512_srai_epi32::<SHIFT>(sum)
    }
}
