//! A scratch folder with the binary in it, so to speak.
#![allow(dead_code, reason = "each test file uses its own part")]

use image::{ColorType, DynamicImage};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A temporary folder that commands run in.
pub struct Bench(tempfile::TempDir);

impl Bench {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vqz"));
        command.args(args).current_dir(self.0.path());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `vqz args` with `input` on stdin.
    pub fn run(&self, args: &[&str], input: &[u8]) -> Output {
        let mut child = self.command(args).spawn().unwrap();
        // A command that does not read its stdin closes it.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// Runs and asserts success.
    pub fn ok(&self, args: &[&str]) -> Output {
        let done = self.run(args, b"");
        assert!(done.status.success(), "vqz {args:?}: {}", message(&done));
        done
    }

    /// Runs and asserts failure with this exit code, with a message, without a panic.
    pub fn fails(&self, code: i32, args: &[&str]) -> Output {
        let done = self.run(args, b"");
        assert_eq!(
            done.status.code(),
            Some(code),
            "vqz {args:?}: {}",
            message(&done)
        );
        assert!(
            message(&done).starts_with("error: ") && !message(&done).contains("panicked"),
            "{}",
            message(&done)
        );
        assert!(done.stdout.is_empty());
        done
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub fn mkdir(&self, name: &str) {
        std::fs::create_dir(self.path(name)).unwrap();
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// What is in a folder, hidden files too.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub fn picture(&self, name: &str) -> DynamicImage {
        image::open(self.path(name)).unwrap()
    }

    /// Writes a smooth picture, transparent towards the right if it has alpha.
    pub fn gradient(&self, name: &str, color: ColorType, width: u32, height: u32) -> DynamicImage {
        let picture = image::RgbaImage::from_fn(width, height, |x, y| {
            let (x8, y8) = ((x * 255 / width) as u8, (y * 255 / height) as u8);
            let alpha = if color.has_alpha() { 255 - x8 } else { 255 };
            image::Rgba([x8, y8, 128, alpha])
        });
        let picture = DynamicImage::from(picture);
        let picture = match color {
            ColorType::L8 => picture.to_luma8().into(),
            ColorType::La8 => picture.to_luma_alpha8().into(),
            ColorType::Rgb8 => picture.to_rgb8().into(),
            ColorType::L16 => picture.to_luma16().into(),
            ColorType::Rgb16 => picture.to_rgb16().into(),
            ColorType::Rgba16 => picture.to_rgba16().into(),
            _ => picture,
        };
        picture.save(self.path(name)).unwrap();
        picture
    }
}

/// What a command said on stderr.
pub fn message(done: &Output) -> String {
    String::from_utf8(done.stderr.clone()).unwrap()
}

/// The same without the lines on what became of a file.
pub fn notes(done: &Output) -> String {
    let text = message(done);
    let lines = text.lines().filter(|line| !line.contains(" → "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Of the RGB samples.
pub fn psnr(a: &DynamicImage, b: &DynamicImage) -> f64 {
    let (a, b) = (a.to_rgb8(), b.to_rgb8());
    assert_eq!(a.dimensions(), b.dimensions());
    let squares: f64 = a
        .iter()
        .zip(b.iter())
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2))
        .sum();
    10.0 * (255.0 * 255.0 * a.len() as f64 / squares.max(1e-9)).log10()
}
