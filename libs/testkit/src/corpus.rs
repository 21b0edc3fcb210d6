//! Files as others leave them, for tests to read.

use std::fs;
use std::path::{Path, PathBuf};

/// The files of a folder in the order of their names, without those that say what is right of the one they stand beside (`….expected`).
///
/// # Panics
/// When the folder cannot be read.
#[must_use]
pub fn corpus(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry of the folder").path());
    let is_file = |path: &PathBuf| path.extension().is_some_and(|kind| kind != "expected");
    let mut files: Vec<PathBuf> = paths.filter(is_file).collect();
    files.sort();
    files
}
