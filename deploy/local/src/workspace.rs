//! Where things are: the workspace, and the directory with everything that `cargo dev` keeps.

use std::env;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use muster_engines::PidFile;

use crate::suite::ENGINES;

const DEFAULT: &str = ".dev";
/// What is measured in instructions a call is built as it is shipped (`profile.dist` of the workspace).
pub(crate) const SHIPPED: &str = "gateway";
/// What marks a directory of ours: whoever works in it holds one of these.
const LOCKS: [&str; 4] = ["lock", "test.lock", "bench.lock", "prove.lock"];
/// RabbitMQ looks for free space with a shell, and quotes nothing: with one of these it never starts.
const UNQUOTED: &str = "'\"`$&|;<>()\\\n";

/// The workspace and its `.dev`.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The workspace's root.
    pub root: PathBuf,
    /// `.dev`.
    pub state: PathBuf,
}

impl Workspace {
    /// Finds the workspace from the working directory upwards.
    ///
    /// # Errors
    /// The working directory is not inside the workspace.
    pub fn find(state: Option<PathBuf>) -> anyhow::Result<Self> {
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

    /// Makes the directory, or finds it as we left it. One that holds something else is refused: what has the name of a
    /// part of ours there (`keys`, `env`, `test`) would be removed with `--fresh`.
    pub(crate) fn claim(&self) -> anyhow::Result<()> {
        let state = &self.state;
        if state
            .to_string_lossy()
            .contains(|letter| UNQUOTED.contains(letter))
        {
            bail!(
                "{} holds one of {} in its name, and RabbitMQ does not start there: name another with `--dir`",
                state.display(),
                UNQUOTED.trim_end()
            );
        }
        fs::create_dir_all(state).with_context(|| format!("cannot create {}", state.display()))?;
        let mut found = fs::read_dir(state).with_context(|| format!("cannot read {}", state.display()))?;
        if found.next().is_some() && !LOCKS.iter().any(|lock| self.at(lock).exists()) {
            bail!(
                "{} holds something else: for a suite, name a directory that is new, or empty",
                state.display()
            );
        }
        // From now on it is known as ours, whatever comes into it first.
        let mark = self.at(LOCKS[0]);
        let made = File::options().create(true).append(true).open(&mark);
        made.with_context(|| format!("cannot write {}", mark.display()))?;
        Ok(())
    }

    /// What to type for this suite.
    #[must_use]
    pub fn command(&self) -> String {
        if self.is_default() {
            return "cargo dev".to_owned();
        }
        let state = self.state.display().to_string();
        let plain = |letter: char| letter.is_alphanumeric() || "/._-".contains(letter);
        if state.chars().all(plain) {
            format!("cargo dev --dir {state}")
        } else {
            format!("cargo dev --dir '{state}'")
        }
    }

    /// Is this the suite of the checkout, and not one of another directory?
    pub(crate) fn is_default(&self) -> bool {
        self.state == self.root.join(DEFAULT)
    }

    /// A directory below `.dev` for another suite.
    #[must_use]
    pub fn inner(&self, name: &str) -> Self {
        Self {
            root: self.root.clone(),
            state: self.at(name),
        }
    }

    /// A file or directory below `.dev`.
    #[must_use]
    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.state.join(path)
    }

    /// Where a part writes its log.
    #[must_use]
    pub fn log(&self, part: &str) -> PathBuf {
        self.state.join("logs").join(format!("{part}.log"))
    }

    /// Remembers the process of a part.
    #[must_use]
    pub fn pid_file(&self, part: &str) -> PidFile {
        PidFile::at(if ENGINES.contains(&part) {
            self.state.join(part).join("pid")
        } else {
            self.state.join("run").join(format!("{part}.pid"))
        })
    }

    /// Remembers the process that keeps a part away: as long as that one lives, and the file is there, the part is not started
    /// again.
    #[must_use]
    pub fn keeper_file(&self, part: &str) -> PidFile {
        PidFile::at(self.state.join("run").join(format!("{part}.keeper")))
    }

    /// Where `up --detach` finds out how it went.
    pub(crate) fn outcome(&self) -> PathBuf {
        self.at("run/outcome")
    }

    /// This program, also after a rebuild has replaced its file.
    ///
    /// # Errors
    /// The file cannot be found.
    pub fn own_program() -> anyhow::Result<PathBuf> {
        let path = env::current_exe().context("this program's file cannot be found")?;
        let name = path.to_string_lossy();
        Ok(PathBuf::from(name.strip_suffix(" (deleted)").unwrap_or(&name)))
    }

    /// Where cargo puts the services.
    ///
    /// # Errors
    /// This program was not started by cargo.
    pub fn binaries(release: bool) -> anyhow::Result<PathBuf> {
        let own = Self::own_program()?;
        let target = own
            .ancestors()
            .nth(2)
            .context("this program was not started by cargo")?;
        Ok(target.join(if release { "release" } else { "debug" }))
    }

    /// The program of a service. Optimized, the gateway is the one that is shipped: `profile.dist`.
    ///
    /// # Errors
    /// This program was not started by cargo.
    pub fn service(name: &str, release: bool) -> anyhow::Result<PathBuf> {
        let binaries = Self::binaries(release)?;
        let folder = if release && name == SHIPPED {
            binaries.with_file_name("dist")
        } else {
            binaries
        };
        Ok(folder.join(format!("muster-{name}")))
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
    use crate::suite::SERVICES;

    /// A workspace that nobody else has.
    fn workspace(name: &str) -> Workspace {
        let root = env::temp_dir().join(format!("muster-{name}-{}", std::process::id()));
        Workspace {
            state: root.join(DEFAULT),
            root,
        }
    }

    #[test]
    fn a_directory_that_holds_something_else_is_left_alone() {
        let workspace = workspace("claim");
        fs::create_dir_all(&workspace.state).unwrap();
        fs::write(workspace.at("keys"), "of the house").unwrap();
        let refusal = workspace.claim().unwrap_err().to_string();
        assert!(refusal.contains("holds something else"), "{refusal}");
        // An empty one is ours from then on, whatever comes into it.
        fs::remove_file(workspace.at("keys")).unwrap();
        workspace.claim().unwrap();
        fs::create_dir(workspace.at("programs")).unwrap();
        workspace.claim().unwrap();
        fs::remove_dir_all(&workspace.root).unwrap();
    }

    #[test]
    fn a_service_is_measured_as_it_is_shipped() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker/build");
        for service in SERVICES {
            let mut asked = std::process::Command::new(&script);
            asked.args([service, "--profile"]).env_remove("PROFILE");
            let profile = String::from_utf8(asked.output().unwrap().stdout).unwrap();
            let measured = Workspace::service(service, true).unwrap();
            let folder = measured.parent().unwrap();
            assert!(folder.ends_with(profile.trim()), "{service}: {profile}");
        }
    }

    #[test]
    fn a_directory_that_rabbitmq_cannot_live_in_is_refused() {
        let refusal = workspace("father's").claim().unwrap_err().to_string();
        assert!(refusal.contains("RabbitMQ does not start there"), "{refusal}");
    }

    #[test]
    fn commands_name_the_suite_that_they_are_for() {
        let workspace = workspace("command");
        assert_eq!(workspace.command(), "cargo dev");
        let elsewhere = |state: &str| Workspace {
            state: state.into(),
            root: workspace.root.clone(),
        };
        assert_eq!(
            elsewhere("/srv/suite-2").command(),
            "cargo dev --dir /srv/suite-2"
        );
        assert_eq!(
            elsewhere("/srv/my suite").command(),
            "cargo dev --dir '/srv/my suite'"
        );
    }

    #[test]
    fn what_is_gone_already_can_be_forgotten() {
        let workspace = workspace("forget");
        let root = workspace.root.clone();
        fs::create_dir_all(workspace.at("postgres")).unwrap();
        std::os::unix::fs::symlink(root.join("gone"), workspace.at("postgres/elsewhere")).unwrap();
        workspace.forget().unwrap();
        assert!(!workspace.at("postgres").exists());
        fs::remove_dir_all(&root).unwrap();
    }
}
