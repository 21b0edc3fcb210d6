//! Where the data is, and whose it is: PostgreSQL refuses to run as root.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::{User, geteuid};

use super::Durability;
use crate::{EngineError, disk};

/// Below it is the data of checkouts in which only root may be.
const ELSEWHERE: &str = "/var/lib/muster-dev";

/// A file system in memory that every Linux has. A database a test is some hundred files made and removed again, several times
/// faster there than on a disk.
const MEMORY: &str = "/dev/shm";

/// What the whole test run may fill, in megabytes, with what is usual several times over.
const NEEDED_MEMORY_MB: u64 = 4_000;

/// In a directory of a data directory's place: where that is, when it is not in there.
const LINK: &str = "elsewhere";

/// The place of a data directory, and its owner.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) directory: PathBuf,
    /// To whom root hands it.
    pub(super) owner: Option<(u32, u32)>,
}

impl Home {
    /// In `directory`, unless the owner could not reach it, or it need not outlive the machine and there is room in its memory.
    pub(super) fn of(directory: &Path, durability: Durability) -> Result<Self, EngineError> {
        fs::create_dir_all(directory).map_err(EngineError::file("create", directory))?;
        let directory = directory
            .canonicalize()
            .map_err(EngineError::file("find", directory))?;
        let owner = if geteuid().is_root() {
            Some(unprivileged()?)
        } else {
            None
        };
        let memory = match durability {
            Durability::Careless => in_memory(&directory)?,
            Durability::Durable => None,
        };
        let directory = match memory {
            Some(place) => place,
            None if owner.is_none() || open_to_all(&directory) => directory,
            None => place_below(Path::new(ELSEWHERE), &directory)?,
        };
        Ok(Self { directory, owner })
    }

    /// Forgets the data of `directory`, wherever it is.
    pub(super) fn remove(directory: &Path) -> Result<(), EngineError> {
        if let Ok(home) = fs::read_link(directory.join(LINK)) {
            remove(&home)?;
        }
        remove(directory)
    }
}

/// What is gone already is as good.
fn remove(directory: &Path) -> Result<(), EngineError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(EngineError::file("remove", directory)(error))
        }
        _ => Ok(()),
    }
}

/// A place in memory for data that has none yet, if there is room for it.
fn in_memory(directory: &Path) -> Result<Option<PathBuf>, EngineError> {
    if directory.join("data").exists() {
        return Ok(None);
    }
    let all = Path::new(MEMORY).join(format!("muster-dev-{}", geteuid()));
    let begun = fs::read_link(directory.join(LINK)).is_ok_and(|home| home.starts_with(&all) && home.exists());
    let roomy = || disk::require_space(Path::new(MEMORY), NEEDED_MEMORY_MB).is_ok() && memory_is_free();
    if (begun || roomy()) && is_ours(&all) {
        place_below(&all, directory).map(Some)
    } else {
        Ok(None)
    }
}

/// Everybody may write into that file system: a directory that somebody else made there under our name is not used.
fn is_ours(all: &Path) -> bool {
    let _ = fs::DirBuilder::new().mode(0o755).create(all);
    fs::symlink_metadata(all).is_ok_and(|meta| meta.is_dir() && meta.uid() == geteuid().as_raw())
}

/// A file system in memory promises what may not be there. Half of what is free remains for everything else.
fn memory_is_free() -> bool {
    let told = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = available.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.is_some_and(|kilobytes| kilobytes / 1_000 >= 2 * NEEDED_MEMORY_MB)
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

/// A place below `all` for the data of `directory`, found again through a link in there.
fn place_below(all: &Path, directory: &Path) -> Result<PathBuf, EngineError> {
    // Whoever forgets the directory (`--fresh`) finds the data through this link.
    let link = directory.join(LINK);
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
        fs::remove_file(places[0].join(LINK)).unwrap();
        let again = place_below(&all, &places[0]).unwrap();
        assert!(
            !again.join("kept").exists(),
            "a forgotten directory forgets its data"
        );
        fs::remove_dir_all(&scratch).unwrap();
    }
}
