//! Range coding of labels with exact integer frequencies.

mod coder;
mod sampler;
mod table;
mod tables;

pub(crate) use coder::{LabelDecoder, LabelEncoder, LABEL_MAX};
pub(crate) use sampler::LabelSampler;
pub use table::LabelTable;
pub(crate) use tables::LabelTables;
