//! Where the engines' programs are, whatever the distribution's version.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The directory of the newest installed PostgreSQL server.
pub(crate) fn postgres() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions
        .pop()
        .map(|(_, bin)| bin)
        .or_else(|| on_path("initdb")?.parent().map(Path::to_path_buf))
}

/// The server script itself. Debian's wrapper in `/usr/sbin` switches to the system's user and data directory.
pub(crate) fn rabbitmq() -> Option<PathBuf> {
    let debian = PathBuf::from("/usr/lib/rabbitmq/bin/rabbitmq-server");
    if debian.exists() {
        Some(debian)
    } else {
        on_path("rabbitmq-server")
    }
}

/// A program on the search path.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| file.exists())
}

/// A program that Debian puts where only root's search path leads.
pub(crate) fn for_administrators(name: &str) -> Option<PathBuf> {
    let debian = Path::new("/usr/sbin").join(name);
    on_path(name).or_else(|| debian.exists().then_some(debian))
}
