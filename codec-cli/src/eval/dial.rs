//! Whether the quality dial is monotone on every photo: a higher quality costs more bytes and gives a higher PSNR.

use super::measure::Photo;
use serde::Serialize;

/// Two neighbouring qualities of a photo that are out of order.
#[derive(Debug, PartialEq, Serialize)]
pub struct OutOfOrder {
    pub file: String,
    pub from: f32,
    pub to: f32,
    /// What `to` takes more than `from`: 0 or less is out of order.
    pub bytes: i64,
    /// What `to` gains over `from`, dB: 0 or less is out of order.
    pub psnr: f64,
}

/// All that are out of order, in the order of photos and qualities. The qualities may have been asked for in any order.
pub fn out_of_order(photos: &[Photo]) -> Vec<OutOfOrder> {
    let mut found = Vec::new();
    for photo in photos {
        let mut points: Vec<_> = photo.points.iter().collect();
        points.sort_by(|a, b| a.quality.total_cmp(&b.quality));
        points.dedup_by(|a, b| a.quality == b.quality);
        for (low, high) in points.iter().zip(points.iter().skip(1)) {
            let step = OutOfOrder {
                file: photo.file.clone(),
                from: low.quality,
                to: high.quality,
                bytes: high.bytes as i64 - low.bytes as i64,
                psnr: high.psnr - low.psnr,
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
    use super::super::measure::Point;
    use super::*;

    #[test]
    fn a_step_that_costs_nothing_or_gains_nothing_is_found() {
        let point = |quality: f32, bytes, psnr| Point {
            quality,
            bytes,
            bpp: 1.0,
            psnr,
            ms_ssim: None,
        };
        let photo = |points| Photo {
            file: "x".into(),
            width: 1,
            height: 1,
            points,
        };
        let good = [
            point(50.0, 20, 31.0),
            point(0.0, 10, 30.0),
            point(50.0, 20, 31.0),
            point(100.0, 30, 32.0),
        ];
        let bad = [
            point(0.0, 10, 30.0),
            point(25.0, 10, 31.0),
            point(50.0, 20, 30.5),
            point(75.0, 30, 33.0),
        ];
        let found = out_of_order(&[photo(good.to_vec()), photo(bad.to_vec())]);
        let steps: Vec<(f32, f32, i64, f64)> = found
            .iter()
            .map(|step| (step.from, step.to, step.bytes, step.psnr))
            .collect();
        assert_eq!(steps, [(0.0, 25.0, 0, 1.0), (25.0, 50.0, 10, -0.5)]);
    }
}
