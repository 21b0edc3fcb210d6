//! Which process is meant.

use std::fs;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// One process, told apart from a later one with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessId {
    pub(super) pid: i32,
    /// In clock ticks since the machine started (`/proc/<pid>/stat`, field 22).
    pub(super) started: u64,
}

impl ProcessId {
    /// The living process with this number, if there is one.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        let stat = stat_of(pid)?;
        let fields: Vec<&str> = stat.split_whitespace().collect();
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

    /// Sends a signal that ends nobody to it, then to its children: PostgreSQL has one for each connection, in a session of its own.
    /// Once it is stopped it has no further ones. (The children of one that has ended are another one's by then.)
    pub fn signal_family(self, signal: Signal) {
        if !self.is_alive() {
            return;
        }
        self.signal(signal);
        for pid in processes().filter(|pid| field_of::<i32>(*pid, PARENT) == Some(self.pid)) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    /// Sends a signal to every process of the session that it leads, also to those that have left its process group.
    pub fn signal_session(self, signal: Signal) {
        // As long as one member lives, no other process gets the leader's number.
        if Self::of(self.pid).is_some_and(|other| other != self) {
            return;
        }
        for pid in processes().filter(|pid| session_of(*pid) == Some(self.pid)) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    /// CPU time that the processes of the group that it leads have taken.
    #[must_use]
    pub fn cpu_time(self) -> Duration {
        let group = processes().filter(|pid| field_of::<i32>(*pid, GROUP) == Some(self.pid));
        group.filter_map(cpu_time_of).sum()
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

/// What the kernel tells of a process, from its state on. The command name before it is in parentheses and may hold
/// anything; what follows the last one is regular.
fn stat_of(pid: i32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')').map(|(_, rest)| rest.to_owned())
}

/// Fields of what the kernel tells, counted from the state.
const PARENT: usize = 1;
const GROUP: usize = 2;
const SESSION: usize = 3;
const USER_TIME: usize = 11;
const SYSTEM_TIME: usize = 12;

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn field_of<T: FromStr>(pid: i32, field: usize) -> Option<T> {
    stat_of(pid)?.split_whitespace().nth(field)?.parse().ok()
}

/// User and system time of all its threads. Linux counts in hundredths of a second for everybody outside the kernel.
fn cpu_time_of(pid: i32) -> Option<Duration> {
    let hundredths: u64 = field_of::<u64>(pid, USER_TIME)? + field_of::<u64>(pid, SYSTEM_TIME)?;
    Some(Duration::from_millis(10 * hundredths))
}

fn session_of(pid: i32) -> Option<i32> {
    field_of(pid, SESSION)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// Waits until the kernel says that it is stopped, or that it is not.
    fn wait_stopped(process: ProcessId, stopped: bool) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while stat_of(process.pid).unwrap().trim_start().starts_with('T') != stopped {
            assert!(Instant::now() < deadline, "{process:?} stopped: {}", !stopped);
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_family_is_stopped_with_those_who_lead_sessions_of_their_own() {
        let mut parent = Command::new("sh")
            .args(["-c", "setsid sleep 600 & echo $!; wait"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = parent.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
        let child = ProcessId::of(line.trim().parse().unwrap()).unwrap();
        let id = ProcessId::of(i32::try_from(parent.id()).unwrap()).unwrap();
        for (signal, stopped) in [(Signal::SIGSTOP, true), (Signal::SIGCONT, false)] {
            id.signal_family(signal);
            wait_stopped(id, stopped);
            wait_stopped(child, stopped);
        }
        for process in [child, id] {
            process.signal(Signal::SIGKILL);
            assert!(process.wait_gone(Duration::from_secs(5)));
        }
        parent.wait().unwrap();
    }

    #[test]
    fn a_whole_session_is_ended_with_those_who_left_the_group() {
        // A shell with job control gives each background job a process group of its own.
        let script = "set -m; sleep 600 & echo $!; wait";
        let mut shell = Command::new("setsid")
            .args(["sh", "-c", script])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = shell.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
        let job = ProcessId::of(line.trim().parse().unwrap()).unwrap();
        let leader = ProcessId::of(i32::try_from(shell.id()).unwrap()).unwrap();
        leader.signal_session(Signal::SIGKILL);
        assert!(job.wait_gone(Duration::from_secs(5)));
        assert!(leader.wait_gone(Duration::from_secs(5)));
        shell.wait().unwrap();
    }
}
