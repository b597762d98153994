//! Options of `vqz encode`.

use super::parse::{parse_bpp, parse_bytes, parse_psnr, parse_quality};
use super::{BatchArgs, CodecArgs, ExistingArgs};
use crate::picture::resize::Size;
use crate::picture::strip::Part;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum as _};
use std::path::PathBuf;

/// `vqz encode`
#[derive(Debug, Args)]
#[command(
    override_usage = "vqz encode [OPTIONS] <IN>... <OUT>\n       vqz encode [OPTIONS] -o <OUT> <IN>..."
)]
pub struct EncodeArgs {
    /// Quality from 0 (smallest file) to 100 (best picture); fractions are allowed
    #[arg(short, long, default_value_t = 50.0, value_parser = parse_quality, allow_negative_numbers = true, group = "goal")]
    #[arg(
        long_help = "Quality from 0 (smallest file) to 100 (best picture); fractions are allowed.\n\
        It is a dial of bits per pixel, not a percentage: each step makes the file larger by about the same factor."
    )]
    pub quality: f32,
    /// Make the best picture that fits into this many bytes (12345, 40k, 1.5M)
    #[arg(long, value_name = "BYTES", group = "goal", value_parser = parse_bytes)]
    #[arg(
        long_help = "Make the best picture that fits into a file of this many bytes, everything counted: 12345, 40k or 1.5M (thousands, millions), or \
        40Ki or 1.5Mi. The quality is found by a few trial encodes; the file is at most 2 % smaller than asked for, if the dial reaches that far."
    )]
    pub size: Option<u64>,
    /// Make the best picture that fits into a file of this many bits per pixel, everything counted
    #[arg(long, value_name = "X", value_parser = parse_bpp, group = "goal")]
    pub bpp: Option<f64>,
    /// Make the smallest file whose picture has at least this PSNR (dB, RGB)
    #[arg(long, value_name = "DB", value_parser = parse_psnr, group = "goal")]
    pub psnr: Option<f64>,
    /// Order the file so that a rough picture can be shown early
    #[arg(long)]
    pub progressive: bool,
    /// How hard to search for the best codewords: 0 takes the nearest ones, 1 weighs rate and distortion (files some 12 % smaller at equal quality),
    /// 2 looks at the decoded picture and improves it ten times (another 10 % by SSIMULACRA2, none by PSNR; with --tune psnr sixteen times, 3 % by PSNR; takes twenty to thirty times as long)
    #[arg(long, value_name = "N", default_value_t = vqz::Encoder::DEFAULT_EFFORT)]
    #[arg(value_parser = clap::value_parser!(u8).range(..=i64::from(vqz::Encoder::MAX_EFFORT)))]
    pub effort: u8,
    /// What pictures shall be good at: `eye`, to be looked at, or `psnr`, a high PSNR (2 to 4 % fewer bits at equal PSNR, 4 to 7 % more at equal SSIMULACRA2)
    #[arg(long, value_name = "FOR", default_value = "eye")]
    #[arg(value_parser = PossibleValuesParser::new(["eye", "psnr"]).try_map(|text| text.parse::<vqz::Tune>()))]
    pub tune: vqz::Tune,
    /// Encode what can be read of damaged JPEGs, with a note; without this option they are refused
    #[arg(long)]
    pub accept_damaged: bool,
    /// Resize the picture to this many pixels first; a side of 0 follows from the other one
    #[arg(long, value_name = "WxH", value_parser = Size::parse, conflicts_with = "max_size")]
    pub resize: Option<Size>,
    /// Shrink the picture first if its longer side has more pixels than this
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65535))]
    pub max_size: Option<u32>,
    /// Leave EXIF and XMP out (the colour profile stays); the picture is turned upright
    #[arg(long, conflicts_with = "keep")]
    pub strip: bool,
    /// Keep only these parts of the metadata, separated by commas [default: all]
    #[arg(long, value_name = "PARTS", value_enum, value_delimiter = ',')]
    pub keep: Option<Vec<Part>>,
    #[command(flatten)]
    pub batch: BatchArgs,
    #[command(flatten)]
    pub existing: ExistingArgs,
    #[command(flatten)]
    pub codec: CodecArgs,
    /// Pictures (.vqz files too), folders of pictures, or `-` for stdin; then OUT: a .vqz file, a folder (created; every IN becomes NAME.vqz in it), or `-`
    /// for stdout
    #[arg(required = true, num_args = 1.., value_name = "IN")]
    pub paths: Vec<PathBuf>,
}

impl EncodeArgs {
    /// The parts of the metadata that go into the file.
    pub fn parts(&self) -> &[Part] {
        match (&self.keep, self.strip) {
            (Some(parts), _) => parts,
            (None, true) => &[Part::Icc],
            (None, false) => Part::value_variants(),
        }
    }

    /// The size asked for.
    pub fn resized(&self) -> Option<Size> {
        self.resize.or(self.max_size.map(Size::AtMost))
    }
}
