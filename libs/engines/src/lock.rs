//! One process at a time works on a directory.

use std::fs::{File, OpenOptions};
use std::path::Path;

use nix::fcntl::{Flock, FlockArg};

use crate::EngineError;

/// Held by the one process that works on a directory; the system lets go of it when that process dies.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: Flock<File>,
}

impl DirectoryLock {
    /// Waits for its turn.
    ///
    /// # Errors
    /// [`EngineError::File`] when the lock file cannot be opened.
    pub fn wait(path: &Path) -> Result<Self, EngineError> {
        Self::take(path, FlockArg::LockExclusive)
    }

    /// Takes it now or not at all.
    ///
    /// # Errors
    /// [`EngineError::Locked`] when another process holds it.
    pub fn now(path: &Path) -> Result<Self, EngineError> {
        Self::take(path, FlockArg::LockExclusiveNonblock)
    }

    fn take(path: &Path, how: FlockArg) -> Result<Self, EngineError> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(EngineError::file("open", path))?;
        match Flock::lock(file, how) {
            Ok(file) => Ok(Self { _file: file }),
            Err(_) => Err(EngineError::Locked {
                path: path.to_path_buf(),
            }),
        }
    }
}
