//! Rate-distortion curves as SVG files.

use crate::metric::AXES;
use crate::report::{Better, Metric, Report};
use anyhow::{anyhow, Result};
use plotters::prelude::*;
use std::ops::Range;

const SIZE: (u32, u32) = (760, 500);
/// What is compared ends here, and so do the plots.
const MAX_BPP: f64 = 2.6;
const COLOURS: [RGBColor; 8] = [
    RGBColor(0xd6, 0x27, 0x28),
    RGBColor(0x7f, 0x7f, 0x7f),
    RGBColor(0x8c, 0x56, 0x4b),
    RGBColor(0x94, 0x67, 0xbd),
    RGBColor(0x2c, 0xa0, 0x2c),
    RGBColor(0x1f, 0x77, 0xb4),
    RGBColor(0xff, 0x7f, 0x0e),
    RGBColor(0xe3, 0x77, 0xc2),
];

/// A name of a curve and its points (bpp, score).
type Curve<'a> = (&'a str, Vec<(f64, f64)>);

/// Names and contents of the files: mean curves, a file per metric that has any.
pub fn files(report: &Report) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for metric in AXES.iter().map(|axis| axis.metric) {
        let curves = curves(report, metric.id);
        if curves.iter().any(|(_, points)| points.len() > 1) {
            let svg = draw(metric, &curves, report.photos.len()).map_err(|e| anyhow!("{e}"))?;
            files.push((format!("rd-{}.svg", metric.id), svg));
        }
    }
    Ok(files)
}

fn curves<'a>(report: &'a Report, metric: &str) -> Vec<Curve<'a>> {
    let curve = |means: &'a crate::report::Means| {
        let codec = report.codecs.iter().find(|codec| codec.id == means.codec);
        let points = means.bpp.iter().copied();
        let points = points.zip(means.scores.get(metric)?.iter().copied());
        let points = points.filter(|(bpp, _)| *bpp <= MAX_BPP).collect();
        Some((codec?.name.as_str(), points))
    };
    report.means.iter().filter_map(curve).collect()
}

fn draw(
    metric: Metric,
    curves: &[Curve<'_>],
    photos: usize,
) -> Result<String, Box<dyn std::error::Error>> {
    let bounds = |axis: fn(&(f64, f64)) -> f64| {
        let values = || curves.iter().flat_map(|(_, points)| points).map(axis);
        values().fold(f64::INFINITY, f64::min)..values().fold(f64::NEG_INFINITY, f64::max)
    };
    let (x, y) = (0.0..bounds(|p| p.0).end * 1.02, widened(bounds(|p| p.1)));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let photos = if photos == 1 {
            "1 photo".into()
        } else {
            format!("mean of {photos} photos")
        };
        let unit = match (metric.unit, metric.better) {
            ("", Better::Higher) => String::new(),
            ("", Better::Lower) => " (lower is better)".into(),
            (unit, _) => format!(", {unit}"),
        };
        let mut chart = ChartBuilder::on(&area)
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(x, y)?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_desc(format!("bits per pixel ({photos})"))
            .y_desc(format!("{}{unit}", metric.name))
            .label_style(("sans-serif", 14))
            .draw()?;
        for (i, (name, points)) in curves.iter().enumerate() {
            let colour = COLOURS[i % COLOURS.len()];
            let style = colour.stroke_width(if i == 0 { 3 } else { 2 });
            chart
                .draw_series(LineSeries::new(points.iter().copied(), style).point_size(3))?
                .label(*name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], style));
        }
        let position = match metric.better {
            Better::Higher => SeriesLabelPosition::LowerRight,
            Better::Lower => SeriesLabelPosition::UpperRight,
        };
        chart
            .configure_series_labels()
            .position(position)
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.2))
            .label_font(("sans-serif", 14))
            .draw()?;
        area.present()?;
    }
    Ok(svg)
}

/// With some air above and below.
fn widened(range: Range<f64>) -> Range<f64> {
    let air = 0.03 * (range.end - range.start).max(1e-3);
    range.start - air..range.end + air
}
