//! What an encoder wants pictures to be good at.

use std::str::FromStr;

use crate::Error;

/// What an encoder wants its pictures to be good at, where it has to choose; see [`crate::Encoder::tune`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tune {
    /// To be looked at: what contrast hides is coded more coarsely.
    #[default]
    Eye,
    /// A high PSNR: a squared error counts the same wherever it is.
    Psnr,
}

/// `eye` or `psnr`.
impl FromStr for Tune {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "eye" => Ok(Self::Eye),
            "psnr" => Ok(Self::Psnr),
            _ => Err(Error::Parameter(format!(
                "tune is {text:?}, it must be eye or psnr"
            ))),
        }
    }
}
