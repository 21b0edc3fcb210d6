//! Where the data is, and whose it is: PostgreSQL refuses to run as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::{User, geteuid};

use crate::EngineError;

/// Below it is the data of checkouts in which only root may be.
const ELSEWHERE: &str = "/var/lib/muster-dev";

/// The place of a data directory, and its owner.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) directory: PathBuf,
    /// To whom root hands it.
    pub(super) owner: Option<(u32, u32)>,
}

impl Home {
    /// In `directory`, unless the owner could not reach it.
    pub(super) fn of(directory: &Path) -> Result<Self, EngineError> {
        fs::create_dir_all(directory).map_err(EngineError::file("create", directory))?;
        let directory = directory
            .canonicalize()
            .map_err(EngineError::file("find", directory))?;
        if !geteuid().is_root() {
            return Ok(Self {
                directory,
                owner: None,
            });
        }
        let owner = Some(unprivileged()?);
        let directory = if open_to_all(&directory) {
            directory
        } else {
            elsewhere(&directory)?
        };
        Ok(Self { directory, owner })
    }
}

/// The user of the package, or any that owns nothing.
fn unprivileged() -> Result<(u32, u32), EngineError> {
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| User::from_name(name).ok().flatten())
        .map(|user| (user.uid.as_raw(), user.gid.as_raw()))
        .ok_or_else(|| EngineError::Missing {
            program: "an unprivileged user",
            advice: "PostgreSQL refuses to run as root: create a user `postgres`".to_owned(),
        })
}

/// Can every user reach what is inside?
fn open_to_all(directory: &Path) -> bool {
    directory
        .ancestors()
        .all(|part| part.metadata().is_ok_and(|meta| meta.mode() & 0o001 != 0))
}

/// A place for the data when the workspace is in a directory that only root may enter (like `/root`).
fn elsewhere(directory: &Path) -> Result<PathBuf, EngineError> {
    let name = directory.to_string_lossy().replace('/', "-");
    let home = Path::new(ELSEWHERE).join(name.trim_start_matches('-'));
    // Whoever forgets the directory (`--fresh`) finds the data through this link.
    let link = directory.join("elsewhere");
    if !link.exists() {
        let _ = fs::remove_file(&link);
        // No pointer in the directory means that it was forgotten: so is the data.
        if home.exists() {
            fs::remove_dir_all(&home).map_err(EngineError::file("empty", &home))?;
        }
        fs::create_dir_all(&home).map_err(EngineError::file("create", &home))?;
        std::os::unix::fs::symlink(&home, &link).map_err(EngineError::file("link", &link))?;
    }
    // Whatever root's umask is, the owner of the data has to pass.
    for part in [Path::new(ELSEWHERE), &home] {
        fs::set_permissions(part, fs::Permissions::from_mode(0o755))
            .map_err(EngineError::file("open", part))?;
    }
    Ok(home)
}
