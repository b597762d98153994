//! Lets as much work go on at a time as there is memory for.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What a point takes at its peak, and a little more. Most of it is Butteraugli: 2.4 GB for 14 megapixels.
const BYTES_PER_PIXEL: u64 = 250;
/// Where the system does not tell how much memory is free.
const USUAL: u64 = 4 << 30;

/// Counts the memory that is in use by its own estimate.
pub struct Gate {
    limit: u64,
    in_use: Mutex<u64>,
    changed: Condvar,
}

impl Gate {
    /// Three quarters of the memory that is free now.
    pub fn new() -> Self {
        Self::with_limit(available().unwrap_or(USUAL) / 4 * 3)
    }

    fn with_limit(limit: u64) -> Self {
        Self {
            limit,
            in_use: Mutex::new(0),
            changed: Condvar::new(),
        }
    }

    /// Does `work` on a picture of so many pixels, when there is room for it or when nothing else is in work.
    pub fn pass<T>(&self, pixels: u64, work: impl FnOnce() -> T) -> T {
        let cost = pixels.saturating_mul(BYTES_PER_PIXEL);
        let full = |in_use: &mut u64| *in_use > 0 && in_use.saturating_add(cost) > self.limit;
        let waited = self.changed.wait_while(self.locked(), full);
        *waited.unwrap_or_else(PoisonError::into_inner) += cost;
        let done = work();
        *self.locked() -= cost;
        self.changed.notify_all();
        done
    }

    fn locked(&self) -> MutexGuard<'_, u64> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes, from Linux.
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    #[test]
    fn only_what_fits_goes_on_at_a_time() {
        // Room for two of three pixels each; ten pixels pass alone.
        let gate = Gate::with_limit(7 * BYTES_PER_PIXEL);
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for pixels in [3, 3, 3, 10, 3, 3, 10, 3] {
                let (gate, now, most) = (&gate, &now, &most);
                scope.spawn(move || {
                    gate.pass(pixels, || {
                        let together = now.fetch_add(pixels, Ordering::SeqCst) + pixels;
                        most.fetch_max(together, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(3));
                        now.fetch_sub(pixels, Ordering::SeqCst);
                    });
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 10);
        assert_eq!(*gate.locked(), 0);
    }
}
