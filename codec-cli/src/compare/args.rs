//! The grammar of `vqz compare`.

use super::codec::CodecName;
use crate::args::parse_bpp;
use clap::{Args, ValueEnum as _};
use std::path::PathBuf;

/// `vqz compare`
#[derive(Debug, Args)]
#[command(
    after_help = "Every file is written, read back and decoded; sizes are of whole files without metadata, scores of 8-bit pixels.\n\
    The folder of --out gets report.html, report.json, points.csv, rd-*.svg and the files of equal size in matched/; \
    stopped and started again, the command goes on where it was.\n\
    docs/compare.md tells what the numbers mean."
)]
pub struct CompareArgs {
    /// Where the report goes, a folder (created)
    #[arg(long, value_name = "FOLDER", required_unless_present = "target")]
    pub out: Option<PathBuf>,
    /// Codecs to compare, separated by commas
    #[arg(long, value_enum, value_name = "CODEC,…", value_delimiter = ',', default_values_t = CodecName::value_variants().to_vec())]
    pub codecs: Vec<CodecName>,
    /// A model (.vqzm) to compare as well, as a codec of its own; may be repeated
    #[arg(long = "model", value_name = "FILE")]
    pub models: Vec<PathBuf>,
    /// Qualities of one codec instead of its default ones; may be repeated. `vqz` stands for all models
    #[arg(long = "qualities", value_name = "CODEC=Q,…")]
    pub qualities: Vec<Qualities>,
    /// The codec that BD-rates are against
    #[arg(long, value_name = "CODEC", default_value = "jpeg")]
    pub anchor: String,
    /// No curves: the photos at so many bits per pixel, by every codec
    #[arg(long, value_name = "X", value_parser = parse_bpp, group = "target")]
    pub bpp: Option<f64>,
    /// No curves: the photos in files of at most so many bytes
    #[arg(long, value_name = "BYTES", group = "target")]
    pub size: Option<u64>,
    /// No curves: the photos in files not larger than this one (its metadata not counted)
    #[arg(long, value_name = "FILE", group = "target")]
    pub like: Option<PathBuf>,
    /// Do not measure memory (it takes two more runs of every codec on every photo)
    #[arg(long)]
    pub no_memory: bool,
    /// Headline of the report
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Refuse pictures of more pixels than this
    #[arg(long, value_name = "N", default_value_t = vqz::Limits::default().max_pixels)]
    pub max_pixels: u64,
    /// Pictures, or folders of them (subfolders are not searched)
    #[arg(required = true, value_name = "PHOTO")]
    pub photos: Vec<PathBuf>,
}

/// `CODEC=Q,…`
#[derive(Debug, Clone, PartialEq)]
pub struct Qualities {
    pub codec: CodecName,
    pub list: Vec<f64>,
}

impl std::str::FromStr for Qualities {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (codec, list) = text.split_once('=').ok_or("must be CODEC=Q,…")?;
        let list = list
            .split(',')
            .map(|quality| {
                quality
                    .trim()
                    .parse()
                    .map_err(|_| format!("`{quality}` is no number"))
            })
            .collect::<Result<Vec<f64>, String>>()?;
        Ok(Self {
            codec: CodecName::from_str(codec, true)?,
            list,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualities_name_their_codec() {
        let parsed: Qualities = "jxl=20,37.5".parse().unwrap();
        assert_eq!(
            (parsed.codec, parsed.list),
            (CodecName::Jxl, vec![20.0, 37.5])
        );
        for text in ["20,30", "jp2=20", "jpeg=", "jpeg=1,x"] {
            assert!(text.parse::<Qualities>().is_err(), "accepted: {text}");
        }
    }
}
