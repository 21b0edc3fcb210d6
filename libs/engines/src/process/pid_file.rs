//! Remembering a process from run to run.

use std::fs;
use std::path::PathBuf;

use super::ProcessId;
use crate::{EngineError, write_private};

/// The file that remembers a [`ProcessId`].
#[derive(Clone, Debug)]
pub struct PidFile(PathBuf);

impl PidFile {
    /// The file at this path; it need not exist.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// The process it names, if that still runs.
    #[must_use]
    pub fn living(&self) -> Option<ProcessId> {
        let text = fs::read_to_string(&self.0).ok()?;
        let (pid, started) = text.trim().split_once(' ')?;
        let process = ProcessId {
            pid: pid.parse().ok()?,
            started: started.parse().ok()?,
        };
        process.is_alive().then_some(process)
    }

    /// Remembers a process. On a full disk the file stays as it was.
    ///
    /// # Errors
    /// [`EngineError::File`] when it cannot be written.
    pub fn write(&self, process: ProcessId) -> Result<(), EngineError> {
        write_private(
            &self.0,
            format!("{} {}\n", process.pid, process.started).as_bytes(),
        )
    }

    /// Forgets it.
    pub fn remove(&self) {
        let _ = fs::remove_file(&self.0);
    }
}
