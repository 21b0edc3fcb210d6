//! What can go wrong with an engine, as a sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why an engine could not be installed, started or used.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A program is absent and was not installed.
    #[error("{program} was not found; {advice}")]
    Missing {
        /// The program that was looked for.
        program: &'static str,
        /// What the person at the keyboard should do.
        advice: String,
    },
    /// The data was made by another version, whose programs are gone.
    #[error(
        "{} was made by PostgreSQL {version}, which is not installed any more (installed: {installed}); \
         install the package `postgresql-{version}`, or forget the data: `cargo dev up --fresh` for a suite, \
         removing that directory for anything else", data.display()
    )]
    OtherVersion {
        /// The data directory.
        data: PathBuf,
        /// Whose data it is.
        version: u32,
        /// The versions that are here.
        installed: String,
    },
    /// The package manager refused.
    #[error(
        "the packages {packages} could not be installed: {reason}; install them yourself with `{command}`"
    )]
    Install {
        /// The packages asked for, separated by spaces.
        packages: String,
        /// What the package manager said.
        reason: String,
        /// The command that does it by hand.
        command: String,
    },
    /// A file operation failed.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The disk that holds the data is full, or nearly.
    #[error("only {free_mb} MB are free on the disk that holds {}; {needed_mb} MB are needed", path.display())]
    DiskFull {
        /// The directory that was looked at.
        path: PathBuf,
        /// What is free, in megabytes.
        free_mb: u64,
        /// What is needed, in megabytes.
        needed_mb: u64,
    },
    /// Something else listens where we were last time.
    #[error(
        "port {port}, the address of {name}, is taken by {holder}; \
         stop that program, or remove the line `{name}` from {} to move to another port", file.display()
    )]
    PortTaken {
        /// Whose port it is.
        name: String,
        /// The port.
        port: u16,
        /// The program that holds it.
        holder: String,
        /// The file that remembers ports.
        file: PathBuf,
    },
    /// Every port of the range is taken.
    #[error("no free port is left between {from} and {to} for {name}")]
    NoFreePort {
        /// Who asked.
        name: String,
        /// First port tried.
        from: u16,
        /// Last port tried.
        to: u16,
    },
    /// It ended, or stayed silent, while starting.
    #[error("{engine} did not start: {reason}; the end of {}:\n{tail}", log.display())]
    NotStarted {
        /// Which engine.
        engine: &'static str,
        /// How it ended.
        reason: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// The database refused a statement.
    #[error("postgres refused: {message}")]
    Sql {
        /// What psql said.
        message: String,
    },
    /// Somebody else works on the same directory.
    #[error("{} is in use by another process", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
}

impl EngineError {
    /// Names the file operation that failed; a full disk is said as such.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| {
            if source.kind() == io::ErrorKind::StorageFull {
                Self::DiskFull {
                    path,
                    free_mb: 0,
                    needed_mb: 100,
                }
            } else {
                Self::File { action, path, source }
            }
        }
    }
}
