//! A photo's place in a run: it is read when its first job begins, and dropped when its last one has ended.

use crate::matched::Target;
use crate::point::Photo;
use crate::report::{self, Skipped};
use crate::Host;
use anyhow::Result;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub struct Slot<'a> {
    path: &'a Path,
    name: String,
    state: Mutex<State>,
    /// See [`Slot::target`].
    target: Mutex<Option<Arc<Target>>>,
}

struct State {
    photo: Reading,
    /// Jobs that have not ended.
    left: usize,
    size: (u32, u32),
}

enum Reading {
    Unread,
    Open(Arc<Photo>),
    Done,
    Failed(String),
}

/// What stays of a photo.
pub struct Finished {
    pub photo: report::Photo,
    pub target: Option<Arc<Target>>,
}

impl<'a> Slot<'a> {
    /// For so many jobs.
    pub fn new(path: &'a Path, name: String, jobs: usize) -> Self {
        let state = State {
            photo: Reading::Unread,
            left: jobs,
            size: (0, 0),
        };
        Self {
            path,
            name,
            state: Mutex::new(state),
            target: Mutex::default(),
        }
    }

    /// Does one of the jobs. `open` reads the photo, if that has not been done. `None`: this or another job has failed, which is told once.
    pub fn work<T>(
        &self,
        host: &dyn Host,
        open: impl FnOnce(&Path, &str) -> Result<Photo>,
        job: impl FnOnce(&Photo) -> Result<T>,
    ) -> Option<T> {
        let done = self.photo(host, open).and_then(|photo| {
            let done = job(&photo);
            done.map_err(|error| self.fail(&mut locked(&self.state), &error, host))
                .ok()
        });
        let mut state = locked(&self.state);
        state.left -= 1;
        if state.left == 0 && matches!(state.photo, Reading::Open(_)) {
            state.photo = Reading::Done;
        }
        done
    }

    /// Others who want the photo wait until it is read.
    fn photo(
        &self,
        host: &dyn Host,
        open: impl FnOnce(&Path, &str) -> Result<Photo>,
    ) -> Option<Arc<Photo>> {
        let mut state = locked(&self.state);
        if matches!(state.photo, Reading::Unread) {
            match open(self.path, &self.name) {
                Ok(photo) => {
                    state.size = (photo.picture.width(), photo.picture.height());
                    state.photo = Reading::Open(Arc::new(photo));
                }
                Err(error) => self.fail(&mut state, &error, host),
            }
        }
        match &state.photo {
            Reading::Open(photo) => Some(Arc::clone(photo)),
            _ => None,
        }
    }

    fn fail(&self, state: &mut State, error: &anyhow::Error, host: &dyn Host) {
        if !matches!(state.photo, Reading::Failed(_)) {
            host.failed(self.path, error);
            state.photo = Reading::Failed(format!("{error:#}"));
        }
    }

    /// What the first caller finds, for all.
    pub fn target(&self, find: impl FnOnce() -> Result<Target>) -> Result<Arc<Target>> {
        let mut target = locked(&self.target);
        if let Some(target) = &*target {
            return Ok(Arc::clone(target));
        }
        let found = Arc::new(find()?);
        *target = Some(Arc::clone(&found));
        Ok(found)
    }

    /// When all jobs have ended.
    pub fn finish(self) -> Result<Finished, Skipped> {
        let state = self.state.into_inner();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        if let Reading::Failed(reason) = state.photo {
            return Err(Skipped {
                path: self.path.display().to_string(),
                reason,
            });
        }
        Ok(Finished {
            photo: report::Photo {
                name: self.name,
                width: state.size.0,
                height: state.size.1,
            },
            target: self
                .target
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
        })
    }
}

/// A thread that panicked has left nothing half done in what is locked here.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
