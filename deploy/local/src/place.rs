//! Where things are: the workspace, and the directory with everything that `cargo dev` keeps.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use muster_engines::PidFile;

const DEFAULT: &str = ".dev";

/// The workspace and its `.dev`.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The workspace's root.
    pub(crate) root: PathBuf,
    /// `.dev`.
    pub(crate) state: PathBuf,
}

impl Place {
    /// Finds the workspace from the working directory upwards.
    pub(crate) fn find(state: Option<PathBuf>) -> anyhow::Result<Self> {
        let here = env::current_dir().context("there is no working directory")?;
        let root = here
            .ancestors()
            .find(|directory| directory.join("deploy/local/Cargo.toml").exists());
        let Some(root) = root.map(Path::to_path_buf) else {
            bail!(
                "{} is not inside Muster's workspace: change into it",
                here.display()
            );
        };
        let state = state.map_or_else(|| root.join(DEFAULT), |given| here.join(given));
        Ok(Self { root, state })
    }

    /// Is this the suite of the checkout, and not one of another directory?
    pub(crate) fn is_default(&self) -> bool {
        self.state == self.root.join(DEFAULT)
    }

    /// A directory below `.dev` for another suite.
    pub(crate) fn inner(&self, name: &str) -> Self {
        Self {
            root: self.root.clone(),
            state: self.at(name),
        }
    }

    /// A file or directory below `.dev`.
    pub(crate) fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.state.join(path)
    }

    /// Where a part writes its log.
    pub(crate) fn log(&self, part: &str) -> PathBuf {
        self.state.join("logs").join(format!("{part}.log"))
    }

    /// Remembers the process of a part.
    pub(crate) fn pid_file(&self, part: &str) -> PidFile {
        PidFile::at(match part {
            "postgres" | "rabbitmq" => self.state.join(part).join("pid"),
            _ => self.state.join("run").join(format!("{part}.pid")),
        })
    }

    /// Where `up --detach` finds out how it went.
    pub(crate) fn outcome(&self) -> PathBuf {
        self.at("run/outcome")
    }

    /// This program, also after a rebuild has replaced its file.
    pub(crate) fn own_program() -> anyhow::Result<PathBuf> {
        let path = env::current_exe().context("this program's file cannot be found")?;
        let name = path.to_string_lossy();
        Ok(PathBuf::from(name.strip_suffix(" (deleted)").unwrap_or(&name)))
    }

    /// Where cargo puts the services.
    pub(crate) fn binaries(release: bool) -> anyhow::Result<PathBuf> {
        let own = Self::own_program()?;
        let target = own
            .ancestors()
            .nth(2)
            .context("this program was not started by cargo")?;
        Ok(target.join(if release { "release" } else { "debug" }))
    }

    /// Forgets the addresses, for a suite that nobody knows by its address. A remembered one may be taken by now.
    pub(crate) fn forget_addresses(&self) {
        for file in ["ports", "addresses.json"] {
            let _ = fs::remove_file(self.at(file));
        }
    }

    /// Forgets everything but the addresses.
    pub(crate) fn forget(&self) -> anyhow::Result<()> {
        // The database lives elsewhere when the workspace is where only root may enter.
        if let Ok(elsewhere) = fs::read_link(self.at("postgres/elsewhere")) {
            remove(&elsewhere)?;
        }
        for part in [
            "postgres", "rabbitmq", "keys", "tokens", "inbox", "traces", "issuer", "env",
        ] {
            remove(&self.at(part))?;
        }
        // Not the supervisor's own log: it is being written.
        let logs = fs::read_dir(self.at("logs")).into_iter().flatten().flatten();
        for log in logs.filter(|log| log.file_name() != "up.log") {
            let _ = fs::remove_file(log.path());
        }
        Ok(())
    }
}

/// Removes a directory, if it is there.
fn remove(directory: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", directory.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_already_can_be_forgotten() {
        let root = env::temp_dir().join(format!("muster-place-{}", std::process::id()));
        let place = Place {
            state: root.join(DEFAULT),
            root: root.clone(),
        };
        fs::create_dir_all(place.at("postgres")).unwrap();
        std::os::unix::fs::symlink(root.join("gone"), place.at("postgres/elsewhere")).unwrap();
        place.forget().unwrap();
        assert!(!place.at("postgres").exists());
        fs::remove_dir_all(&root).unwrap();
    }
}
