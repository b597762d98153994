//! Checks of numbers that files hold, with messages that name what, the value and what was expected.

use std::fmt::Display;

/// `value` if within `low..=high`.
pub(crate) fn check_range<T: PartialOrd + Display>(
    what: &str,
    value: T,
    low: T,
    high: T,
) -> Result<T, String> {
    if value < low || value > high {
        return Err(format!("{what}: {value}, expected {low} to {high}"));
    }
    Ok(value)
}

/// Exact length of a list.
pub(crate) fn check_length(what: &str, length: usize, expected: usize) -> Result<(), String> {
    if length != expected {
        return Err(format!("{length} {what}, expected {expected}"));
    }
    Ok(())
}
