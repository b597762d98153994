//! The metrics, all of 8-bit pixels.

pub mod ms_ssim;
mod original;
pub mod psnr;

pub use original::Original;

use crate::pinned;
use serde::Serialize;

pub const PSNR_RGB: &str = "psnr-rgb";
pub const PSNR_Y: &str = "psnr-y";
pub const MS_SSIM: &str = "ms-ssim";
pub const MS_SSIM_DB: &str = "ms-ssim-db";
pub const SSIMULACRA2: &str = "ssimulacra2";
pub const BUTTERAUGLI: &str = "butteraugli";
pub const BUTTERAUGLI_3NORM: &str = "butteraugli-3norm";

/// What can be asked for: a measure of distortion, which gives one metric or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// PSNR of RGB and of luma.
    Psnr,
    /// Multi-scale structural similarity.
    MsSsim,
    /// Of the JPEG XL project.
    Ssimulacra2,
    /// Likewise: the largest difference and the 3-norm.
    Butteraugli,
}

impl Scale {
    /// In the order of reports.
    pub const ALL: [Self; 4] = [
        Self::Psnr,
        Self::MsSsim,
        Self::Ssimulacra2,
        Self::Butteraugli,
    ];

    /// As users write it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Psnr => "psnr",
            Self::MsSsim => "ms-ssim",
            Self::Ssimulacra2 => "ssimulacra2",
            Self::Butteraugli => "butteraugli",
        }
    }

    /// What its scores are, for the report.
    pub fn note(self) -> String {
        match self {
            Self::Psnr => "PSNR (RGB) is of all samples together, PSNR (Y) of the luma of BT.601.".into(),
            Self::MsSsim => "MS-SSIM is that of pytorch-msssim, the mean over R, G and B.".into(),
            Self::Ssimulacra2 => format!("SSIMULACRA2 (100: equal) is that of the crate {}.", self.version()),
            Self::Butteraugli => format!(
                "Butteraugli (0: equal; 80 nits; the largest local difference, and libjxl's 3-norm) is that of the crate {}.",
                self.version()
            ),
        }
    }

    /// With the version of the crate that it comes from.
    fn version(self) -> String {
        match self {
            Self::Psnr | Self::MsSsim => self.id().into(),
            Self::Ssimulacra2 => format!("{} {}", self.id(), pinned::SSIMULACRA2),
            Self::Butteraugli => format!("{} {}", self.id(), pinned::BUTTERAUGLI),
        }
    }
}

impl std::str::FromStr for Scale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scale| scale.id() == text);
        found.ok_or_else(|| {
            let ids = Self::ALL.map(Self::id).join(", ");
            format!("no metric `{text}`, only {ids}")
        })
    }
}

/// Names what scores come from: points in the cache are made again when it changes.
pub fn version(scales: &[Scale]) -> String {
    let versions: Vec<String> = scales.iter().map(|scale| scale.version()).collect();
    versions.join(", ")
}

/// A measure of distortion.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Metric {
    pub id: &'static str,
    pub name: &'static str,
    /// Empty if it has none.
    pub unit: &'static str,
    pub better: Better,
}

/// Which way a metric goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    Higher,
    Lower,
}

/// A metric, and the interval of scores, low to high, that codecs are compared over; `None`: they are not, another one says the same.
pub struct Axis {
    pub metric: Metric,
    pub interval: Option<(f64, f64)>,
}

/// All metrics, in the order of reports.
pub const AXES: [Axis; 7] = [
    axis(PSNR_RGB, "PSNR (RGB)", "dB", Better::Higher, DECIBELS),
    axis(PSNR_Y, "PSNR (Y)", "dB", Better::Higher, DECIBELS),
    axis(MS_SSIM, "MS-SSIM", "", Better::Higher, None),
    axis(
        MS_SSIM_DB,
        "MS-SSIM in dB",
        "dB",
        Better::Higher,
        Some((10.0, 20.0)),
    ),
    axis(
        SSIMULACRA2,
        "SSIMULACRA2",
        "",
        Better::Higher,
        Some((50.0, 85.0)),
    ),
    axis(BUTTERAUGLI, "Butteraugli", "", Better::Lower, None),
    axis(
        BUTTERAUGLI_3NORM,
        "Butteraugli (3-norm)",
        "",
        Better::Lower,
        Some((0.7, 2.0)),
    ),
];
/// From where pictures are usable to where hardly anybody sees a difference.
const DECIBELS: Option<(f64, f64)> = Some((28.0, 40.0));

const fn axis(
    id: &'static str,
    name: &'static str,
    unit: &'static str,
    better: Better,
    interval: Option<(f64, f64)>,
) -> Axis {
    Axis {
        metric: Metric {
            id,
            name,
            unit,
            better,
        },
        interval,
    }
}
