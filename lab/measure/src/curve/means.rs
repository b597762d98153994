//! Means over the photos.

use crate::metric::ms_ssim::decibels;
use crate::metric::{Axis, AXES, MS_SSIM, MS_SSIM_DB};
use crate::report::{Means, Point};
use std::collections::BTreeMap;

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

#[cfg(test)]
mod tests {
    use super::super::tests::points;
    use super::*;

    #[test]
    fn means_are_over_photos_and_metrics_that_all_have() {
        let mut all = points("a", "x", &[(1.0, 0.5, 30.0, 4.0), (2.0, 1.0, 34.0, 2.0)]);
        all.extend(points(
            "a",
            "y",
            &[(1.0, 1.5, 20.0, 6.0), (2.0, 3.0, 30.0, 4.0)],
        ));
        all[0].scores.remove("butteraugli-3norm");
        let list: Vec<&Point> = all.iter().collect();
        let found = means("a", &list, &[1.0, 2.0]);
        assert_eq!(found.bpp, [1.0, 2.0]);
        assert_eq!(
            found.scores,
            BTreeMap::from([("psnr-rgb".to_string(), vec![25.0, 32.0])])
        );
    }
}
