//! Which kernels run.

use std::sync::OnceLock;

use crate::{Error, Result};

/// Instruction set of the kernels, weakest first. All give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Plain Rust, always there.
    Scalar,
    /// `vpmaddwd` on 256 bits.
    Avx2,
    /// AVX-512 with VNNI: `vpdpwssd` on 512 bits.
    Avx512,
}

impl Level {
    /// All levels, weakest first.
    pub const ALL: [Self; 3] = [Self::Scalar, Self::Avx2, Self::Avx512];

    /// Name, as in the environment variable `VQZ_SIMD`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Whether this CPU can run it.
    #[must_use]
    pub fn is_supported(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        return match self {
            Self::Scalar => true,
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vnni")
            }
        };
        #[cfg(not(target_arch = "x86_64"))]
        return self == Self::Scalar;
    }

    /// The best level of this CPU, or the one that the environment variable `VQZ_SIMD` (`scalar`, `avx2`, `avx512`) caps it to:
    /// a level that the CPU lacks gives the best one below. Chosen once per process.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `VQZ_SIMD` is set to anything else; every way of loading a model reports it.
    pub fn detect() -> Result<Self> {
        static LEVEL: OnceLock<std::result::Result<Level, String>> = OnceLock::new();
        LEVEL
            .get_or_init(|| {
                let wish = std::env::var_os("VQZ_SIMD").map(|v| v.to_string_lossy().into_owned());
                Self::choose(wish.as_deref())
            })
            .clone()
            .map_err(Error::Parameter)
    }

    fn choose(wish: Option<&str>) -> std::result::Result<Self, String> {
        let cap = match wish {
            None | Some("") => Self::Avx512,
            Some(wish) => Self::ALL
                .into_iter()
                .find(|level| level.name() == wish)
                .ok_or_else(|| {
                    format!(
                        "environment variable VQZ_SIMD is {wish:?}, expected scalar, avx2 or avx512"
                    )
                })?,
        };
        Ok(Self::ALL
            .into_iter()
            .rev()
            .find(|level| *level <= cap && level.is_supported())
            .unwrap_or(Self::Scalar))
    }
}

/// Name of the kernels in use: `scalar`, `avx2` or `avx512`. The environment variable `VQZ_SIMD` set to one of these caps the choice.
///
/// # Errors
/// [`Error::Parameter`] if `VQZ_SIMD` is set to anything else.
pub fn simd_level() -> Result<&'static str> {
    Level::detect().map(Level::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wish_caps_the_level() {
        assert_eq!(Level::choose(Some("scalar")), Ok(Level::Scalar));
        assert!(Level::choose(Some("avx2")).unwrap() <= Level::Avx2);
        assert_eq!(Level::choose(Some("avx512")), Level::choose(None));
        assert!(Level::choose(None).unwrap().is_supported());
    }

    #[test]
    fn unknown_wish_is_an_error_that_quotes_it() {
        assert!(Level::choose(Some("sse9"))
            .unwrap_err()
            .contains("\"sse9\""));
    }
}
