//! The work itself: several files side by side, each reported as it is done.

use super::memory::Gate;
use super::{Job, Plan};
use crate::console::Console;
use crate::failure::{is_broken_pipe, text, SomeFailed};
use crate::files::Existing;
use anyhow::Result;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Mutex;
use std::time::Instant;

/// How the jobs are done.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// At most so many at once; `None`: as many as there are threads.
    pub jobs: Option<usize>,
    /// What to do with outputs that are there already.
    pub existing: Existing,
}

/// A job that went well.
#[derive(Debug, Clone, Copy)]
pub struct Done {
    pub pixels: u64,
    /// Of the .vqz file.
    pub bytes: u64,
}

/// What has come of the jobs so far.
#[derive(Default)]
struct Sums {
    done: u64,
    pixels: u64,
    bytes: u64,
    skipped: usize,
    failed: usize,
}

/// Does the jobs, in order unless several are done at once. A failed one is reported and the rest goes on. `pixels` tells from a job's
/// input, cheaply, how large it is; the threads are shared out among the jobs.
///
/// # Errors
/// The error itself if there was one job only, else [`SomeFailed`]; at once if the reader of stdout is gone.
pub fn run(
    plan: &Plan,
    console: &mut Console,
    way: Way,
    pixels: impl Fn(&Job) -> u64 + Sync,
    work: impl Fn(&Job, &Console) -> Result<Done> + Sync,
) -> Result<()> {
    let started = Instant::now();
    let total = plan.jobs.len() + plan.failed.len();
    for (name, note) in &plan.notes {
        console.note(name.display(), note);
    }
    for error in &plan.failed {
        console.error(&text(error));
    }
    console.start(plan.jobs.len());
    let sums = Mutex::new(Sums {
        failed: plan.failed.len(),
        ..Sums::default()
    });
    let (gate, last) = (Gate::new(), Mutex::new(None));
    let one = |job: &Job, console: &Console| -> bool {
        let outcome = match job.is_done(way.existing) {
            true => Ok(None),
            false => {
                let _place = gate.enter(pixels(job));
                console.working_on(&job.source);
                work(job, console).map(Some)
            }
        };
        console.advance();
        let mut sums = sums.lock().unwrap_or_else(|e| e.into_inner());
        match outcome {
            Ok(None) => sums.skipped += 1,
            Ok(Some(done)) => {
                sums.done += 1;
                sums.pixels += done.pixels;
                sums.bytes += done.bytes;
            }
            Err(error) => {
                let error = error.context(job.source.to_string());
                sums.failed += 1;
                if total == 1 || is_broken_pipe(&error) {
                    *last.lock().unwrap_or_else(|e| e.into_inner()) = Some(error);
                    return false;
                }
                console.error(&text(&error));
            }
        }
        true
    };
    side_by_side(&plan.jobs, way.jobs, |job| one(job, console))?;
    console.finish();
    if let Some(error) = last.into_inner().unwrap_or_else(|e| e.into_inner()) {
        return Err(error);
    }
    let sums = sums.into_inner().unwrap_or_else(|e| e.into_inner());
    if total > 1 {
        console.summary(&sums.describe(started));
    }
    match sums.failed {
        0 => Ok(()),
        failed => Err(SomeFailed { failed, total }.into()),
    }
}

impl Sums {
    fn describe(&self, started: Instant) -> String {
        let files = match self.done {
            1 => "1 file".to_string(),
            n => format!("{n} files"),
        };
        let bpp = match self.pixels {
            0 => String::new(),
            pixels => format!(", {:.3} bpp", self.bytes as f64 * 8.0 / pixels as f64),
        };
        let part = |count: usize, what: &str| match count {
            0 => String::new(),
            _ => format!(", {count} {what}"),
        };
        format!(
            "{files}: {} bytes{bpp}, {:.2} s{}{}",
            self.bytes,
            started.elapsed().as_secs_f64(),
            part(self.skipped, "were done before"),
            part(self.failed, "failed")
        )
    }
}

/// Calls `one` with each job until it says that it is enough. Each worker has its share of the threads that there are.
fn side_by_side(
    jobs: &[Job],
    most: Option<usize>,
    one: impl Fn(&Job) -> bool + Sync,
) -> Result<()> {
    let threads = rayon::current_num_threads();
    let workers = most.unwrap_or(threads).min(jobs.len()).max(1);
    if workers == 1 {
        // In the pool that it is called from.
        let _ = jobs.iter().all(one);
        return Ok(());
    }
    let pools = (0..workers).map(|_| {
        let share = (threads / workers).max(1);
        rayon::ThreadPoolBuilder::new().num_threads(share).build()
    });
    let pools: Vec<_> = pools.collect::<Result<_, _>>()?;
    let (next, enough) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for pool in &pools {
            let (next, enough, one) = (&next, &enough, &one);
            scope.spawn(move || loop {
                let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    return;
                };
                if enough.load(Ordering::Relaxed) {
                    return;
                }
                if !pool.install(|| one(job)) {
                    enough.store(true, Ordering::Relaxed);
                }
            });
        }
    });
    Ok(())
}
