//! Two things at once, without rayon: models are loaded within a lock ([`super::Model::embedded`]), and a thread of rayon's that waits
//! there may begin another job, which may want the same lock.

use std::thread::{scope, Builder};

/// Both results; `other` on a thread of its own where there can be one.
pub(super) fn beside<A: Send, B>(other: impl Fn() -> A + Sync, here: impl FnOnce() -> B) -> (A, B) {
    scope(|scope| {
        // Asked outside of a pool, rayon would start its global one, which belongs to the program.
        let single = rayon::current_thread_index().is_some() && rayon::current_num_threads() == 1;
        let spawned = match single {
            true => None,
            false => Builder::new().spawn_scoped(scope, &other).ok(),
        };
        let here = here();
        let other = match spawned {
            Some(thread) => thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            None => other(),
        };
        (other, here)
    })
}
