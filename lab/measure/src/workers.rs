//! Several things at a time, each in one thread.

use anyhow::Result;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

/// Threads whose rayon work stays in them: what runs in one is single-threaded, whatever it calls.
pub struct Workers(Vec<rayon::ThreadPool>);

impl Workers {
    /// `count` of them, at least one.
    pub fn new(count: usize) -> Result<Self> {
        let pool = || Ok(rayon::ThreadPoolBuilder::new().num_threads(1).build()?);
        Ok(Self(
            (0..count.max(1)).map(|_| pool()).collect::<Result<_>>()?,
        ))
    }

    /// `work` on every item; the outcomes are in the order of the items.
    pub fn map<I: Sync, O: Send>(&self, items: &[I], work: impl Fn(&I) -> O + Sync) -> Vec<O> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(items.len()));
        std::thread::scope(|scope| {
            for pool in &self.0 {
                let (next, done, work) = (&next, &done, &work);
                // Not in the pool's own queue: while a worker of rayon waits for another pool, it would take up the next item.
                scope.spawn(move || loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let outcome = pool.install(|| work(item));
                    let mut done = done.lock().unwrap_or_else(|broken| broken.into_inner());
                    done.push((index, outcome));
                });
            }
        });
        let mut done = done
            .into_inner()
            .unwrap_or_else(|broken| broken.into_inner());
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, outcome)| outcome).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_keep_the_order_and_work_stays_in_one_thread() {
        let workers = Workers::new(3).unwrap();
        let items: Vec<u32> = (0..100).collect();
        let threads = workers.map(&items, |&item| (item * 2, rayon::current_num_threads()));
        let expected: Vec<(u32, usize)> = items.iter().map(|item| (item * 2, 1)).collect();
        assert_eq!(threads, expected);
    }
}
