//! A damaged file → what is right of it (SPEC.md section 4.10): cut into stretches (`scan`), streams put in their places (`assign`),
//! and everything that can be used gathered (`recover`).

mod assign;
mod recover;
mod scan;

pub(crate) use recover::{recover, Recovered, Stream};
