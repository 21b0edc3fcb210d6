//! Processes that outlive whoever started them, and are recognised again.
//!
//! A pid alone can be reused by a stranger; a pid and the moment its process started cannot. Pid files keep both, so a
//! signal is only ever sent to what we started.

use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::EngineError;

/// One process, told apart from a later one with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessId {
    pid: i32,
    /// In clock ticks since the machine started (`/proc/<pid>/stat`, field 22).
    started: u64,
}

impl ProcessId {
    /// The living process with this number, if there is one.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The command name is in parentheses and may hold anything; what follows the last one is regular.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let dead = matches!(*fields.first()?, "Z" | "X");
        (!dead).then_some(Self {
            pid,
            started: fields.get(19)?.parse().ok()?,
        })
    }

    /// This process.
    #[must_use]
    pub fn own() -> Option<Self> {
        Self::of(i32::try_from(std::process::id()).ok()?)
    }

    /// The number.
    #[must_use]
    pub fn pid(self) -> i32 {
        self.pid
    }

    /// Does this very process still run?
    #[must_use]
    pub fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Sends a signal, unless the process is gone.
    pub fn signal(self, signal: Signal) {
        if self.is_alive() {
            let _ = kill(Pid::from_raw(self.pid), signal);
        }
    }

    /// Resident memory in kilobytes.
    #[must_use]
    pub fn resident_kb(self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    }

    /// Waits until the process is gone; `false` when it outlives `patience`.
    #[must_use]
    pub fn wait_gone(self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
        true
    }
}

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

    /// Remembers a process.
    ///
    /// # Errors
    /// [`EngineError::File`] when it cannot be written.
    pub fn write(&self, process: ProcessId) -> Result<(), EngineError> {
        if let Some(parent) = self.0.parent() {
            fs::create_dir_all(parent).map_err(EngineError::file("create", parent))?;
        }
        fs::write(&self.0, format!("{} {}\n", process.pid, process.started))
            .map_err(EngineError::file("write", &self.0))
    }

    /// Forgets it.
    pub fn remove(&self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A process we look after: started by us, or found again through its pid file.
#[derive(Debug)]
pub struct Running {
    id: ProcessId,
    /// Present when it is our child, which has to be reaped.
    child: Option<Child>,
    pid_file: PidFile,
}

impl Running {
    /// Starts a program in a process group of its own (so that Ctrl-C in our terminal does not reach it), its output
    /// appended to `log`.
    ///
    /// # Errors
    /// [`EngineError::File`] when the log, the program or the pid file cannot be opened.
    pub fn spawn(mut command: Command, log: &Path, pid_file: PidFile) -> Result<Self, EngineError> {
        if let Some(parent) = log.parent() {
            fs::create_dir_all(parent).map_err(EngineError::file("create", parent))?;
        }
        let out = OpenOptions::new().create(true).append(true).open(log);
        let out = out.map_err(EngineError::file("open", log))?;
        let err = out.try_clone().map_err(EngineError::file("open", log))?;
        let program = PathBuf::from(command.get_program());
        let mut child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn()
            .map_err(EngineError::file("run", &program))?;
        let Some(id) = i32::try_from(child.id()).ok().and_then(ProcessId::of) else {
            let _ = child.wait();
            let gone = std::io::Error::other("it ended at once");
            return Err(EngineError::file("run", &program)(gone));
        };
        pid_file.write(id)?;
        Ok(Self {
            id,
            child: Some(child),
            pid_file,
        })
    }

    /// Takes over the process that the pid file names, if it still runs.
    #[must_use]
    pub fn find(pid_file: PidFile) -> Option<Self> {
        let id = pid_file.living()?;
        Some(Self {
            id,
            child: None,
            pid_file,
        })
    }

    /// Takes over a process that was recognised in another way.
    ///
    /// # Errors
    /// [`EngineError::File`] when the pid file cannot be written.
    pub fn adopt(id: ProcessId, pid_file: PidFile) -> Result<Self, EngineError> {
        pid_file.write(id)?;
        Ok(Self {
            id,
            child: None,
            pid_file,
        })
    }

    /// Which process this is.
    #[must_use]
    pub fn id(&self) -> ProcessId {
        self.id
    }

    /// How it ended, once it has.
    pub fn ended(&mut self) -> Option<String> {
        if let Some(child) = &mut self.child {
            return match child.try_wait() {
                Ok(None) => None,
                Ok(Some(status)) => Some(status.to_string()),
                Err(error) => Some(error.to_string()),
            };
        }
        (!self.id.is_alive()).then(|| "gone".to_owned())
    }

    /// Asks it to end with `signal`, and makes it after `patience`.
    pub fn stop(&mut self, signal: Signal, patience: Duration) {
        self.id.signal(signal);
        let deadline = Instant::now() + patience;
        while self.ended().is_none() {
            if Instant::now() >= deadline {
                self.id.signal(Signal::SIGKILL);
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.pid_file.remove();
    }
}

/// The last lines of a log, for a message about what went wrong.
#[must_use]
pub fn tail(log: &Path, lines: usize) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = all.len().saturating_sub(lines);
    all.get(from..)
        .unwrap_or_default()
        .iter()
        .map(|line| format!("  {line}\n"))
        .collect()
}
