//! Curves as SVG.

use anyhow::{anyhow, Result};
use plotters::prelude::*;

const SIZE: (u32, u32) = (520, 260);
const COLOUR: RGBColor = RGBColor(0x1f, 0x77, 0xb4);

/// A curve through `points`, with what its axes are.
///
/// # Errors
/// If there are fewer than two points, or it cannot be drawn.
pub(super) fn curve(x_name: &str, y_name: &str, points: &[(f64, f64)]) -> Result<String> {
    if points.len() < 2 {
        return Err(anyhow!("a curve needs two points"));
    }
    draw(x_name, y_name, points).map_err(|error| anyhow!("{error}"))
}

fn draw(
    x_name: &str,
    y_name: &str,
    points: &[(f64, f64)],
) -> Result<String, Box<dyn std::error::Error>> {
    let bounds = |axis: fn(&(f64, f64)) -> f64| {
        let values = || points.iter().map(axis);
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        low..high.max(low + 1e-9)
    };
    let (x, y) = (bounds(|p| p.0), bounds(|p| p.1));
    let air = 0.05 * (y.end - y.start);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .margin(8)
            .x_label_area_size(36)
            .y_label_area_size(56)
            .build_cartesian_2d(x, y.start - air..y.end + air)?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_desc(x_name)
            .y_desc(y_name)
            .label_style(("sans-serif", 12))
            .draw()?;
        let style = COLOUR.stroke_width(2);
        chart.draw_series(LineSeries::new(points.iter().copied(), style))?;
        area.present()?;
    }
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_curve_can_be_drawn_and_a_point_cannot() {
        let svg = curve("step", "loss", &[(0.0, 1.0), (5.0, 1.0)]).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("loss"), "{svg}");
        assert!(curve("step", "loss", &[(0.0, 1.0)]).is_err());
    }
}
