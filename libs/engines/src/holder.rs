//! Who listens on a port?

use std::fs;
use std::path::{Path, PathBuf};

/// The program that listens on a TCP port of this machine, like `nginx (pid 812)`; `None` when it cannot be told.
#[must_use]
pub fn holder_of(port: u16) -> Option<String> {
    let sockets = listening_sockets(port);
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok())
        else {
            continue;
        };
        if has_open(&process.path(), &sockets) {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (pid {pid})", name.trim()));
        }
    }
    None
}

/// Does this process listen on the port? A connection alone does not tell: a stranger may have taken it.
pub(crate) fn listens(pid: i32, port: u16) -> bool {
    has_open(&PathBuf::from(format!("/proc/{pid}")), &listening_sockets(port))
}

/// Has a process (its directory in `/proc`) one of these files open? No, when we may not look.
fn has_open(process: &Path, wanted: &[String]) -> bool {
    fs::read_dir(process.join("fd"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|file| fs::read_link(file.path()).ok())
        .any(|to| wanted.iter().any(|socket| to.as_os_str() == socket.as_str()))
}

/// The listening sockets on a port, as `/proc/PID/fd` names them. In the kernel's tables, state `0A` is LISTEN and ports
/// are hexadecimal.
fn listening_sockets(port: u16) -> Vec<String> {
    let suffix = format!(":{port:04X}");
    let mut sockets = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = fs::read_to_string(table).unwrap_or_default();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if let [_, local, _, "0A", ..] = fields[..]
                && local.ends_with(&suffix)
                && let Some(inode) = fields.get(9)
            {
                sockets.push(format!("socket:[{inode}]"));
            }
        }
    }
    sockets
}
