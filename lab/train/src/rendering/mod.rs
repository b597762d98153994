//! A perceptual rendering of a model's files: another synthesis, trained against a discriminator. The model itself stays as it is.

mod base;
mod checkpoint;
mod discriminator;
mod export;
mod generator;
mod losses;
mod recipe;
#[cfg(test)]
mod tests;
mod train;
mod validate;

pub use export::{export_rendering, RenderingComparison, RenderingExport};
pub use recipe::RenderingRecipe;
pub use train::{train_rendering, RenderingOptions};
