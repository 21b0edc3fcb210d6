//! Where the engines' programs are, whatever the distribution's version.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The installed PostgreSQL servers, the newest last: the version, and the directory of its programs.
pub(crate) fn postgres_versions() -> Vec<(u32, PathBuf)> {
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
    if versions.is_empty() {
        versions.extend(postgres_on_path());
    }
    versions
}

/// The directory of the newest installed PostgreSQL server.
pub(crate) fn postgres() -> Option<PathBuf> {
    postgres_versions().pop().map(|(_, bin)| bin)
}

/// Where a distribution knows one version only: `initdb (PostgreSQL) 17.2`.
fn postgres_on_path() -> Option<(u32, PathBuf)> {
    let program = on_path("initdb")?;
    let told = Command::new(&program).arg("--version").output().ok()?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let version = told.split_whitespace().last()?.split('.').next()?;
    Some((version.parse().ok()?, program.parent()?.to_path_buf()))
}

/// The server script itself.
pub(crate) fn rabbitmq() -> Option<PathBuf> {
    script_of_rabbitmq("rabbitmq-server")
}

/// The script that controls a server.
pub(crate) fn rabbitmqctl() -> Option<PathBuf> {
    script_of_rabbitmq("rabbitmqctl")
}

/// Debian's wrappers in `/usr/sbin` switch to the system's user and data directory.
fn script_of_rabbitmq(name: &str) -> Option<PathBuf> {
    let debian = Path::new("/usr/lib/rabbitmq/bin").join(name);
    if debian.exists() {
        Some(debian)
    } else {
        on_path(name)
    }
}

/// A program on the search path.
#[must_use]
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| file.exists())
}

/// The first of these programs that is there: names on the search path, or whole paths.
pub(crate) fn first_of(names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| on_path(name))
}

/// A program that Debian puts where only root's search path leads.
pub(crate) fn for_administrators(name: &str) -> Option<PathBuf> {
    let debian = Path::new("/usr/sbin").join(name);
    on_path(name).or_else(|| debian.exists().then_some(debian))
}

/// A mechanism of Cyrus SASL; its libraries are in a directory of the machine's architecture.
pub(crate) fn sasl_mechanism(name: &str) -> Option<PathBuf> {
    let architectures = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let places = architectures.map(|entry| entry.path().join("sasl2").join(name));
    places
        .chain([Path::new("/usr/lib/sasl2").join(name)])
        .find(|file| file.exists())
}
