//! Starting, watching and ending.

use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{PidFile, ProcessId};
use crate::EngineError;

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
        if let Err(error) = pid_file.write(id) {
            // Nobody would find it again.
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The processes that run with this argument.
    fn with_argument(argument: &str) -> usize {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let arguments = processes.map(|process| fs::read(process.path().join("cmdline")).unwrap_or_default());
        arguments
            .filter(|all| all.split(|byte| *byte == 0).any(|one| one == argument.as_bytes()))
            .count()
    }

    #[test]
    fn a_process_that_cannot_be_remembered_does_not_run() {
        let scratch = std::env::temp_dir().join(format!("muster-running-{}", std::process::id()));
        fs::create_dir_all(scratch.join("pid")).unwrap();
        let unique = format!("600.{}", std::process::id());
        let mut command = Command::new("sleep");
        command.arg(&unique);
        // A directory is where the pid file should be.
        let pid_file = PidFile::at(scratch.join("pid"));
        let refusal = Running::spawn(command, &scratch.join("log"), pid_file).unwrap_err();
        assert!(matches!(refusal, EngineError::File { .. }), "{refusal}");
        assert_eq!(with_argument(&unique), 0);
        fs::remove_dir_all(&scratch).unwrap();
    }
}
