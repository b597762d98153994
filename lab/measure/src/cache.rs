//! What was measured before: a file in the output folder, a line of JSON per result, written as results come.

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

const NAME: &str = "cache.jsonl";

/// Results by key. The key names all that a result depends on.
pub struct Cache {
    known: Mutex<HashMap<String, Value>>,
    /// `None`: nothing outlives the process.
    file: Option<Mutex<File>>,
}

#[derive(Serialize, Deserialize)]
struct Line<K, V> {
    key: K,
    value: V,
}

impl Cache {
    /// The cache of an output folder. Lines that cannot be read, such as the last one of a process that was killed, are passed over.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let named = || path.display().to_string();
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .with_context(named)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).with_context(named)?;
        if bytes.last().is_some_and(|&last| last != b'\n') {
            file.write_all(b"\n").with_context(named)?;
        }
        let known = bytes
            .split(|&byte| byte == b'\n')
            .filter_map(|line| serde_json::from_slice::<Line<String, Value>>(line).ok())
            .map(|line| (line.key, line.value))
            .collect();
        Ok(Self {
            known: Mutex::new(known),
            file: Some(Mutex::new(file)),
        })
    }

    /// A cache for this process only.
    pub fn in_memory() -> Self {
        Self {
            known: Mutex::default(),
            file: None,
        }
    }

    /// A result that is known, from this run or an earlier one.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let known = locked(&self.known);
        T::deserialize(known.get(key)?).ok()
    }

    /// A result that is known, or found now and kept.
    pub fn known_or<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        find: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if let Some(known) = self.get(key) {
            return Ok(known);
        }
        let found = find()?;
        let mut all = locked(&self.known);
        // Another thread may have found it meanwhile: one result for all, in this run and in later ones.
        if let Some(known) = all.get(key) {
            return Ok(T::deserialize(known)?);
        }
        self.keep(&mut all, key, &found)?;
        Ok(found)
    }

    /// Keeps a result; it is written at once, in one piece.
    #[cfg(test)]
    fn put<T: Serialize>(&self, key: &str, value: &T) -> Result<()> {
        self.keep(&mut locked(&self.known), key, value)
    }

    fn keep<T: Serialize>(
        &self,
        known: &mut HashMap<String, Value>,
        key: &str,
        value: &T,
    ) -> Result<()> {
        let value = serde_json::to_value(value)?;
        if let Some(file) = &self.file {
            let line = serde_json::to_string(&Line { key, value: &value })? + "\n";
            let written = locked(file).write_all(line.as_bytes());
            written.context("the cache cannot be written")?;
        }
        known.insert(key.into(), value);
        Ok(())
    }
}

/// A thread that panicked has left nothing half done in what is locked here.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|broken| broken.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_outlive_the_process_and_a_torn_line_does_not() {
        let folder = tempfile::tempdir().unwrap();
        Cache::open(folder.path())
            .unwrap()
            .put("a", &[1, 2])
            .unwrap();
        let path = folder.path().join(NAME);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], b"{\"key\":\"b\",\"val"].concat()).unwrap();
        let again = Cache::open(folder.path()).unwrap();
        assert_eq!(again.get::<Vec<i32>>("a"), Some(vec![1, 2]));
        assert_eq!(again.get::<Vec<i32>>("b"), None);
        again.put("c", &7).unwrap();
        assert_eq!(again.get("c"), Some(7));
        let last = Cache::open(folder.path()).unwrap();
        assert_eq!((last.get("a"), last.get("c")), (Some(vec![1, 2]), Some(7)));
        let fleeting = Cache::in_memory();
        fleeting.put("a", &1).unwrap();
        assert_eq!(
            (fleeting.get("a"), fleeting.get::<i32>("b")),
            (Some(1), None)
        );
    }
}
