//! How many pictures may be in work at once: as many as there is memory for, and at least one.

use std::sync::{Condvar, Mutex};

/// What a picture in work takes, per pixel: samples, latents, the networks' rows, and the file in another format.
const BYTES_PER_PIXEL: u64 = 24;
/// Where the system does not tell how much is free.
const USUAL: u64 = 4 << 30;

/// Lets work begin as long as the pixels in work fit into half of the memory that was free at the start.
pub struct Gate {
    pixels: u64,
    in_work: Mutex<u64>,
    changed: Condvar,
}

/// A place in work, given back when dropped.
pub struct Place<'a>(&'a Gate, u64);

impl Gate {
    pub fn new() -> Self {
        Self::with_pixels(free().unwrap_or(USUAL) / 2 / BYTES_PER_PIXEL)
    }

    fn with_pixels(pixels: u64) -> Self {
        Self {
            pixels,
            in_work: Mutex::new(0),
            changed: Condvar::new(),
        }
    }

    /// Waits until a picture of so many pixels fits beside the others; one that never fits waits until it is alone.
    pub fn enter(&self, pixels: u64) -> Place<'_> {
        let lock = self.in_work.lock();
        let mut in_work = lock.unwrap_or_else(std::sync::PoisonError::into_inner);
        while *in_work > 0 && in_work.saturating_add(pixels) > self.pixels {
            let woken = self.changed.wait(in_work);
            in_work = woken.unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        *in_work = in_work.saturating_add(pixels.max(1));
        Place(self, pixels.max(1))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let lock = self.0.in_work.lock();
        let mut in_work = lock.unwrap_or_else(std::sync::PoisonError::into_inner);
        *in_work = in_work.saturating_sub(self.1);
        self.0.changed.notify_all();
    }
}

/// Bytes that Linux says programs can have without swapping.
fn free() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn no_more_in_work_than_fits_but_always_one() {
        let gate = Gate::with_pixels(10);
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for pixels in [4, 6, 3, 25, 5, 5, 1, 9] {
                let (gate, now, most) = (&gate, &now, &most);
                scope.spawn(move || {
                    let _place = gate.enter(pixels);
                    let sum = now.fetch_add(pixels, Ordering::SeqCst) + pixels;
                    assert!(sum <= 10 || sum == pixels, "{sum}");
                    most.fetch_max(sum, Ordering::SeqCst);
                    std::thread::sleep(std::time::Duration::from_millis(3));
                    now.fetch_sub(pixels, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.into_inner(), 25);
    }
}
