//! The files of commands that make another model file of one.

use std::path::PathBuf;

use clap::Args;
use vqz_train::Remake;

#[derive(Debug, Args)]
pub struct RemakeArgs {
    /// A model file (.vqzm)
    model: PathBuf,
    /// The model file to write
    out: PathBuf,
    /// Folder of training photos (PNG, JPEG, WebP; subfolders are not searched)
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl RemakeArgs {
    /// With at most so many photos.
    pub(super) fn files(&self, photos: usize) -> Remake {
        Remake {
            model: self.model.clone(),
            out: self.out.clone(),
            data: self.data.clone(),
            photos,
        }
    }
}
