//! Who listens on a port?

use std::fs;

/// The program that listens on a TCP port of this machine, like `nginx (pid 812)`; `None` when it cannot be told.
#[must_use]
pub fn holder_of(port: u16) -> Option<String> {
    let inode = listening_inode(port)?;
    let socket = format!("socket:[{inode}]");
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok())
        else {
            continue;
        };
        let Ok(files) = fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        let holds = files
            .flatten()
            .any(|file| fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == socket.as_str()));
        if holds {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (pid {pid})", name.trim()));
        }
    }
    None
}

/// The inode of the listening socket, from the kernel's tables: state `0A` is LISTEN, ports are hexadecimal.
fn listening_inode(port: u16) -> Option<String> {
    let suffix = format!(":{port:04X}");
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = fs::read_to_string(table).unwrap_or_default();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if fields.get(1)?.ends_with(&suffix) && *fields.get(3)? == "0A" {
                return fields.get(9).map(ToString::to_string);
            }
        }
    }
    None
}
