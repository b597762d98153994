//! Means over the photos, and bits saved at equal scores.

use super::report::{Better, Comparison, Means, PhotoComparison, Point};
use super::score::{Axis, AXES, MS_SSIM, MS_SSIM_DB};
use crate::metrics::bd_rate::{bd_rate, BdRate};
use crate::metrics::ms_ssim::decibels;
use std::collections::BTreeMap;

/// The rule, for the report.
pub const NOTE: &str = "BD-rate: mean difference of the logarithm of the rate at equal score, interpolated by monotone cubics \
    (PCHIP) over the interval of scores that both curves have, from points of 0.03 to 2.6 bpp. The figure is that of the mean \
    curves (bpp and score averaged over the photos at each quality; MS-SSIM in dB is the dB of the mean); the mean of the \
    figures of the single photos is given beside it.";

/// Means at each quality of a codec's `points`, which hold every photo at every quality, photo by photo.
pub fn means(codec: &str, points: &[&Point], qualities: &[f64]) -> Means {
    let mut scores = BTreeMap::new();
    let at = |quality: f64| points.iter().filter(move |point| point.quality == quality);
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (mut sum, mut count) = (0.0, 0.0);
        for value in values {
            sum += value;
            count += 1.0;
        }
        sum / count
    };
    for Axis { metric, .. } in &AXES {
        if points
            .iter()
            .all(|point| point.scores.contains_key(metric.id))
        {
            let list = qualities
                .iter()
                .map(|&quality| mean(&mut at(quality).map(|point| point.scores[metric.id])));
            scores.insert(metric.id.to_string(), list.collect::<Vec<f64>>());
        }
    }
    if let Some(similarity) = scores.get(MS_SSIM) {
        let list = similarity.iter().copied().map(decibels).collect();
        scores.insert(MS_SSIM_DB.into(), list);
    }
    Means {
        codec: codec.into(),
        quality: qualities.to_vec(),
        bpp: qualities
            .iter()
            .map(|&quality| mean(&mut at(quality).map(|point| point.bpp)))
            .collect(),
        scores,
    }
}

/// Every codec against the anchor, by every metric, where the mean curves overlap.
pub fn compare(
    means: &[Means],
    points: &[Point],
    photos: &[String],
    anchor: &str,
) -> Vec<Comparison> {
    let Some(base) = means.iter().find(|means| means.codec == anchor) else {
        return Vec::new();
    };
    let mut comparisons = Vec::new();
    for test in means.iter().filter(|means| means.codec != anchor) {
        for axis in &AXES {
            let id = axis.metric.id;
            let Some(found) = between(axis, &curve(base, id), &curve(test, id)) else {
                continue;
            };
            let of_photo = |photo: &String| {
                let curve = |codec: &str| -> Vec<(f64, f64)> {
                    points
                        .iter()
                        .filter(|point| point.codec == codec && point.photo == *photo)
                        .filter_map(|point| Some((point.bpp, *point.scores.get(id)?)))
                        .collect()
                };
                Some(PhotoComparison {
                    photo: photo.clone(),
                    percent: between(axis, &curve(anchor), &curve(&test.codec))?.percent,
                })
            };
            comparisons.push(Comparison {
                codec: test.codec.clone(),
                anchor: anchor.into(),
                metric: id.into(),
                percent: found.percent,
                from: found.from,
                to: found.to,
                photos: photos.iter().filter_map(of_photo).collect(),
            });
        }
    }
    comparisons
}

fn curve(means: &Means, metric: &str) -> Vec<(f64, f64)> {
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
    let sign = match axis.metric.better {
        Better::Higher => 1.0,
        Better::Lower => -1.0,
    };
    let turned = |curve: &[(f64, f64)]| -> Vec<(f64, f64)> {
        curve
            .iter()
            .map(|&(bpp, score)| (bpp, sign * score))
            .collect()
    };
    let found = bd_rate(&turned(anchor), &turned(test), axis.min_overlap?)?;
    let (from, to) = (sign * found.from, sign * found.to);
    Some(BdRate {
        percent: found.percent,
        from: from.min(to),
        to: from.max(to),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::report::Scores;

    /// Points of a photo: quality, bpp, PSNR, Butteraugli.
    fn points(codec: &str, photo: &str, values: &[(f64, f64, f64, f64)]) -> Vec<Point> {
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
                ("butteraugli".into(), butteraugli),
            ]),
        };
        values.iter().map(point).collect()
    }

    #[test]
    fn half_the_bits_are_minus_fifty_percent_by_every_metric() {
        let curve = [
            (1.0, 0.4, 30.0, 5.0),
            (2.0, 0.8, 33.0, 3.0),
            (3.0, 1.6, 36.0, 1.0),
        ];
        let half = curve.map(|(q, bpp, a, b)| (q, bpp / 2.0, a, b));
        let mut all = points("a", "x", &curve);
        all.extend(points("a", "y", &curve));
        all.extend(points("b", "x", &half));
        all.extend(points("b", "y", &half));
        let of = |codec: &str| -> Vec<&Point> { all.iter().filter(|p| p.codec == codec).collect() };
        let qualities = [1.0, 2.0, 3.0];
        let list = [
            means("a", &of("a"), &qualities),
            means("b", &of("b"), &qualities),
        ];
        let found = compare(&list, &all, &["x".into(), "y".into()], "a");
        let summary: Vec<(&str, f64, f64)> = found
            .iter()
            .map(|c| (c.metric.as_str(), c.from, c.to))
            .collect();
        assert_eq!(
            summary,
            [("psnr-rgb", 30.0, 36.0), ("butteraugli", 1.0, 5.0)]
        );
        for comparison in &found {
            assert!((comparison.percent + 50.0).abs() < 1e-9, "{comparison:?}");
            assert_eq!(comparison.photos.len(), 2);
            for photo in &comparison.photos {
                assert!((photo.percent + 50.0).abs() < 1e-9, "{comparison:?}");
            }
        }
    }

    #[test]
    fn means_are_over_photos_and_metrics_that_all_have() {
        let mut all = points("a", "x", &[(1.0, 0.5, 30.0, 4.0), (2.0, 1.0, 34.0, 2.0)]);
        all.extend(points(
            "a",
            "y",
            &[(1.0, 1.5, 20.0, 6.0), (2.0, 3.0, 30.0, 4.0)],
        ));
        all[0].scores.remove("butteraugli");
        let list: Vec<&Point> = all.iter().collect();
        let found = means("a", &list, &[1.0, 2.0]);
        assert_eq!(found.bpp, [1.0, 2.0]);
        assert_eq!(
            found.scores,
            BTreeMap::from([("psnr-rgb".to_string(), vec![25.0, 32.0])])
        );
    }
}
