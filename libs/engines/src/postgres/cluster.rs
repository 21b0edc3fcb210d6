//! The data directory and the server process on it.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::home::Home;
use super::{Durability, programs};
use crate::EngineError;
use crate::process::{PidFile, ProcessId, Running};

pub(super) struct Cluster {
    version: u32,
    binaries: PathBuf,
    data: PathBuf,
    pid_file: PidFile,
    /// PostgreSQL refuses to run as root, so root hands it to somebody else.
    owner: Option<(u32, u32)>,
    durability: Durability,
}

impl Cluster {
    pub(super) fn at(directory: &Path, durability: Durability) -> Result<Self, EngineError> {
        let home = Home::of(directory, durability)?;
        let data = home.directory.join("data");
        let (version, binaries) = programs::for_data(&data)?;
        Ok(Self {
            version,
            binaries,
            data,
            pid_file: PidFile::at(directory.join("pid")),
            owner: home.owner,
            durability,
        })
    }

    /// The programs of the data's version.
    pub(super) fn binaries(&self) -> &Path {
        &self.binaries
    }

    /// Makes the data directory, unless there is one. An interrupted attempt leaves nothing that looks finished.
    pub(super) fn make(&self, password: &str) -> Result<(), EngineError> {
        if self.data.exists() {
            return Ok(());
        }
        let unfinished = self.data.with_extension("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(EngineError::file("remove", &unfinished))?;
        }
        fs::create_dir_all(&unfinished).map_err(EngineError::file("create", &unfinished))?;
        let password_file = unfinished.with_extension("password");
        crate::write_private(&password_file, password.as_bytes())?;
        if let Some((user, group)) = self.owner {
            for path in [&unfinished, &password_file] {
                chown(path, Some(user), Some(group)).map_err(EngineError::file("hand over", path))?;
            }
        }
        let made = self
            .command("initdb")
            .args(self.passwords())
            .args(["--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(["--no-instructions", "--pgdata"])
            .arg(&unfinished)
            .arg("--pwfile")
            .arg(&password_file)
            .output()
            .map_err(EngineError::file("run", &self.binaries.join("initdb")))?;
        let _ = fs::remove_file(&password_file);
        if !made.status.success() {
            return Err(EngineError::NotStarted {
                engine: "PostgreSQL",
                reason: "initdb failed".to_owned(),
                log: unfinished,
                tail: String::from_utf8_lossy(&made.stderr).into_owned(),
            });
        }
        fs::rename(&unfinished, &self.data).map_err(EngineError::file("rename", &unfinished))
    }

    /// How passwords are asked for. Thousands of tests open tens of thousands of connections, and the slow hash that makes a
    /// password expensive to guess is what most of them would wait for: ours are random, and these engines go with the tests.
    fn passwords(&self) -> &'static [&'static str] {
        match (self.durability, self.version) {
            (Durability::Durable, _) => &["--auth=scram-sha-256"],
            (Durability::Careless, 16..) => &["--auth=scram-sha-256", "--set=scram_iterations=1"],
            // That setting is not known before 16.
            (Durability::Careless, _) => &["--auth=md5"],
        }
    }

    /// The server that already runs on this data, listening where we want it.
    pub(super) fn find(&self, port: u16) -> Result<Option<Running>, EngineError> {
        let lock = self.data.join("postmaster.pid");
        let Ok(text) = fs::read_to_string(&lock) else {
            return Ok(None);
        };
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let living = lines
            .first()
            .and_then(|line| line.parse().ok())
            .and_then(ProcessId::of);
        let Some(process) = living.filter(|process| self.is_ours(*process)) else {
            // Left by a server that was killed. PostgreSQL would refuse if a stranger has that number by now.
            fs::remove_file(&lock).map_err(EngineError::file("remove", &lock))?;
            return Ok(None);
        };
        let mut running = Running::adopt(process, self.pid_file.clone())?;
        if lines.get(3).and_then(|line| line.parse().ok()) == Some(port) {
            return Ok(Some(running));
        }
        running.stop(Signal::SIGINT, Duration::from_secs(30));
        Ok(None)
    }

    pub(super) fn spawn(&self, log: &Path, port: u16) -> Result<Running, EngineError> {
        let mut command = self.command("postgres");
        command.arg("-D").arg(&self.data).args(["-p", &port.to_string()]);
        let mut settings = vec![
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=300",
            "shared_buffers=128MB",
            "logging_collector=off",
            "log_min_duration_statement=-1",
            "log_line_prefix=%m [%p] %d ",
        ];
        if self.durability == Durability::Careless {
            // Each commit is still written before it is answered: a killed server has lost none.
            settings.extend(["fsync=off", "full_page_writes=off"]);
        }
        for setting in settings {
            command.args(["-c", setting]);
        }
        Running::spawn(command, log, self.pid_file.clone())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command
            .env_clear()
            .env("LANG", "C.UTF-8")
            .env("PATH", "/usr/bin:/bin")
            .current_dir("/");
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    fn is_ours(&self, process: ProcessId) -> bool {
        let arguments = fs::read(format!("/proc/{}/cmdline", process.pid())).unwrap_or_default();
        let data = self.data.as_os_str().as_encoded_bytes();
        arguments
            .split(|byte| *byte == 0)
            .any(|argument| argument == data)
    }
}
