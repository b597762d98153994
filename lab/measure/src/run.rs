//! All photos by all codecs, several points at a time.

use crate::cache::Cache;
use crate::codec::Codec;
use crate::gate::Gate;
use crate::matched::{Found, Search};
use crate::metric::Scale;
use crate::point::{self, Measured, Memory, Photo};
use crate::report::{self, Matched, Point, Skipped};
use crate::setup::{middle, Entry};
use crate::slot::{Finished, Slot};
use crate::workers::Workers;
use crate::Host;
use anyhow::Result;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What is to be done with every photo.
pub struct Plan<'a> {
    pub(crate) entries: &'a [Entry],
    pub(crate) scales: &'a [Scale],
    /// Whether all settings are measured.
    pub(crate) curves: bool,
    /// Whether memory is measured too.
    pub(crate) memory: bool,
    /// Files of equal size, if there are to be any.
    pub(crate) search: Option<Search<'a>>,
    pub(crate) cache: &'a Cache,
    pub(crate) scratch: &'a Path,
    pub(crate) threads: usize,
}

/// What was found on the photos that did not fail.
#[derive(Default)]
pub struct Outcome {
    pub photos: Vec<report::Photo>,
    pub skipped: Vec<Skipped>,
    pub points: Vec<Point>,
    pub matched: Vec<Matched>,
}

/// Something to do with a photo; the number is an entry's.
enum Job {
    Point(usize, f64),
    Memory(usize, f64),
    Matched(usize),
}

enum Done {
    Point(Measured),
    Memory(Memory),
    /// `None`: no file is small enough.
    Matched(Option<Found>),
}

impl Plan<'_> {
    /// Runs it. Photos that fail are told and skipped.
    pub fn run(&self, files: &[PathBuf], host: &dyn Host) -> Result<Outcome> {
        let jobs = self.jobs();
        host.start(files.len() * jobs.len());
        let slots: Vec<Slot<'_>> = files
            .iter()
            .zip(names(files))
            .map(|(path, name)| Slot::new(path, name, jobs.len()))
            .collect();
        // Photo by photo, so that few of them are open at a time.
        let all: Vec<(&Slot<'_>, &Job)> = slots
            .iter()
            .flat_map(|slot| jobs.iter().map(move |job| (slot, job)))
            .collect();
        let gate = Gate::new();
        let done = Workers::new(self.threads)?.map(&all, |(slot, job)| {
            let open = |path: &Path, name: &str| {
                gate.pass(host.pixels(path), || {
                    Photo::read(path, name, self.scales, host)
                })
            };
            let done = slot.work(host, open, |photo| {
                gate.pass(photo.pixels(), || self.job(slot, job, photo, host))
            });
            host.advance();
            done
        });
        let mut done = done.into_iter();
        let mut outcome = Outcome::default();
        for slot in slots {
            let of_photo: Vec<Option<Done>> = done.by_ref().take(jobs.len()).collect();
            match slot.finish() {
                Ok(finished) => self.gather(finished, &jobs, of_photo, &mut outcome),
                Err(skipped) => outcome.skipped.push(skipped),
            }
        }
        Ok(outcome)
    }

    fn jobs(&self) -> Vec<Job> {
        let mut jobs = Vec::new();
        for (index, entry) in self.entries.iter().enumerate().filter(|_| self.curves) {
            let settings = entry.settings.iter();
            jobs.extend(settings.map(|&setting| Job::Point(index, setting)));
            if self.memory {
                jobs.push(Job::Memory(index, middle(&entry.settings)));
            }
        }
        if self.search.is_some() {
            jobs.extend((0..self.entries.len()).map(Job::Matched));
        }
        jobs
    }

    fn job(&self, slot: &Slot<'_>, job: &Job, photo: &Photo, host: &dyn Host) -> Result<Done> {
        match *job {
            Job::Point(index, setting) => {
                let codec = &*self.entries[index].codec;
                let measured = point::measure(codec, photo, setting, self.cache, self.scratch)?;
                Ok(Done::Point(measured))
            }
            Job::Memory(index, setting) => {
                let codec = &*self.entries[index].codec;
                let measured = point::memory(codec, photo, setting, self.cache);
                Ok(Done::Memory(measured.unwrap_or_else(|error| {
                    let id = &codec.about().id;
                    host.note(
                        &photo.name,
                        &format!("memory of {id} not measured: {error:#}"),
                    );
                    Memory::default()
                })))
            }
            Job::Matched(index) => {
                let search = self.search.as_ref().expect("asked for");
                let target = slot.target(|| search.target(photo, self.scratch))?;
                let found = search.find(index, photo, &target, host);
                if let Err(error) = &found {
                    host.note(&photo.name, &format!("not at equal size: {error:#}"));
                }
                Ok(Done::Matched(found.ok()))
            }
        }
    }

    /// Puts together what was found on a photo.
    fn gather(
        &self,
        Finished { photo, target }: Finished,
        jobs: &[Job],
        done: Vec<Option<Done>>,
        outcome: &mut Outcome,
    ) {
        let mut points: Vec<Point> = Vec::new();
        let mut items = Vec::new();
        for (job, done) in jobs.iter().zip(done.into_iter().flatten()) {
            match (job, done) {
                (Job::Point(index, setting), Done::Point(measured)) => {
                    points.push(point(
                        &*self.entries[*index].codec,
                        &photo,
                        *setting,
                        measured,
                    ));
                }
                (Job::Memory(index, setting), Done::Memory(memory)) => {
                    let id = &self.entries[*index].codec.about().id;
                    let of = |point: &&mut Point| point.codec == *id && point.quality == *setting;
                    if let Some(point) = points.iter_mut().find(of) {
                        (point.encode_memory, point.decode_memory) = (memory.encode, memory.decode);
                    }
                }
                (Job::Matched(index), Done::Matched(Some(found))) => {
                    // Without curves, what was found is also the only points there are.
                    if !self.curves {
                        let codec = &*self.entries[*index].codec;
                        points.push(point(codec, &photo, found.item.quality, found.measured));
                    }
                    items.push(found.item);
                }
                _ => {}
            }
        }
        if let (Some(search), Some(target)) = (&self.search, target) {
            outcome.matched.push(search.report(&photo, &target, items));
        }
        outcome.points.extend(points);
        outcome.photos.push(photo);
    }
}

fn point(codec: &dyn Codec, photo: &report::Photo, setting: f64, measured: Measured) -> Point {
    Point {
        codec: codec.about().id.clone(),
        photo: photo.name.clone(),
        quality: setting,
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
