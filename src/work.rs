//! How work is done: on which threads, until when, and in whose memory.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{Error, Result};

/// A flag by which another thread stops work that is going on. All clones are the same flag.
///
/// It is checked between tiles, between windows of pixels, and every few thousand labels, which are some milliseconds apart.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// A flag that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the flag: all work that was begun with it ends soon, with [`Error::Cancelled`].
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the flag is set.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// # Errors
    /// [`Error::Cancelled`] if the flag is set.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            return Err(Error::Cancelled);
        }
        Ok(())
    }
}

/// Where work is done. Results do not depend on it.
#[derive(Debug, Clone, Default)]
pub(crate) enum Threads {
    /// In the pool of the rayon thread that calls, or else in one that this library keeps, with a thread per core (`RAYON_NUM_THREADS`
    /// says otherwise). Rayon's global pool belongs to the program and is left alone.
    #[default]
    Shared,
    /// In a pool of its own.
    Own(Arc<ThreadPool>),
}

impl Threads {
    /// `count` threads, or [`Self::Shared`] if that is 0.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the system does not provide that many.
    pub(crate) fn new(count: usize) -> Result<Self> {
        if count == 0 {
            return Ok(Self::Shared);
        }
        match pool(count) {
            Ok(pool) => Ok(Self::Own(Arc::new(pool))),
            // Without threads (WebAssembly), one is what there is.
            Err(_) if count == 1 => Ok(Self::Shared),
            Err(error) => Err(Error::Parameter(format!(
                "{count} threads cannot be started: {error}"
            ))),
        }
    }

    /// Runs `work` there, and whatever it runs in parallel.
    pub(crate) fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        static SHARED: OnceLock<Option<ThreadPool>> = OnceLock::new();
        match self {
            Self::Own(pool) => pool.install(work),
            Self::Shared if rayon::current_thread_index().is_some() => work(),
            Self::Shared => match SHARED.get_or_init(|| pool(0).ok()) {
                Some(pool) => pool.install(work),
                None => work(),
            },
        }
    }
}

fn pool(threads: usize) -> std::result::Result<ThreadPool, rayon::ThreadPoolBuildError> {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("vqz-{index}"))
        .build()
}

/// `length` zeros, for whatever grows with the picture.
///
/// Systems give large memory that is to be zero without touching it, so that the lower part of a picture takes none before it is decoded. That has no
/// fallible form in the standard library; so as much memory is asked for and given back first. (Where another thread takes it in between, the program ends,
/// as it does where a tensor finds no memory.)
///
/// # Errors
/// [`Error::OutOfMemory`]; `what` they are for is said there.
pub(crate) fn zeros<T: Copy + Default>(what: &'static str, length: usize) -> Result<Vec<T>> {
    reserve(what, &mut Vec::<T>::new(), length)?;
    Ok(vec![T::default(); length])
}

/// Makes `data` as long as `length`, which is not shorter, by zeros.
///
/// # Errors
/// Those of [`zeros`].
pub(crate) fn extend_zeros<T: Copy + Default>(
    what: &'static str,
    data: &mut Vec<T>,
    length: usize,
) -> Result<()> {
    reserve(what, data, length)?;
    data.resize(length, T::default());
    Ok(())
}

fn reserve<T>(what: &'static str, data: &mut Vec<T>, length: usize) -> Result<()> {
    data.try_reserve_exact(length - data.len())
        .map_err(|_| Error::OutOfMemory {
            what,
            bytes: (length as u64).saturating_mul(size_of::<T>() as u64),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_has_as_many_threads_as_asked_for_and_a_callers_pool_is_used() {
        for count in [1, 3] {
            let threads = Threads::new(count).unwrap();
            assert_eq!(threads.run(rayon::current_num_threads), count);
        }
        let callers = ThreadPoolBuilder::new().num_threads(5).build().unwrap();
        let shared = Threads::new(0).unwrap();
        let seen = callers.install(|| shared.run(rayon::current_num_threads));
        assert_eq!(seen, 5);
    }

    #[test]
    fn memory_that_is_not_there_is_an_error() {
        let error = zeros::<u64>("everything", usize::MAX / 8).unwrap_err();
        assert!(error.to_string().contains("everything"), "{error}");
    }
}
