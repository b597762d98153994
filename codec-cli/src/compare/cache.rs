//! What was measured before: a file in the output folder, a line of JSON per result, written as results come.

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Mutex;

const NAME: &str = "cache.jsonl";

/// Results by key. The key names all that a result depends on.
pub struct Cache {
    known: HashMap<String, Value>,
    /// `None`: nothing is kept.
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
            known,
            file: Some(Mutex::new(file)),
        })
    }

    /// A cache that keeps nothing.
    pub fn none() -> Self {
        Self {
            known: HashMap::new(),
            file: None,
        }
    }

    /// The result of an earlier run.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        T::deserialize(self.known.get(key)?).ok()
    }

    /// Writes a result, in one piece.
    pub fn put<T: Serialize>(&self, key: &str, value: &T) -> Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let line = serde_json::to_string(&Line { key, value })? + "\n";
        let mut file = file.lock().unwrap_or_else(|broken| broken.into_inner());
        file.write_all(line.as_bytes())
            .context("the cache cannot be written")
    }
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
        let last = Cache::open(folder.path()).unwrap();
        assert_eq!((last.get("a"), last.get("c")), (Some(vec![1, 2]), Some(7)));
        assert_eq!(Cache::none().get::<i32>("a"), None);
    }
}
