//! All photos by all codecs, one photo after the other, its points side by side.

use super::cache::Cache;
use super::codec::Codec;
use super::matched::Search;
use super::measure::{measure, Measured, Photo};
use super::memory::{self, Memory};
use super::report::{self, Matched, Point, Skipped};
use super::setup::{middle, Entry};
use super::workers::Workers;
use crate::console::Console;
use crate::failure::text;
use anyhow::Result;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use vqz::Limits;

/// What is to be done with every photo.
pub struct Plan<'a> {
    pub entries: &'a [Entry],
    pub workers: &'a Workers,
    pub cache: &'a Cache,
    pub scratch: &'a Path,
    pub limits: &'a Limits,
    /// Whether all qualities are measured, not only files of equal size.
    pub curves: bool,
    pub memory: bool,
    pub search: Search<'a>,
}

/// What was found on the photos that did not fail.
#[derive(Default)]
pub struct Outcome {
    pub photos: Vec<report::Photo>,
    pub skipped: Vec<Skipped>,
    pub points: Vec<Point>,
    pub matched: Vec<Matched>,
}

/// A photo's part of it.
struct OfPhoto {
    points: Vec<Point>,
    matched: Matched,
}

enum Job<'a> {
    Point(&'a Entry, f64),
    Memory(&'a Entry, f64),
}

enum Done {
    Point(Measured),
    Memory(Memory),
}

impl Plan<'_> {
    /// Runs it. Photos that fail are reported and skipped.
    pub fn run(&self, files: &[PathBuf], console: &mut Console) -> Result<Outcome> {
        let jobs = self.jobs().len() + self.entries.len();
        console.start(files.len() * jobs);
        let mut outcome = Outcome::default();
        for (path, name) in files.iter().zip(names(files)) {
            console.working_on(&name);
            let done = Photo::read(path, name, self.limits).and_then(|(photo, notes)| {
                for note in notes {
                    console.note(&photo.name, &note);
                }
                Ok((self.photo(&photo, console)?, photo))
            });
            match done {
                Ok((found, photo)) => {
                    outcome.points.extend(found.points);
                    outcome.matched.push(found.matched);
                    outcome.photos.push(report::Photo {
                        width: photo.picture.width(),
                        height: photo.picture.height(),
                        name: photo.name,
                    });
                }
                Err(error) => {
                    console.error(&format!("{}: {}", path.display(), text(&error)));
                    outcome.skipped.push(Skipped {
                        path: path.display().to_string(),
                        reason: text(&error),
                    });
                }
            }
        }
        console.finish();
        Ok(outcome)
    }

    fn jobs(&self) -> Vec<Job<'_>> {
        let mut jobs = Vec::new();
        for entry in self.entries.iter().filter(|_| self.curves) {
            jobs.extend(
                entry
                    .qualities
                    .iter()
                    .map(|&quality| Job::Point(entry, quality)),
            );
            if self.memory {
                jobs.push(Job::Memory(entry, middle(&entry.qualities)));
            }
        }
        jobs
    }

    fn photo(&self, photo: &Photo, console: &Console) -> Result<OfPhoto> {
        let jobs = self.jobs();
        let done = self.workers.map(&jobs, |job| {
            let done = self.job(job, photo, console);
            console.advance();
            done
        });
        let done: Vec<Done> = done.into_iter().collect::<Result<_>>()?;
        let mut points: Vec<Point> = Vec::new();
        for (job, done) in jobs.iter().zip(done) {
            match (job, done) {
                (Job::Point(entry, quality), Done::Point(measured)) => {
                    points.push(point(&*entry.codec, photo, *quality, measured));
                }
                (Job::Memory(entry, quality), Done::Memory(memory)) => {
                    let id = &entry.codec.about().id;
                    let of = |point: &&mut Point| point.codec == *id && point.quality == *quality;
                    if let Some(point) = points.iter_mut().find(of) {
                        (point.encode_memory, point.decode_memory) = (memory.encode, memory.decode);
                    }
                }
                _ => {}
            }
        }
        let matched = self.matched(photo, &mut points, console)?;
        Ok(OfPhoto { points, matched })
    }

    fn job(&self, job: &Job<'_>, photo: &Photo, console: &Console) -> Result<Done> {
        match *job {
            Job::Point(entry, quality) => {
                measure(&*entry.codec, photo, quality, self.cache, self.scratch).map(Done::Point)
            }
            Job::Memory(entry, quality) => {
                let codec = (&entry.origin, &*entry.codec);
                let memory =
                    memory::measure(codec, photo, quality, self.limits, self.cache, self.scratch);
                Ok(Done::Memory(memory.unwrap_or_else(|error| {
                    let id = &entry.codec.about().id;
                    console.note(
                        &photo.name,
                        &format!("memory of {id} not measured: {}", text(&error)),
                    );
                    Memory::default()
                })))
            }
        }
    }

    /// Without curves, what was found is also the only points there are.
    fn matched(
        &self,
        photo: &Photo,
        points: &mut Vec<Point>,
        console: &Console,
    ) -> Result<Matched> {
        let target = self.search.target(photo)?;
        let indices: Vec<usize> = (0..self.entries.len()).collect();
        let found = self.workers.map(&indices, |&index| {
            let found = self.search.find(index, photo, target);
            console.advance();
            found
        });
        let mut items = Vec::new();
        for (entry, found) in self.entries.iter().zip(found) {
            match found {
                Ok(found) => {
                    if !self.curves {
                        let quality = found.item.quality;
                        points.push(point(&*entry.codec, photo, quality, found.measured));
                    }
                    items.push(found.item);
                }
                Err(error) => {
                    console.note(&photo.name, &format!("not at equal size: {}", text(&error)))
                }
            }
        }
        self.search.report(photo, target, items)
    }
}

fn point(codec: &dyn Codec, photo: &Photo, quality: f64, measured: Measured) -> Point {
    Point {
        codec: codec.about().id.clone(),
        photo: photo.name.clone(),
        quality,
        bytes: measured.bytes,
        bpp: photo.bpp(measured.bytes),
        encode_seconds: measured.encode_seconds,
        decode_seconds: measured.decode_seconds,
        encode_memory: None,
        decode_memory: None,
        scores: measured.scores,
    }
}

/// What photos are called: the file's name, or the path where names are equal.
fn names(files: &[PathBuf]) -> Vec<String> {
    let short = |path: &PathBuf| {
        path.file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned()
    };
    let mut count: HashMap<String, usize> = HashMap::new();
    for path in files {
        *count.entry(short(path)).or_default() += 1;
    }
    let name = |path: &PathBuf| match short(path) {
        short if count[&short] == 1 => short,
        _ => path.display().to_string(),
    };
    files.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_photos_apart() {
        let files = ["a/x.png", "b/x.png", "b/y.png"].map(PathBuf::from);
        assert_eq!(names(&files), ["a/x.png", "b/x.png", "y.png"]);
    }
}
