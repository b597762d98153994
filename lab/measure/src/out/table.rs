//! The report in the terminal.

use crate::curve::words::signed;
use crate::metric::AXES;
use crate::report::{About, Matched, Metric, Point, Report};
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
        rates(out, report)?;
        costs(out, report)?;
    } else {
        for matched in &report.matched {
            sizes(out, report, matched)?;
        }
    }
    Ok(())
}

/// Who needs how many bits: of the first codec in words, then of all.
fn rates(out: &mut String, report: &Report) -> fmt::Result {
    if report.rates.is_empty() && report.codecs.len() > 1 {
        return writeln!(
            out,
            "\nNo two curves reach far enough into the same interval of quality to be compared."
        );
    }
    writeln!(out, "\nBits for equal quality")?;
    let first = &report.codecs[0].id;
    for sentence in report.words.iter().filter(|words| words.codec == *first) {
        writeln!(out, "  {}", sentence.text)?;
    }
    let compared: Vec<Metric> = AXES
        .iter()
        .map(|axis| axis.metric)
        .filter(|metric| report.rates.iter().any(|pair| pair.metric == metric.id))
        .collect();
    write!(out, "\n{:22} {:22}", "bits of", "against")?;
    for metric in &compared {
        write!(out, " {:>17}", metric.id)?;
    }
    writeln!(out)?;
    for (index, codec) in report.codecs.iter().enumerate() {
        for against in &report.codecs[index + 1..] {
            write!(out, "{:22} {:22}", codec.name, against.name)?;
            for metric in &compared {
                let found = report.rates.iter().find(|pair| {
                    (&pair.codec, &pair.against, &*pair.metric)
                        == (&codec.id, &against.id, metric.id)
                });
                let text = found.map_or("-".into(), |pair| signed(pair.percent));
                write!(out, " {text:>17}")?;
            }
            writeln!(out)?;
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
    let codec = report.codecs.iter().find(|codec: &&About| codec.id == id);
    codec.map_or(id, |codec| &codec.name)
}

/// `None` of nothing.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}
