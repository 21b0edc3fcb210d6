//! Which of the installed versions to run.

use std::fs;
use std::path::{Path, PathBuf};

use crate::EngineError;
use crate::programs::postgres_versions;

/// The version that made the data, and its programs; the newest when there is none yet.
pub(super) fn for_data(data: &Path) -> Result<(u32, PathBuf), EngineError> {
    choose(data, postgres_versions())
}

fn choose(data: &Path, mut installed: Vec<(u32, PathBuf)>) -> Result<(u32, PathBuf), EngineError> {
    let made_by = fs::read_to_string(data.join("PG_VERSION"));
    let Some(version) = made_by.ok().and_then(|text| text.trim().parse().ok()) else {
        return installed.pop().ok_or_else(|| EngineError::Missing {
            program: "PostgreSQL",
            advice: "install the package `postgresql`".to_owned(),
        });
    };
    let names: Vec<String> = installed.iter().map(|(version, _)| version.to_string()).collect();
    let same = installed.into_iter().find(|(other, _)| *other == version);
    same.ok_or_else(|| EngineError::OtherVersion {
        data: data.to_path_buf(),
        version,
        installed: names.join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_opened_by_the_version_that_made_it() {
        let data = std::env::temp_dir().join(format!("muster-version-{}", std::process::id()));
        let installed = || vec![(15, PathBuf::from("/15/bin")), (17, PathBuf::from("/17/bin"))];
        assert_eq!(
            choose(&data, installed()).unwrap(),
            (17, PathBuf::from("/17/bin"))
        );
        fs::create_dir_all(&data).unwrap();
        fs::write(data.join("PG_VERSION"), "15\n").unwrap();
        assert_eq!(
            choose(&data, installed()).unwrap(),
            (15, PathBuf::from("/15/bin"))
        );
        fs::write(data.join("PG_VERSION"), "16\n").unwrap();
        let refusal = choose(&data, installed()).unwrap_err().to_string();
        assert!(
            refusal.contains("postgresql-16") && refusal.contains("15, 17"),
            "{refusal}"
        );
        fs::remove_dir_all(&data).unwrap();
    }
}
