//! Training with libtorch (`tch`), on CUDA or CPU: from a folder of photos to a model file.
//!
//! The networks here are the floating-point twins of the integer runtime: [`export`] turns a checkpoint into an integer model file and
//! reports both side by side.
//!
//! [`train_small`] and [`train_prior`] are for small pictures: the textbook's VQ-VAE, which has no integer twin.

mod block;
mod blocks;
mod checkpoint;
mod codebooks;
mod colours;
mod compare;
mod config;
mod context;
mod course;
mod data;
mod decode;
mod degrade;
mod design;
mod dormant;
mod drawn;
mod export;
mod files;
mod fixed_point;
mod gradient;
mod import;
mod integers;
mod labels;
mod latents;
mod model;
mod ms_ssim;
mod muon;
mod network;
mod params;
mod pca;
mod prediction;
mod quantiser;
mod random;
mod remake;
mod rendering;
mod run;
mod search;
mod settled;
mod small;
mod ssimulacra2;
mod tables;
#[cfg(test)]
mod tests;
mod validate;

pub use blocks::{byte_blocks, BLOCK_PHOTOS};
pub use compare::Comparison;
pub use config::{Architecture, Order, Recipe};
pub use course::Pace;
pub use degrade::Degradation;
pub use design::{design_codebooks, DESIGN_PHOTOS, DESIGN_ROUNDS};
pub use export::{export, ExportOptions, Kept};
pub use import::Start;
pub use prediction::{design_prediction, PREDICTION_PHOTOS};
pub use remake::Remake;
pub use rendering::{
    export_rendering, train_rendering, RenderingComparison, RenderingExport, RenderingOptions,
    RenderingRecipe,
};
pub use run::{train, TrainOptions};
pub use small::{
    sample_sheet, train_prior, train_small, CodebookUpdate, PriorOptions, PriorRecipe,
    SheetOptions, SmallOptions, SmallRecipe,
};
