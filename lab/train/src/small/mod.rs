//! The textbook's VQ-VAE on small pictures (van den Oord, Vinyals, Kavukcuoglu 2017): digits, CIFAR-10, patches of photos.
//!
//! | what | file |
//! |---|---|
//! | settings | `recipe` |
//! | data sets | `pictures/` |
//! | encoder and decoder | `model` |
//! | the quantiser: straight-through estimator, k-means, moving averages, restart of dead codewords | `codebook` |
//! | training, resumed from checkpoints | `train`, `checkpoint` |
//! | error, bits, use of the codewords; the page that shows them | `measure`, `report/`, `sheet` |
//! | an autoregressive prior over the indices, and samples of it | `prior/` |

mod checkpoint;
mod codebook;
mod measure;
mod model;
mod pictures;
mod prior;
mod recipe;
mod report;
mod sheet;
#[cfg(test)]
mod tests;
mod train;

pub use prior::{sample_sheet, train_prior, PriorOptions, SheetOptions};
pub use recipe::{CodebookUpdate, PriorRecipe, SmallRecipe};
pub use train::{train_small, SmallOptions};
