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
    place_below(Path::new(ELSEWHERE), directory)
}

fn place_below(all: &Path, directory: &Path) -> Result<PathBuf, EngineError> {
    // Whoever forgets the directory (`--fresh`) finds the data through this link.
    let link = directory.join("elsewhere");
    let home = match fs::read_link(&link) {
        Ok(home) if home.exists() => home,
        _ => made_anew(&all.join(name_of(directory)), &link)?,
    };
    // Whatever root's umask is, the owner of the data has to pass.
    for part in [all, &home] {
        fs::set_permissions(part, fs::Permissions::from_mode(0o755))
            .map_err(EngineError::file("open", part))?;
    }
    Ok(home)
}

/// No pointer in the directory means that it was forgotten: so is the data.
fn made_anew(home: &Path, link: &Path) -> Result<PathBuf, EngineError> {
    let _ = fs::remove_file(link);
    if home.exists() {
        fs::remove_dir_all(home).map_err(EngineError::file("empty", home))?;
    }
    fs::create_dir_all(home).map_err(EngineError::file("create", home))?;
    std::os::unix::fs::symlink(home, link).map_err(EngineError::file("link", link))?;
    Ok(home.to_path_buf())
}

/// One name for each directory: two that shared one would take each other's data away. A dash stands for a slash, what
/// follows an underscore for itself.
fn name_of(directory: &Path) -> String {
    let path = directory.to_string_lossy();
    let path = path.trim_start_matches('/').replace('_', "__");
    path.replace('-', "_-").replace('/', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkouts_with_similar_paths_keep_their_data_apart_and_find_it_again() {
        let scratch = std::env::temp_dir().join(format!("muster-home-{}", std::process::id()));
        let all = scratch.join("all");
        let places = ["work-a/b", "work/a-b", "work/a/b"].map(|path| scratch.join(path));
        let homes = places.each_ref().map(|place| {
            fs::create_dir_all(place).unwrap();
            let home = place_below(&all, place).unwrap();
            fs::write(home.join("kept"), place.to_str().unwrap()).unwrap();
            home
        });
        for (place, home) in places.iter().zip(&homes) {
            assert_eq!(&place_below(&all, place).unwrap(), home);
            assert_eq!(
                fs::read_to_string(home.join("kept")).unwrap(),
                place.to_str().unwrap()
            );
        }
        fs::remove_file(places[0].join("elsewhere")).unwrap();
        let again = place_below(&all, &places[0]).unwrap();
        assert!(
            !again.join("kept").exists(),
            "a forgotten directory forgets its data"
        );
        fs::remove_dir_all(&scratch).unwrap();
    }
}
