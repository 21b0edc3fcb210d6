//! Where things are: the workspace, and the directory with everything that `cargo dev` keeps.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use muster_engines::PidFile;

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
        let state = state.map_or_else(|| root.join(".dev"), |given| here.join(given));
        Ok(Self { root, state })
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

    /// Forgets everything but the addresses.
    pub(crate) fn forget(&self) -> anyhow::Result<()> {
        // The database lives elsewhere when the workspace is where only root may enter.
        if let Ok(elsewhere) = fs::read_link(self.at("postgres/elsewhere")) {
            fs::remove_dir_all(&elsewhere)
                .with_context(|| format!("cannot remove {}", elsewhere.display()))?;
        }
        for part in [
            "postgres", "rabbitmq", "keys", "tokens", "inbox", "traces", "issuer", "env",
        ] {
            let path = self.at(part);
            if path.exists() {
                fs::remove_dir_all(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        // Not the supervisor's own log: it is being written.
        let logs = fs::read_dir(self.at("logs")).into_iter().flatten().flatten();
        for log in logs.filter(|log| log.file_name() != "up.log") {
            let _ = fs::remove_file(log.path());
        }
        Ok(())
    }
}
