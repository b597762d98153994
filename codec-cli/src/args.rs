//! The command line's grammar.

use crate::console::Level;
use crate::failure::usage;
use crate::files::{Existing, MAX_FILE_SIZE};
use crate::picture::resize::Size;
use crate::picture::strip::Part;
use crate::picture::{Format, Turn};
use clap::{Args, Parser, Subcommand, ValueEnum as _};
use std::path::{Path, PathBuf};

/// A learned image codec: photos to small .vqz files and back, to the same pixels on every machine.
#[derive(Debug, Parser)]
#[command(name = "vqz", version, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 all went well, 1 an input failed (or was damaged, with --salvage), 2 wrong usage."
)]
pub struct Cli {
    #[command(flatten)]
    pub common: CommonArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Pictures (PNG, JPEG, WebP, BMP, TIFF, GIF, PNM, QOI) to .vqz files
    Encode(EncodeArgs),
    /// .vqz files to pictures (PNG, JPEG, lossless WebP, BMP, TIFF, PPM, QOI)
    Decode(DecodeArgs),
    /// A small, upright picture of a .vqz file, as file managers show it
    Thumbnail(ThumbnailArgs),
    /// What is in a .vqz file (all checksums verified) or in a model
    Info(InfoArgs),
    /// Pictures that a model takes to be likely, drawn at random
    Sample(SampleArgs),
    /// Rate and distortion on photos, from files, and BD-rates against published curves
    #[cfg(feature = "measure")]
    Eval(crate::measure::EvalArgs),
    /// vqz beside JPEG, WebP, AVIF and JPEG XL: rates, scores, pictures at equal size
    #[cfg(feature = "measure")]
    Compare(crate::measure::CompareArgs),
    /// What `compare` runs in a process of its own
    #[cfg(feature = "measure")]
    #[command(hide = true, name = vqz_measure::MEMORY_COMMAND)]
    MeasureMemory { task: String },
    #[cfg(not(feature = "measure"))]
    #[command(hide = true)]
    Eval(MissingArgs),
    #[cfg(not(feature = "measure"))]
    #[command(hide = true)]
    Compare(MissingArgs),
    #[cfg(not(feature = "train"))]
    #[command(hide = true)]
    Train(MissingArgs),
    #[cfg(not(feature = "train"))]
    #[command(hide = true)]
    TrainPrior(MissingArgs),
    #[cfg(not(feature = "train"))]
    #[command(hide = true)]
    Export(MissingArgs),
    /// Completions for a shell, on stdout
    Completions(CompletionsArgs),
    /// Man pages of all commands, into a folder
    ManPages(ManPagesArgs),
    /// Files of a conformance suite through this build or another decoder
    Conformance(crate::conformance::ConformanceArgs),
    #[cfg(feature = "train")]
    #[command(flatten)]
    Training(crate::train::Command),
}

/// Whatever comes behind a command that this build lacks.
#[cfg(not(all(feature = "measure", feature = "train")))]
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct MissingArgs {
    #[arg(num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
    _rest: Vec<std::ffi::OsString>,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub struct CommonArgs {
    /// Threads to use [default: one per core]; the result does not depend on it
    #[arg(long, value_name = "N", global = true, value_parser = parse_threads)]
    pub threads: Option<usize>,
    /// Say nothing but errors (`-q` is the quality)
    #[arg(short = 's', long, visible_alias = "silent", global = true)]
    pub quiet: bool,
    /// Say for every file its size, bits per pixel, time and speed
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
}

impl CommonArgs {
    /// How much to say.
    pub fn level(&self) -> Level {
        match (self.quiet, self.verbose) {
            (true, _) => Level::Quiet,
            (_, true) => Level::Verbose,
            _ => Level::Normal,
        }
    }
}

/// Options of the commands that read files from anywhere.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Refuse inputs of more bytes than this (pictures, .vqz files, models)
    #[arg(long, value_name = "BYTES", default_value_t = MAX_FILE_SIZE, value_parser = clap::value_parser!(u64).range(1..1 << 62))]
    pub max_file_size: u64,
}

/// Options of the commands that run the codec.
#[derive(Debug, Args)]
pub struct CodecArgs {
    /// Model file to use instead of the one built in
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Refuse pictures of more pixels than this [default: 268435456; for a .vqz file also 786432 + 1280 per byte after its first 10240]
    #[arg(long, value_name = "N")]
    #[arg(
        long_help = "Refuse pictures of more pixels than this. By default 268435456, and for a .vqz file also 786432 and 1280 more for each \
        of its bytes after the first 10240 (`vqz encode` pads files to keep to that). With this option, N pixels however short the file."
    )]
    pub max_pixels: Option<u64>,
    #[command(flatten)]
    pub input: InputArgs,
}

/// What to do with outputs that are there already; without an option, each command has its own way.
#[derive(Debug, Args)]
pub struct ExistingArgs {
    /// Replace outputs that exist already [`encode` does so anyway]
    #[arg(long, overrides_with_all = ["no_overwrite", "skip_existing"])]
    overwrite: bool,
    /// Refuse to replace outputs that exist already [`decode` does so anyway]
    #[arg(long, overrides_with_all = ["overwrite", "skip_existing"])]
    no_overwrite: bool,
    /// Leave out inputs whose outputs exist and are not older, to go on with a large folder
    #[arg(long, overrides_with_all = ["overwrite", "no_overwrite"])]
    skip_existing: bool,
}

impl ExistingArgs {
    pub fn or(&self, default: Existing) -> Existing {
        match (self.overwrite, self.no_overwrite, self.skip_existing) {
            (true, ..) => Existing::Replace,
            (_, true, _) => Existing::Keep,
            (.., true) => Existing::Skip,
            _ => default,
        }
    }
}

/// How many files become how many.
#[derive(Debug, Args)]
pub struct BatchArgs {
    /// Take the folders in folders along, and make the same tree of outputs
    #[arg(short, long)]
    pub recursive: bool,
    /// Files to work on at once, as far as memory allows [default: as many as threads]
    #[arg(short, long, value_name = "N", value_parser = parse_threads)]
    pub jobs: Option<usize>,
    /// The output, as the last path is without this option
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
}

impl BatchArgs {
    /// Inputs and output of the paths given.
    ///
    /// # Errors
    /// No output.
    pub fn split<'a>(&'a self, paths: &'a [PathBuf]) -> anyhow::Result<(&'a [PathBuf], &'a Path)> {
        match (&self.output, paths) {
            (Some(output), inputs) => Ok((inputs, output)),
            (None, [inputs @ .., output]) if !inputs.is_empty() => Ok((inputs, output)),
            _ => Err(usage(
                "no output is named; the last path is where the result goes",
            )),
        }
    }
}

/// `vqz encode`
#[derive(Debug, Args)]
#[command(
    override_usage = "vqz encode [OPTIONS] <IN>... <OUT>\n       vqz encode [OPTIONS] -o <OUT> <IN>..."
)]
pub struct EncodeArgs {
    /// 0 (smallest file) to 100 (best picture), fractions allowed
    #[arg(short, long, default_value_t = 50.0, value_parser = parse_quality, allow_negative_numbers = true, group = "goal")]
    #[arg(
        long_help = "0 (smallest file) to 100 (best picture); any number between, fractions too.\n\
        A dial of bits per pixel, not a percentage: each step makes the file larger by about the same factor."
    )]
    pub quality: f32,
    /// Best picture in a file of at most so many bytes (12345, 40k, 1.5M)
    #[arg(long, value_name = "BYTES", group = "goal", value_parser = parse_bytes)]
    #[arg(
        long_help = "Best picture in a file of at most so many bytes, everything counted: 12345, 40k or 1.5M (thousands, millions), or \
        40Ki or 1.5Mi. The quality is found by a few trial encodes; the file is at most 2 % smaller than asked for, if the dial reaches that far."
    )]
    pub size: Option<u64>,
    /// The same in bits per pixel, of the whole file
    #[arg(long, value_name = "X", value_parser = parse_bpp, group = "goal")]
    pub bpp: Option<f64>,
    /// Smallest file whose picture has at least this PSNR (dB, RGB)
    #[arg(long, value_name = "DB", value_parser = parse_psnr, group = "goal")]
    pub psnr: Option<f64>,
    /// Order the file so that a rough picture can be shown early
    #[arg(long)]
    pub progressive: bool,
    /// How hard to search for the best codewords: 0 takes the nearest ones, 1 weighs rate and distortion (files some 12 % smaller at equal quality)
    #[arg(long, value_name = "N", default_value_t = vqz::Encoder::DEFAULT_EFFORT)]
    #[arg(value_parser = clap::value_parser!(u8).range(..=i64::from(vqz::Encoder::MAX_EFFORT)))]
    pub effort: u8,
    /// Encode what can be read of damaged JPEGs, with a note; without this they are refused
    #[arg(long)]
    pub accept_damaged: bool,
    /// Resize to so many pixels first; 0 for a side that follows from the other one
    #[arg(long, value_name = "WxH", value_parser = Size::parse, conflicts_with = "max_size")]
    pub resize: Option<Size>,
    /// Shrink a picture first whose longer side has more pixels than this
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65535))]
    pub max_size: Option<u32>,
    /// Leave EXIF and XMP out (the colour profile stays); the picture is turned upright
    #[arg(long, conflicts_with = "keep")]
    pub strip: bool,
    /// Of the metadata keep these parts alone, separated by commas [default: all]
    #[arg(long, value_name = "PARTS", value_enum, value_delimiter = ',')]
    pub keep: Option<Vec<Part>>,
    #[command(flatten)]
    pub batch: BatchArgs,
    #[command(flatten)]
    pub existing: ExistingArgs,
    #[command(flatten)]
    pub codec: CodecArgs,
    /// Pictures, folders of pictures, or `-` for stdin; then OUT: a .vqz file, a folder (created; every IN becomes NAME.vqz in it), or `-`
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

/// `vqz decode`
#[derive(Debug, Args)]
#[command(
    override_usage = "vqz decode [OPTIONS] <IN>... <OUT>\n       vqz decode [OPTIONS] -o <OUT> <IN>..."
)]
pub struct DecodeArgs {
    /// Make the best of damaged or truncated files; what is lost is said on stderr, and makes the exit code 1
    #[arg(long)]
    #[arg(
        long_help = "Make the best of damaged or truncated files: tiles are shown as far as they can be read, metadata and alpha left out \
        where they are damaged. The picture is written all the same; what is lost is said on stderr, and makes the exit code 1."
    )]
    pub salvage: bool,
    /// Write what was lost, as JSON: a list with one entry per input
    #[arg(long, value_name = "FILE", requires = "salvage")]
    pub salvage_report: Option<PathBuf>,
    /// Format of the pictures [default: by OUT's extension; png for a folder and for stdout]
    #[arg(long, value_enum, ignore_case = true)]
    pub format: Option<Format>,
    /// Quality of JPEG pictures [default: 95, for the loss was meant to happen in the .vqz file]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub quality: Option<u8>,
    /// Part of the picture: WIDTHxHEIGHT+X+Y, in pixels of the scale asked for, before any turning
    #[arg(long, value_name = "WxH+X+Y", value_parser = crate::view::parse_region, conflicts_with = "salvage")]
    pub region: Option<vqz::Region>,
    /// A smaller picture: 1/2, 1/4, 1/8 or 1/16 of the size; from 1/4 on many times faster
    #[arg(long, value_name = "1/N", value_parser = crate::view::parse_scale, conflicts_with = "salvage")]
    pub scale: Option<vqz::Scale>,
    /// Turn the pixels as EXIF says, or leave that to viewers [default: turn them where the format has no place to say it]
    #[arg(long, value_enum, value_name = "HOW")]
    pub orientation: Option<Turn>,
    #[command(flatten)]
    pub batch: BatchArgs,
    #[command(flatten)]
    pub existing: ExistingArgs,
    #[command(flatten)]
    pub codec: CodecArgs,
    /// .vqz files, folders of them, or `-` for stdin; then OUT: a picture file, a folder (created; every IN becomes NAME.png in it), or `-`
    /// for stdout
    #[arg(required = true, num_args = 1.., value_name = "IN")]
    pub paths: Vec<PathBuf>,
}

/// `vqz thumbnail`
#[derive(Debug, Args)]
pub struct ThumbnailArgs {
    /// Longer side of the thumbnail in pixels; a smaller picture is left as it is
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65535))]
    pub size: u32,
    /// Format of the thumbnail, whatever OUT is called
    #[arg(long, value_enum, ignore_case = true, default_value = "png")]
    pub format: Format,
    #[command(flatten)]
    pub existing: ExistingArgs,
    #[command(flatten)]
    pub codec: CodecArgs,
    /// A .vqz file, or `-` for stdin
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// The thumbnail, or `-` for stdout
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
}

/// `vqz info`
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Describe a model: the one in FILE (.vqzm), or the one built in
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub model: Option<Option<PathBuf>>,
    #[command(flatten)]
    pub input: InputArgs,
    /// .vqz files, .vqzm model files, or `-` for stdin; JSON of several is a list
    #[arg(
        value_name = "FILE",
        num_args = 1..,
        required_unless_present = "model",
        conflicts_with = "model"
    )]
    pub files: Vec<PathBuf>,
}

/// `vqz sample`
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// Width and height in pixels
    #[arg(long, value_name = "WxH", default_value = "512x512", value_parser = parse_sides)]
    pub size: (u32, u32),
    /// Quality of the files that are drawn, 0 to 100: how much detail there is
    #[arg(short, long, default_value_t = 50.0, value_parser = parse_quality, allow_negative_numbers = true)]
    pub quality: f32,
    /// The same seed gives the same pictures, on every machine
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// How many pictures; of several, OUT.png becomes OUT-1.png, OUT-2.png and so on
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub number: u64,
    /// Keep the first layers of this progressive file, and draw the rest
    #[arg(long, value_name = "FILE", conflicts_with_all = ["size", "quality"])]
    pub complete: Option<PathBuf>,
    /// How many layers to keep [default: all that a file has which is cut off]
    #[arg(long, value_name = "N", requires = "complete", value_parser = clap::value_parser!(u8).range(1..))]
    pub layers: Option<u8>,
    #[command(flatten)]
    pub existing: ExistingArgs,
    #[command(flatten)]
    pub codec: CodecArgs,
    /// A picture, or a .vqz file, by its extension; `-` for a PNG on stdout
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
}

impl SampleArgs {
    /// The checkpoint of a prior, if `--model` is one.
    pub fn small_model(&self) -> Option<&Path> {
        let model = self.codec.model.as_deref()?;
        let small = model.extension().is_some_and(|e| e == "safetensors");
        small.then_some(model)
    }
}

/// `vqz completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `vqz man-pages`
#[derive(Debug, Args)]
pub struct ManPagesArgs {
    /// The folder, which is created: vqz.1, vqz-encode.1 and so on
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

fn parse_quality(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(quality) if (0.0..=100.0).contains(&quality) => Ok(quality),
        _ => Err("quality must be a number from 0 to 100".into()),
    }
}

/// Width and height of a picture.
fn parse_sides(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once(['x', 'X', '×']);
    let sides: Option<(u16, u16)> =
        sides.and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match sides {
        Some((w, h)) if w.min(h) > 0 => Ok((w.into(), h.into())),
        _ => Err("must be WIDTHxHEIGHT, each 1 to 65535".into()),
    }
}

/// Bits per pixel: as few as no picture takes to more than the smallest one does.
pub fn parse_bpp(text: &str) -> Result<f64, String> {
    parse_within(text, 1e-4, 1e6)
}

/// A number of bytes, in thousands or millions (k, M) or in 1,024 of them and so on (Ki, Mi).
fn parse_bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" => 1.0,
        "k" | "K" => 1e3,
        "M" => 1e6,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        _ => return Err("must be a number of bytes, perhaps with k, M, Ki or Mi".into()),
    };
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match digits.parse::<f64>() {
        Ok(number) if plain && (1.0..=1e15).contains(&(number * unit)) => {
            Ok((number * unit) as u64)
        }
        _ => Err("must be a number of bytes, at least 1".into()),
    }
}

/// No two pictures of 8 bits that differ have a PSNR of 150 dB.
fn parse_psnr(text: &str) -> Result<f64, String> {
    parse_within(text, 1.0, 150.0)
}

fn parse_within(text: &str, least: f64, most: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        _ => Err(format!("must be a number from {least} to {most}")),
    }
}

fn parse_threads(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(threads) if (1..=1024).contains(&threads) => Ok(threads),
        _ => Err("threads must be a whole number from 1 to 1024".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn grammar_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn last_path_is_the_output() {
        let Command::Encode(args) = parse("vqz encode -q 12.5 a.png b.png out").unwrap().command
        else {
            panic!("not encode");
        };
        assert_eq!(args.quality, 12.5);
        let inputs = [PathBuf::from("a.png"), PathBuf::from("b.png")];
        let split = args.batch.split(&args.paths).unwrap();
        assert_eq!(split, (&inputs[..], Path::new("out")));
        for (line, good) in [
            ("vqz encode -o out a.png b.png", true),
            ("vqz encode a", false),
        ] {
            let Command::Encode(args) = parse(line).unwrap().command else {
                panic!("not encode");
            };
            let split = args.batch.split(&args.paths).ok();
            assert_eq!(split, good.then_some((&inputs[..], Path::new("out"))));
        }
    }

    #[test]
    fn bytes_have_units() {
        for (text, bytes) in [
            ("1", 1),
            ("40k", 40_000),
            ("1.5M", 1_500_000),
            ("2Ki", 2048),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes));
        }
        for text in ["", "0", "-1", "k", "1e3", "5kB", "5 k", "inf", "nan", "1G"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn metadata_are_kept_unless_told_otherwise() {
        for (line, parts) in [
            ("vqz encode a b", Part::value_variants()),
            ("vqz encode --strip a b", &[Part::Icc]),
            ("vqz encode --keep exif,icc a b", &[Part::Exif, Part::Icc]),
        ] {
            let Command::Encode(args) = parse(line).unwrap().command else {
                panic!("not encode");
            };
            assert_eq!(args.parts(), parts, "{line}");
        }
    }

    #[test]
    fn goals_other_than_a_quality() {
        let Command::Encode(args) = parse("vqz encode --bpp 0.5 a.png a.vqz").unwrap().command
        else {
            panic!("not encode");
        };
        assert_eq!((args.size, args.bpp, args.psnr), (None, Some(0.5), None));
    }

    #[test]
    fn common_options_go_before_or_after_the_command() {
        for line in [
            "vqz -v --threads 2 encode - -",
            "vqz encode - - -v --threads 2",
        ] {
            let cli = parse(line).unwrap();
            assert_eq!(cli.common.threads, Some(2));
            assert_eq!(cli.common.level(), Level::Verbose);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "vqz encode",
            "vqz encode --strip --keep icc a b",
            "vqz encode --resize 10x10 --max-size 5 a b",
            "vqz decode -q 0 a b.jpg",
            "vqz encode -q 101 a b",
            "vqz encode -q -1 a b",
            "vqz encode -q nan a b",
            "vqz encode -q 50 --size 1000 a b",
            "vqz encode --bpp 1 --psnr 30 a b",
            "vqz encode --size 1000 --bpp 1 a b",
            "vqz encode --size 1e3 a b",
            "vqz encode --bpp 0 a b",
            "vqz encode --psnr inf a b",
            "vqz encode --psnr 1e308 a b",
            "vqz encode --bpp 1e-300 a b",
            "vqz --threads 0 encode a b",
            "vqz -s -v encode a b",
            "vqz decode --format heic a b",
            "vqz decode --salvage-report r.json a b",
            "vqz sample --size 0x5 a.png",
            "vqz sample --layers 2 a.png",
            "vqz sample --complete a.vqz --size 5x5 a.png",
            "vqz sample -n 0 a.png",
            "vqz info",
        ] {
            assert!(parse(line).is_err(), "accepted: {line}");
        }
    }

    #[test]
    fn info_takes_a_file_or_a_model() {
        let info = |line| match parse(line).unwrap().command {
            Command::Info(args) => (args.files, args.model),
            _ => panic!("not info"),
        };
        assert_eq!(info("vqz info a.vqz --json"), (vec!["a.vqz".into()], None));
        assert_eq!(info("vqz info --model"), (vec![], Some(None)));
        assert_eq!(
            info("vqz info --model m.vqzm"),
            (vec![], Some(Some("m.vqzm".into())))
        );
    }
}
