//! A mounted JWKS file that is read again when it changes: keys rotate without a restart.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::keys::PassedOverLog;
use crate::{KeySet, KeySetProblem};

/// How often the file is looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The keys of a file. A file that has become unreadable leaves the last good keys in force.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    state: Mutex<State>,
}

/// A key file that cannot be used at start.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileProblem {
    /// The file cannot be read.
    #[error("cannot read the key file {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds no usable keys.
    #[error("no keys in {path}")]
    NoKeys {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeySetProblem,
    },
}

#[derive(Debug)]
struct State {
    keys: Arc<KeySet>,
    seen: Option<(SystemTime, u64)>,
    looked: Instant,
    passed_over: PassedOverLog,
}

impl KeyFile {
    /// Reads the file.
    ///
    /// # Errors
    /// The file cannot be read or holds no usable keys.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, KeyFileProblem> {
        let path = path.into();
        let seen = stamp(&path);
        let keys = Arc::new(load(&path)?);
        let mut passed_over = PassedOverLog::default();
        passed_over.tell(&path.to_string_lossy(), keys.passed_over());
        Ok(Self {
            path,
            state: Mutex::new(State {
                keys,
                seen,
                looked: Instant::now(),
                passed_over,
            }),
        })
    }

    /// The keys, at most a second older than the file.
    pub fn keys(&self) -> Arc<KeySet> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.elapsed() >= LOOK_EVERY {
            state.looked = Instant::now();
            self.reread(&mut state);
        }
        Arc::clone(&state.keys)
    }

    fn reread(&self, state: &mut State) {
        let stamp = stamp(&self.path);
        if stamp == state.seen {
            return;
        }
        match load(&self.path) {
            Ok(keys) => {
                let publisher = self.path.to_string_lossy();
                state.passed_over.tell(&publisher, keys.passed_over());
                state.keys = Arc::new(keys);
                state.seen = stamp;
                tracing::info!(path = %self.path.display(), "keys read again");
            }
            Err(problem) => tracing::warn!(%problem, "keys not read again; the last good ones stay"),
        }
    }
}

fn load(path: &Path) -> Result<KeySet, KeyFileProblem> {
    let document = std::fs::read(path).map_err(|source| KeyFileProblem::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    KeySet::parse(&document).map_err(|source| KeyFileProblem::NoKeys {
        path: path.to_owned(),
        source,
    })
}

/// When the file was written and how long it is; mounted secrets change both through their symlink.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
