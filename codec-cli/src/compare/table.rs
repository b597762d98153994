//! The report in the terminal.

use super::report::{Codec, Matched, Point, Report};
use super::score::AXES;
use std::fmt::{self, Write as _};

/// The whole report as text.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, report);
    out
}

fn write(out: &mut String, report: &Report) -> fmt::Result {
    writeln!(out, "{}", report.title)?;
    if !report.means.is_empty() {
        bd_rates(out, report)?;
        costs(out, report)?;
    } else {
        for matched in &report.matched {
            sizes(out, report, matched)?;
        }
    }
    Ok(())
}

fn bd_rates(out: &mut String, report: &Report) -> fmt::Result {
    let Some(anchor) = report.bd_rate.first().map(|row| &row.anchor) else {
        return writeln!(
            out,
            "\nNo BD-rates: no curve has enough in common with the anchor's."
        );
    };
    writeln!(
        out,
        "\nBD-rate against {}: bits for the same score",
        name(report, anchor)
    )?;
    let head = ("metric", "codec", "mean curve", "mean of photos", "overlap");
    writeln!(
        out,
        "{:21} {:22} {:>10} {:>15} {:>20}",
        head.0, head.1, head.2, head.3, head.4
    )?;
    for axis in &AXES {
        let metric = axis.metric;
        let mut first = true;
        for row in report.bd_rate.iter().filter(|row| row.metric == metric.id) {
            let label = if first { metric.name } else { "" };
            first = false;
            let photos = mean(row.photos.iter().map(|photo| photo.percent));
            let photos = match (photos, row.photos.len()) {
                (Some(mean), n) if n == report.photos.len() => percent(mean),
                (Some(mean), n) => format!("{} ({n})", percent(mean)),
                _ => "-".into(),
            };
            let overlap = format!("{:.1} to {:.1} {}", row.from, row.to, metric.unit);
            let (codec, mean_curve) = (name(report, &row.codec), percent(row.percent));
            writeln!(
                out,
                "{label:21} {codec:22} {mean_curve:>10} {photos:>15} {:>20}",
                overlap.trim()
            )?;
        }
    }
    Ok(())
}

/// Times and memory, means over all points that have them.
fn costs(out: &mut String, report: &Report) -> fmt::Result {
    writeln!(
        out,
        "\nCost of one thread             encode s   decode s   encode MB   decode MB"
    )?;
    for codec in &report.codecs {
        let points = || report.points.iter().filter(|point| point.codec == codec.id);
        let seconds = |of: fn(&Point) -> f64| mean(points().map(of)).unwrap_or(f64::NAN);
        let megabytes = |of: fn(&Point) -> Option<u64>| {
            let values = points().filter_map(of).map(|bytes| bytes as f64 / 1e6);
            mean(values).map_or("-".into(), |value| format!("{value:.1}"))
        };
        writeln!(
            out,
            "{:28} {:>10.4} {:>10.4} {:>11} {:>11}",
            codec.name,
            seconds(|point| point.encode_seconds),
            seconds(|point| point.decode_seconds),
            megabytes(|point| point.encode_memory),
            megabytes(|point| point.decode_memory),
        )?;
    }
    Ok(())
}

fn sizes(out: &mut String, report: &Report, matched: &Matched) -> fmt::Result {
    let (bytes, bpp) = (matched.target_bytes, matched.target_bpp);
    writeln!(
        out,
        "\n{}: files of at most {bytes} bytes ({bpp:.4} bpp)",
        matched.photo
    )?;
    write!(
        out,
        "{:22} {:>7} {:>9} {:>7}",
        "codec", "quality", "bytes", "bpp"
    )?;
    for axis in &AXES {
        write!(out, " {:>17}", axis.metric.id)?;
    }
    writeln!(out)?;
    for item in &matched.items {
        let codec = name(report, &item.codec);
        write!(
            out,
            "{codec:22} {:>7.2} {:>9} {:>7.4}",
            item.quality, item.bytes, item.bpp
        )?;
        for axis in &AXES {
            match item.scores.get(axis.metric.id) {
                Some(score) => write!(out, " {score:>17.4}")?,
                None => write!(out, " {:>17}", "-")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn name<'a>(report: &'a Report, id: &'a str) -> &'a str {
    let codec = report.codecs.iter().find(|codec: &&Codec| codec.id == id);
    codec.map_or(id, |codec| &codec.name)
}

fn percent(value: f64) -> String {
    format!("{value:+.1} %")
}

/// `None` of nothing.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}
