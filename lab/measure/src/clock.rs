//! Time that a codec takes.

use crate::codec::Timed;
use anyhow::Result;
use rustix::time::{clock_gettime, ClockId};
use std::time::Duration;

/// What `work` gives, and the processor time that it took in this thread: other threads and other programs on the machine
/// do not count, and neither would threads of its own.
pub fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<Timed<T>> {
    let started = now();
    let value = work()?;
    let seconds = (now() - started).as_secs_f64();
    Ok(Timed { value, seconds })
}

fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_counts_and_waiting_does_not() {
        let sleep = || {
            std::thread::sleep(Duration::from_millis(30));
            Ok(())
        };
        let add = || Ok((0..20_000_000u64).fold(0, |a, b| std::hint::black_box(a ^ b)));
        let (asleep, busy) = (timed(sleep).unwrap(), timed(add).unwrap());
        assert!(
            asleep.seconds < 0.02 && busy.seconds > asleep.seconds,
            "{} {} {}",
            asleep.seconds,
            busy.seconds,
            busy.value
        );
    }
}
