//! A prior over the indices of a small model: a network with masked convolutions, its training, and samples.

mod checkpoint;
mod network;
mod sample;
mod train;

pub use sample::{sample_sheet, SheetOptions};
pub use train::{train_prior, PriorOptions};
