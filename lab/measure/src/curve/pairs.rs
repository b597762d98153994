//! Bits that a codec needs for the scores of another one: every two codecs, directly against each other.

use super::bd_rate::{bd_rate, BdRate};
use crate::metric::{Axis, Better, AXES};
use crate::report::{Means, Pair, PhotoRate, Point, Spread};

/// The rule, for the report.
pub const NOTE: &str = "Bits for equal quality: mean difference of the logarithm of the rate at equal score, interpolated by monotone cubics \
    (PCHIP), over the interval of scores that is named, or the part of it that both curves reach if that is at least a quarter. The \
    figure is that of the mean curves (bpp and score averaged over the photos at each setting; MS-SSIM in dB is the dB of the mean); \
    median, quartiles and wins are of the photos' own curves.";
/// Curves that share less of an interval are not compared.
const MIN_SHARE: f64 = 0.25;

/// Every two codecs by every metric that has an interval, where the mean curves reach into it.
pub fn pairs(means: &[Means], points: &[Point], photos: &[String]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (index, codec) in means.iter().enumerate() {
        for against in &means[index + 1..] {
            pairs.extend(
                AXES.iter()
                    .filter_map(|axis| pair(axis, codec, against, points, photos)),
            );
        }
    }
    pairs
}

fn pair(
    axis: &Axis,
    codec: &Means,
    against: &Means,
    points: &[Point],
    photos: &[String],
) -> Option<Pair> {
    let metric = axis.metric.id;
    let found = between(
        axis,
        &mean_curve(against, metric),
        &mean_curve(codec, metric),
    )?;
    let rates = photos.iter().filter_map(|photo| {
        let curve = |codec: &str| -> Vec<(f64, f64)> {
            let own = points
                .iter()
                .filter(|p| p.codec == codec && p.photo == *photo);
            own.filter_map(|p| Some((p.bpp, *p.scores.get(metric)?)))
                .collect()
        };
        Some(PhotoRate {
            photo: photo.clone(),
            percent: between(axis, &curve(&against.codec), &curve(&codec.codec))?.percent,
        })
    });
    let photos: Vec<PhotoRate> = rates.collect();
    Some(Pair {
        codec: codec.codec.clone(),
        against: against.codec.clone(),
        metric: metric.into(),
        percent: found.percent,
        from: found.from,
        to: found.to,
        spread: spread(photos.iter().map(|photo| photo.percent).collect()),
        photos,
    })
}

fn mean_curve(means: &Means, metric: &str) -> Vec<(f64, f64)> {
    let scores = means.scores.get(metric).map_or(&[][..], Vec::as_slice);
    means
        .bpp
        .iter()
        .copied()
        .zip(scores.iter().copied())
        .collect()
}

/// A score of which less is better counts as a negative one, for `bd_rate` wants more to be better.
fn between(axis: &Axis, anchor: &[(f64, f64)], test: &[(f64, f64)]) -> Option<BdRate> {
    let (low, high) = axis.interval?;
    let min_overlap = MIN_SHARE * (high - low);
    match axis.metric.better {
        Better::Higher => bd_rate(anchor, test, (low, high), min_overlap),
        Better::Lower => {
            let turned = |curve: &[(f64, f64)]| -> Vec<(f64, f64)> {
                curve.iter().map(|&(bpp, score)| (bpp, -score)).collect()
            };
            let (anchor, test) = (turned(anchor), turned(test));
            let found = bd_rate(&anchor, &test, (-high, -low), min_overlap)?;
            Some(BdRate {
                percent: found.percent,
                from: -found.to,
                to: -found.from,
            })
        }
    }
}

/// `None` of nothing.
fn spread(mut percents: Vec<f64>) -> Option<Spread> {
    percents.sort_by(f64::total_cmp);
    let last = percents.len().checked_sub(1)?;
    // Linear between the two values beside the place.
    let quantile = |share: f64| {
        let place = share * last as f64;
        let (below, above) = (
            percents[place.floor() as usize],
            percents[place.ceil() as usize],
        );
        below + (above - below) * place.fract()
    };
    Some(Spread {
        median: quantile(0.5),
        lower: quantile(0.25),
        upper: quantile(0.75),
        wins: percents.iter().filter(|&&percent| percent < 0.0).count(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::means::means;
    use super::super::tests::points;
    use super::*;

    #[test]
    fn half_the_bits_are_minus_fifty_percent_by_every_metric() {
        let curve = [
            (1.0, 0.4, 30.0, 3.0),
            (2.0, 0.8, 33.0, 1.5),
            (3.0, 1.6, 44.0, 0.5),
        ];
        let scaled = |by: f64| curve.map(|(q, bpp, a, b)| (q, bpp * by, a, b));
        let mut all = points("a", "x", &scaled(0.5));
        all.extend(points("a", "y", &scaled(0.5)));
        all.extend(points("b", "x", &curve));
        all.extend(points("b", "y", &curve));
        let of = |codec: &str| -> Vec<&Point> { all.iter().filter(|p| p.codec == codec).collect() };
        let list = ["a", "b"].map(|codec| means(codec, &of(codec), &[1.0, 2.0, 3.0]));
        let found = pairs(&list, &all, &["x".into(), "y".into()]);
        let summary: Vec<(&str, f64, f64)> = found
            .iter()
            .map(|pair| (pair.metric.as_str(), pair.from, pair.to))
            .collect();
        // From where the curves begin, and to where the interval ends.
        assert_eq!(
            summary,
            [("psnr-rgb", 30.0, 40.0), ("butteraugli-3norm", 0.7, 2.0)]
        );
        for pair in &found {
            assert_eq!((pair.codec.as_str(), pair.against.as_str()), ("a", "b"));
            assert!((pair.percent + 50.0).abs() < 1e-9, "{pair:?}");
            assert_eq!((pair.photos.len(), pair.spread.unwrap().wins), (2, 2));
            for photo in &pair.photos {
                assert!((photo.percent + 50.0).abs() < 1e-9, "{pair:?}");
            }
        }
    }

    #[test]
    fn curves_that_hardly_reach_the_interval_are_not_compared() {
        let short = [
            (1.0, 0.4, 26.0, 9.0),
            (2.0, 0.8, 28.0, 8.0),
            (3.0, 1.6, 30.9, 7.0),
        ];
        let all = [points("a", "x", &short), points("b", "x", &short)].concat();
        let of = |codec: &str| -> Vec<&Point> { all.iter().filter(|p| p.codec == codec).collect() };
        let list = ["a", "b"].map(|codec| means(codec, &of(codec), &[1.0, 2.0, 3.0]));
        assert!(pairs(&list, &all, &["x".into()]).is_empty());
    }

    #[test]
    fn quartiles_lie_between_the_photos() {
        let found = spread(vec![4.0, -2.0, 10.0, 0.0]).unwrap();
        assert_eq!((found.lower, found.median, found.upper), (-0.5, 2.0, 5.5));
        assert_eq!(found.wins, 1);
        assert!(spread(vec![]).is_none());
    }

    /// Twelve photos of Kodak, measured by a program in Python with an area of its own (mean of 2001 samples): +7.4797 % and +14.7470 %.
    #[test]
    fn equals_an_independent_measurement() {
        let file = include_str!("../../tests/head-to-head.json");
        let report: serde_json::Value = serde_json::from_str(file).unwrap();
        for axis in &AXES {
            let expected = &report["percent"][axis.metric.id];
            let Some(expected) = expected.as_f64() else {
                continue;
            };
            let curve = |codec: &str| -> Vec<(f64, f64)> {
                let list = |key: &str| -> Vec<f64> {
                    serde_json::from_value(report[codec][key].clone()).unwrap()
                };
                list("bpp").into_iter().zip(list(axis.metric.id)).collect()
            };
            let found = between(axis, &curve("avif"), &curve("vqz")).unwrap();
            assert!(
                (found.percent - expected).abs() < 0.02,
                "{found:?}, expected {expected}"
            );
        }
    }
}
