//! The quality axis: tables whose knots are equidistant over it, and what they are in between.

/// Header quality runs from 0 to this.
pub const QUALITY_MAX: u16 = 1024;

/// Value of a `[knot][channel]` table at quality `q` (0..=1024): linear between knots, exact.
///
/// `table.len()` is knots × channels, knots − 1 a power of two up to 1024, or knots = 1.
#[must_use]
pub fn interpolate<T: Copy + Into<i64>>(
    table: &[T],
    channels: usize,
    channel: usize,
    q: u16,
) -> i64 {
    let knots = table.len() / channels;
    if knots == 1 {
        return table[channel].into();
    }
    let shift = (u32::from(QUALITY_MAX) / (knots as u32 - 1)).trailing_zeros();
    let (knot, f) = ((q >> shift) as usize, i64::from(q & ((1 << shift) - 1)));
    let a: i64 = table[knot * channels + channel].into();
    if f == 0 {
        return a;
    }
    let b: i64 = table[(knot + 1) * channels + channel].into();
    let whole = 1i64 << shift;
    (a * (whole - f) + b * f + whole / 2) >> shift
}

/// A `[knot][channel]` table has one knot, or 2^k + 1 up to 1025. Returns the number of knots.
pub(crate) fn check_knots(what: &str, length: usize, channels: usize) -> Result<usize, String> {
    let knots = length / channels;
    let spans = knots.wrapping_sub(1);
    let known = knots == 1 || spans.is_power_of_two() && spans <= usize::from(QUALITY_MAX);
    if !known || !length.is_multiple_of(channels) {
        return Err(format!(
            "{length} values of {what} for {channels} channels, expected 1 or 2^k + 1 (k up to 10) per channel"
        ));
    }
    Ok(knots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolation_is_exact_at_knots_and_monotone_between() {
        let table = [10i32, -100, 20, 100, 1000, 300];
        assert_eq!(interpolate(&table, 2, 0, 0), 10);
        assert_eq!(interpolate(&table, 2, 0, 512), 20);
        assert_eq!(interpolate(&table, 2, 1, 1024), 300);
        assert_eq!(interpolate(&table, 2, 1, 256), 0);
        let values: Vec<i64> = (0..=1024).map(|q| interpolate(&table, 2, 1, q)).collect();
        assert!(values.windows(2).all(|w| w[0] <= w[1]));
    }
}
