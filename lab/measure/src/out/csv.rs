//! All points as a table for other programs.

use crate::metric::AXES;
use crate::report::Report;

/// A header and a line per point; what was not measured is empty.
pub fn text(report: &Report) -> String {
    let mut head: Vec<&str> = vec![
        "photo",
        "codec",
        "quality",
        "bytes",
        "bpp",
        "encode_seconds",
        "decode_seconds",
        "encode_memory",
        "decode_memory",
    ];
    head.extend(AXES.iter().map(|axis| axis.metric.id));
    let mut out = head.join(",") + "\n";
    for point in &report.points {
        let optional = |value: Option<u64>| value.map_or(String::new(), |value| value.to_string());
        let mut fields = vec![
            quoted(&point.photo),
            quoted(&point.codec),
            point.quality.to_string(),
            point.bytes.to_string(),
            point.bpp.to_string(),
            point.encode_seconds.to_string(),
            point.decode_seconds.to_string(),
            optional(point.encode_memory),
            optional(point.decode_memory),
        ];
        fields.extend(AXES.iter().map(|axis| {
            let score = point.scores.get(axis.metric.id);
            score.map_or(String::new(), f64::to_string)
        }));
        out += &(fields.join(",") + "\n");
    }
    out
}

/// RFC 4180.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn awkward_names_are_quoted() {
        assert_eq!(super::quoted("a.png"), "a.png");
        assert_eq!(super::quoted("a, \"b\".png"), "\"a, \"\"b\"\".png\"");
    }
}
