//! Planes at half the resolution, and gradients back.

/// Means of 2 × 2 values; an odd last column or row is left out.
pub(super) fn halve(plane: &[f32], width: usize, height: usize) -> Vec<f32> {
    let rows = plane.chunks_exact(2 * width).take(height / 2);
    rows.flat_map(|rows| {
        let (top, bottom) = rows.split_at(width);
        let columns = top.chunks_exact(2).zip(bottom.chunks_exact(2));
        columns.map(|(top, bottom)| (top[0] + top[1] + bottom[0] + bottom[1]) * 0.25)
    })
    .collect()
}

/// Adds to the gradient with respect to [`halve`]'s input what comes from its result.
pub(super) fn halve_back(coarse: &[f32], width: usize, height: usize, gradient: &mut [f32]) {
    let rows = gradient.chunks_exact_mut(2 * width).take(height / 2);
    for (rows, coarse) in rows.zip(coarse.chunks_exact(width / 2)) {
        let (top, bottom) = rows.split_at_mut(width);
        let columns = top.chunks_exact_mut(2).zip(bottom.chunks_exact_mut(2));
        for ((top, bottom), value) in columns.zip(coarse) {
            for sum in top.iter_mut().chain(bottom) {
                *sum += value * 0.25;
            }
        }
    }
}
