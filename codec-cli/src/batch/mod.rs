//! Many inputs at once: which become which outputs, then the work, several files side by side.

mod expand;
mod memory;
mod plan;
mod run;

pub use expand::extension;
#[cfg(feature = "measure")]
pub use expand::{expand, Found};
pub use plan::{further_target, plan, Job, Naming, Plan};
pub use run::{run, Done, Way};
