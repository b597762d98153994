//! Curves of score over rate: means, and bits for equal scores.
//!
//! | what | file |
//! |---|---|
//! | means over the photos | `means` |
//! | the mean difference of rate of two curves | `bd_rate` |
//! | every two codecs, on the mean curves and photo by photo | `pairs` |
//! | the same in words | `words` |
//! | curves that others published | `anchor` |

pub mod anchor;
pub mod bd_rate;
pub mod means;
pub mod pairs;
pub mod words;

#[cfg(test)]
mod tests {
    use crate::report::{Point, Scores};

    /// Points of a photo: quality, bpp, PSNR, Butteraugli.
    pub fn points(codec: &str, photo: &str, values: &[(f64, f64, f64, f64)]) -> Vec<Point> {
        let point = |&(quality, bpp, psnr, butteraugli): &(f64, f64, f64, f64)| Point {
            codec: codec.into(),
            photo: photo.into(),
            quality,
            bytes: 0,
            bpp,
            encode_seconds: 0.0,
            decode_seconds: 0.0,
            encode_memory: None,
            decode_memory: None,
            scores: Scores::from([
                ("psnr-rgb".into(), psnr),
                ("butteraugli-3norm".into(), butteraugli),
            ]),
        };
        values.iter().map(point).collect()
    }
}
