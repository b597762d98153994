//! Range coding of labels with exact integer frequencies.

mod coder;
mod table;

pub(crate) use coder::{LabelDecoder, LabelEncoder, LABEL_MAX};
pub use table::LabelTable;
