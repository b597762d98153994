//! Whether the quality dial is monotone on every photo: a higher setting costs more bytes and gives a higher PSNR.

use crate::metric::PSNR_RGB;
use crate::report::{Photo, Point};
use serde::Serialize;

/// Two neighbouring settings of a photo that are out of order.
#[derive(Debug, PartialEq, Serialize)]
pub struct OutOfOrder {
    pub file: String,
    pub from: f64,
    pub to: f64,
    /// What `to` takes more than `from`: 0 or less is out of order.
    pub bytes: i64,
    /// What `to` gains over `from`, dB: 0 or less is out of order.
    pub psnr: f64,
}

/// All that are out of order, of points by one codec that have a PSNR.
pub fn out_of_order(photos: &[Photo], points: &[Point]) -> Vec<OutOfOrder> {
    let mut found = Vec::new();
    for photo in photos {
        let of_photo = points.iter().filter(|point| point.photo == photo.name);
        let mut points: Vec<&Point> = of_photo.collect();
        points.sort_by(|a, b| a.quality.total_cmp(&b.quality));
        let psnr = |point: &Point| point.scores.get(PSNR_RGB).copied();
        for (low, high) in points.iter().zip(points.iter().skip(1)) {
            let Some((before, after)) = psnr(low).zip(psnr(high)) else {
                continue;
            };
            let step = OutOfOrder {
                file: photo.name.clone(),
                from: low.quality,
                to: high.quality,
                bytes: high.bytes as i64 - low.bytes as i64,
                psnr: after - before,
            };
            if step.bytes <= 0 || step.psnr <= 0.0 {
                found.push(step);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Scores;

    #[test]
    fn a_step_that_costs_nothing_or_gains_nothing_is_found() {
        let photo = |name: &str| Photo {
            name: name.into(),
            width: 1,
            height: 1,
        };
        let point = |photo: &str, quality, bytes, psnr| Point {
            codec: "vqz".into(),
            photo: photo.into(),
            quality,
            bytes,
            bpp: 1.0,
            encode_seconds: 0.0,
            decode_seconds: 0.0,
            encode_memory: None,
            decode_memory: None,
            scores: Scores::from([(PSNR_RGB.into(), psnr)]),
        };
        let points = [
            point("good", 50.0, 20, 31.0),
            point("good", 0.0, 10, 30.0),
            point("good", 100.0, 30, 32.0),
            point("bad", 0.0, 10, 30.0),
            point("bad", 25.0, 10, 31.0),
            point("bad", 50.0, 20, 30.5),
            point("bad", 75.0, 30, 33.0),
        ];
        let found = out_of_order(&[photo("good"), photo("bad")], &points);
        let steps: Vec<(&str, f64, f64, i64, f64)> = found
            .iter()
            .map(|step| {
                (
                    step.file.as_str(),
                    step.from,
                    step.to,
                    step.bytes,
                    step.psnr,
                )
            })
            .collect();
        assert_eq!(
            steps,
            [("bad", 0.0, 25.0, 0, 1.0), ("bad", 25.0, 50.0, 10, -0.5)]
        );
    }
}
