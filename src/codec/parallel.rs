//! Work on many windows or tiles at once, in bounded memory.

use std::sync::Mutex;

use rayon::prelude::*;

use crate::{Error, Result};

/// For [`try_for_each`] over tiles: pictures of two are common, and each is work enough for a thread.
pub(crate) const TILES_PER_WORKER: usize = 1;

/// Calls `work` on every item in order, on several at a time: at most one per thread and one per `per_worker` items, so that memory
/// for work in progress grows with the picture, not with the number of cores.
/// (A plain parallel iterator has no such bound: a thread that waits for a part of one item's work begins another item.)
///
/// # Errors
/// That of the first item that has one; no item after it is begun once it is known.
pub(crate) fn try_for_each<T: Send>(
    items: Vec<T>,
    per_worker: usize,
    work: impl Fn(T) -> Result<()> + Sync,
) -> Result<()> {
    let workers = rayon::current_num_threads().min(items.len().div_ceil(per_worker));
    let queue = Mutex::new(Queue {
        items: items.into_iter().enumerate(),
        failed: None,
    });
    (0..workers).into_par_iter().with_max_len(1).for_each(|_| {
        while let Some((index, item)) = locked(&queue, Queue::next) {
            if let Err(error) = work(item) {
                locked(&queue, |queue| queue.fail(index, error));
            }
        }
    });
    match queue.into_inner().expect(NO_PANIC).failed {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

struct Queue<T> {
    items: std::iter::Enumerate<std::vec::IntoIter<T>>,
    failed: Option<(usize, Error)>,
}

impl<T> Queue<T> {
    fn next(&mut self) -> Option<(usize, T)> {
        match self.failed {
            Some(_) => None,
            None => self.items.next(),
        }
    }

    /// Items before the first failed one have all been begun: the same error is kept on every run.
    fn fail(&mut self, index: usize, error: Error) {
        if self.failed.as_ref().is_none_or(|(first, _)| index < *first) {
            self.failed = Some((index, error));
        }
    }
}

const NO_PANIC: &str = "nothing panics while it holds the lock";

/// Runs `f` on what a mutex guards.
pub(crate) fn locked<T, R>(mutex: &Mutex<T>, f: impl FnOnce(&mut T) -> R) -> R {
    f(&mut mutex.lock().expect(NO_PANIC))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_item_once_and_few_at_a_time() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build();
        pool.unwrap().install(|| {
            let (begun, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let seen = Mutex::new(Vec::new());
            let items: Vec<usize> = (0..9).collect();
            try_for_each(items, 4, |item| {
                most.fetch_max(begun.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // Work that a waiting thread might leave for another item.
                (0..64)
                    .into_par_iter()
                    .for_each(|_| std::thread::yield_now());
                locked(&seen, |seen| seen.push(item));
                begun.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            })
            .unwrap();
            let mut seen = seen.into_inner().unwrap();
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
            assert!(most.into_inner() <= 3);
        });
    }

    #[test]
    fn the_first_error_is_the_one_reported() {
        for _ in 0..50 {
            let done = try_for_each((0..40).collect(), 4, |item: u32| match item % 7 {
                5 => Err(Error::Format(item.to_string())),
                _ => Ok(()),
            });
            assert!(matches!(done, Err(Error::Format(item)) if item == "5"));
        }
    }
}
