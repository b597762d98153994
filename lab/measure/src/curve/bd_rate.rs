//! Bjøntegaard's delta rate: how many bits one codec needs against another for the same quality.

/// Intervals of the integral.
const SAMPLES: usize = 400;

/// The outcome of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct BdRate {
    /// Mean difference of rate; negative: fewer bits than the anchor.
    pub percent: f64,
    /// Where the common interval of quality begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
}

/// Compares curves of (bits per pixel, quality), higher being better. The logarithm of the rate is interpolated over quality by a monotone
/// cubic (PCHIP), and averaged over the part of the interval `low..high` of quality that both curves have.
///
/// `None` if a curve has less than three points that rise, or if that part is shorter than `min_overlap`.
pub fn bd_rate(
    anchor: &[(f64, f64)],
    test: &[(f64, f64)],
    (low, high): (f64, f64),
    min_overlap: f64,
) -> Option<BdRate> {
    let (anchor, test) = (Curve::new(anchor)?, Curve::new(test)?);
    let from = anchor.x[0].max(test.x[0]).max(low);
    let to = anchor.x[anchor.x.len() - 1]
        .min(test.x[test.x.len() - 1])
        .min(high);
    if to - from < min_overlap {
        return None;
    }
    let difference: f64 = (0..SAMPLES)
        .map(|k| from + (to - from) * (k as f64 + 0.5) / SAMPLES as f64)
        .map(|quality| test.at(quality) - anchor.at(quality))
        .sum();
    Some(BdRate {
        percent: ((difference / SAMPLES as f64).exp() - 1.0) * 100.0,
        from,
        to,
    })
}

/// Natural logarithm of the rate over quality, a piecewise cubic with a slope per point.
struct Curve {
    x: Vec<f64>,
    y: Vec<f64>,
    slopes: Vec<f64>,
}

impl Curve {
    fn new(points: &[(f64, f64)]) -> Option<Self> {
        let mut points: Vec<(f64, f64)> = points
            .iter()
            .copied()
            .filter(|(rate, quality)| rate.is_normal() && quality.is_finite())
            .collect();
        points.sort_by(|a, b| a.1.total_cmp(&b.1));
        points.dedup_by(|next, kept| next.1 <= kept.1 + 1e-9);
        if points.len() < 3 {
            return None;
        }
        let x: Vec<f64> = points.iter().map(|p| p.1).collect();
        let y: Vec<f64> = points.iter().map(|p| p.0.ln()).collect();
        Some(Self {
            slopes: slopes(&x, &y),
            x,
            y,
        })
    }

    fn at(&self, x: f64) -> f64 {
        let last = self.x.len() - 2;
        let i = self.x[1..=last].iter().filter(|&&knot| x > knot).count();
        let h = self.x[i + 1] - self.x[i];
        let s = (x - self.x[i]) / h;
        let r = 1.0 - s;
        (1.0 + 2.0 * s) * r * r * self.y[i]
            + s * r * r * h * self.slopes[i]
            + s * s * (3.0 - 2.0 * s) * self.y[i + 1]
            - s * s * r * h * self.slopes[i + 1]
    }
}

/// Fritsch and Butland's: a weighted harmonic mean of the two secants, 0 at a turning point; one secant at the ends.
fn slopes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let widths: Vec<f64> = x.windows(2).map(|x| x[1] - x[0]).collect();
    let secants: Vec<f64> = y
        .windows(2)
        .zip(&widths)
        .map(|(y, h)| (y[1] - y[0]) / h)
        .collect();
    let mut slopes = vec![secants[0]];
    for (h, d) in widths.windows(2).zip(secants.windows(2)) {
        let (a, b) = (2.0 * h[1] + h[0], h[1] + 2.0 * h[0]);
        slopes.push(if d[0] * d[1] > 0.0 {
            (a + b) / (a / d[0] + b / d[1])
        } else {
            0.0
        });
    }
    slopes.push(secants[secants.len() - 1]);
    slopes
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

    type Points = &'static [(f64, f64)];

    /// Made up.
    const A: Points = &[
        (0.2, 24.0),
        (0.35, 26.9),
        (0.6, 29.5),
        (1.0, 32.4),
        (1.7, 35.9),
        (2.5, 38.0),
    ];
    const B: Points = &[
        (0.06, 24.1),
        (0.11, 26.0),
        (0.21, 28.2),
        (0.4, 30.7),
        (0.7, 33.2),
        (1.2, 36.1),
        (1.9, 38.8),
    ];
    /// Not in order, and with a turning point.
    const C: Points = &[
        (0.5, 29.0),
        (0.25, 28.0),
        (0.25, 27.5),
        (0.9, 31.0),
        (0.8, 31.5),
        (1.4, 33.0),
    ];
    const D: Points = &[(0.05, 10.0), (0.1, 14.0), (0.4, 24.4)];

    /// Numbers of an independent program for the same curves (PCHIP on log rate, Python).
    #[test]
    fn equals_an_independent_computation() {
        for (anchor, test, percent, from, to) in [
            (A, B, -48.1013, 24.1, 38.0),
            (B, A, 92.6830, 24.1, 38.0),
            (A, C, -6.4568, 27.5, 33.0),
            (C, B, -44.5712, 27.5, 33.0),
        ] {
            let found = bd_rate(anchor, test, ALL, 0.5).unwrap();
            assert!(
                (found.percent - percent).abs() < 0.05,
                "{found:?}, expected {percent}"
            );
            assert_eq!((found.from, found.to), (from, to));
        }
    }

    #[test]
    fn too_little_to_compare() {
        assert_eq!(bd_rate(A, D, ALL, 0.5), None, "0.4 dB in common");
        assert_eq!(bd_rate(A, &B[..2], ALL, 0.5), None, "two points");
        assert_eq!(
            bd_rate(A, B, (37.6, 50.0), 0.5),
            None,
            "0.4 dB in the interval"
        );
    }

    #[test]
    fn a_tenth_of_the_rate_is_minus_ninety_percent() {
        let tenth: Vec<(f64, f64)> = A[1..6].iter().map(|&(r, q)| (r / 10.0 + 0.02, q)).collect();
        let same: Vec<(f64, f64)> = tenth.iter().map(|&(r, q)| (r * 10.0, q)).collect();
        let found = bd_rate(&same, &tenth, ALL, 0.5).unwrap();
        assert!((found.percent + 90.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn only_the_interval_counts() {
        // Twice the rate below 30, the same above 31.
        let anchor = [
            (0.1, 20.0),
            (0.2, 25.0),
            (0.4, 30.0),
            (0.5, 31.0),
            (1.0, 40.0),
        ];
        let test = [
            (0.2, 20.0),
            (0.4, 25.0),
            (0.8, 30.0),
            (0.5, 31.0),
            (1.0, 40.0),
        ];
        let found = bd_rate(&anchor[..3], &test[..3], (21.0, 29.0), 0.5).unwrap();
        assert_eq!((found.from, found.to), (21.0, 29.0));
        assert!((found.percent - 100.0).abs() < 1e-9, "{found:?}");
        let above = bd_rate(&anchor[2..], &test[2..], (32.0, 60.0), 0.5).unwrap();
        assert_eq!((above.from, above.to), (32.0, 40.0));
        assert!(above.percent.abs() < 20.0, "{above:?}");
    }
}
