//! Checks of numbers that files hold, with messages that say what was checked, its value and what was expected.

use std::fmt::Display;

/// Gives `value` back if it is within `low..=high`.
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

/// Checks that a list has exactly the length expected.
pub(crate) fn check_length(what: &str, length: usize, expected: usize) -> Result<(), String> {
    if length != expected {
        return Err(format!("{length} {what}, expected {expected}"));
    }
    Ok(())
}
