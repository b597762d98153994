//! Who needs how many bits, in words.

use crate::metric::{AXES, BUTTERAUGLI_3NORM, PSNR_RGB, SSIMULACRA2};
use crate::report::{About, Pair, Sentence};

/// The metrics that are spoken of; the others are in the tables.
const SPOKEN: [&str; 3] = [PSNR_RGB, SSIMULACRA2, BUTTERAUGLI_3NORM];

/// A sentence for every two codecs that could be compared.
pub fn words(pairs: &[Pair], codecs: &[About]) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for (index, codec) in codecs.iter().enumerate() {
        for against in &codecs[index + 1..] {
            let of = |metric: &&str| {
                pairs.iter().find(|pair| {
                    (&pair.codec, &pair.against, &*pair.metric) == (&codec.id, &against.id, *metric)
                })
            };
            let parts = SPOKEN.iter().filter_map(of).enumerate().map(|(i, pair)| {
                let (bits, than) = amount(pair.percent);
                match i {
                    0 => {
                        let (codec, against) = (&codec.name, &against.name);
                        format!("{codec} needs {bits} bits {than} {against} {}", by(pair))
                    }
                    _ => format!("{bits} {}", by(pair)),
                }
            });
            let parts: Vec<String> = parts.collect();
            if !parts.is_empty() {
                sentences.push(Sentence {
                    codec: codec.id.clone(),
                    against: against.id.clone(),
                    text: format!("{}.", parts.join("; ")),
                });
            }
        }
    }
    sentences
}

/// `by PSNR (RGB), 28 to 40 dB (photos: median +5.1 %, middle half −1.0 % to +9.9 %, fewer on 3 of 12)`
fn by(pair: &Pair) -> String {
    let axis = AXES.iter().find(|axis| axis.metric.id == pair.metric);
    let metric = axis.map(|axis| axis.metric).expect("a metric of ours");
    let (from, to) = (rounded(pair.from), rounded(pair.to));
    let interval = format!("{from} to {to} {}", metric.unit);
    let mut text = format!("by {}, {}", metric.name, interval.trim());
    if let Some(spread) = &pair.spread {
        if pair.photos.len() > 1 {
            text += &format!(
                " (photos: median {}, middle half {} to {}, fewer on {} of {})",
                signed(spread.median),
                signed(spread.lower),
                signed(spread.upper),
                spread.wins,
                pair.photos.len()
            );
        }
    }
    text
}

/// How many bits, and the word before what they are compared with.
fn amount(percent: f64) -> (String, &'static str) {
    match percent {
        p if p >= 0.05 => (format!("{p:.1} % more"), "than"),
        p if p <= -0.05 => (format!("{:.1} % fewer", -p), "than"),
        _ => ("as many".into(), "as"),
    }
}

/// With a sign, as typography has it.
pub fn signed(percent: f64) -> String {
    format!("{percent:+.1} %").replace('-', "−")
}

/// One decimal, if it is not 0.
fn rounded(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{PhotoRate, Spread};

    #[test]
    fn pairs_in_words() {
        let about = |id: &str, name: &str| About {
            id: id.into(),
            name: name.into(),
            version: String::new(),
            settings: String::new(),
        };
        let rate = |percent| PhotoRate {
            photo: String::new(),
            percent,
        };
        let pair = |metric: &str, percent, photos: Vec<PhotoRate>| Pair {
            codec: "a".into(),
            against: "b".into(),
            metric: metric.into(),
            percent,
            from: 28.0,
            to: 39.46,
            spread: Some(Spread {
                median: -1.0,
                lower: -2.5,
                upper: 7.0,
                wins: 1,
            }),
            photos,
        };
        let pairs = [
            pair("ssimulacra2", -12.34, vec![]),
            pair("psnr-rgb", 7.46, vec![rate(-9.0), rate(7.0)]),
            pair("psnr-y", 3.0, vec![]),
        ];
        let found = words(&pairs, &[about("a", "A"), about("b", "B"), about("c", "C")]);
        assert_eq!(
            found,
            [Sentence {
                codec: "a".into(),
                against: "b".into(),
                text: "A needs 7.5 % more bits than B by PSNR (RGB), 28 to 39.5 dB (photos: median −1.0 %, middle half −2.5 % to \
                    +7.0 %, fewer on 1 of 2); 12.3 % fewer by SSIMULACRA2, 28 to 39.5."
                    .into(),
            }]
        );
        assert_eq!(amount(-0.04), ("as many".into(), "as"));
    }
}
