//! Where kernels read: offsets into a tensor, and the proof that all lie inside.

/// Offsets of the taps of a square kernel from the top-left one, for a tensor of `pixel` values per position and `row` values per row.
#[must_use]
pub fn taps(kernel: usize, pixel: usize, row: usize) -> Vec<u32> {
    (0..kernel)
        .flat_map(|y| (0..kernel).map(move |x| offset(y * row + x * pixel)))
        .collect()
}

/// An offset into a tensor as the kernels take it.
///
/// # Panics
/// On tensors of 2³² values and more, which [`crate::Limits`] and the tile size keep far away.
pub(crate) fn offset(value: usize) -> u32 {
    u32::try_from(value).expect("tensor has fewer than 2^32 values")
}

/// Proves that `input` has the `count` values that begin at each base plus each tap.
///
/// # Panics
/// If it has not; `what` is for the message.
pub(super) fn prove_inside(what: &str, input: &[i16], bases: &[u32], taps: &[u32], count: usize) {
    let max = |list: &[u32]| list.iter().copied().max().unwrap_or(0) as usize;
    let end = max(bases)
        .checked_add(max(taps))
        .and_then(|end| end.checked_add(count));
    assert!(
        bases.is_empty() || end.is_some_and(|end| end <= input.len()),
        "{what} reads up to {end:?} of {} values",
        input.len()
    );
}

/// The bases of a group of at most `N` ≥ 1 positions, the last one repeated to fill it: kernels compute whole groups and drop the copies.
#[cfg_attr(
    not(any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_feature = "simd128"
    )),
    expect(dead_code)
)]
pub(super) fn group<const N: usize>(bases: &[u32]) -> [usize; N] {
    std::array::from_fn(|i| bases[i.min(bases.len() - 1)] as usize)
}
