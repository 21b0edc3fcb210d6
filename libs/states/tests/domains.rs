//! A domain knows neither transport nor storage: what a service decides can be read, and tested, without them.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Crates, by the beginning of their names: `prost` is also `prost_types`.
const FOREIGN: [&str; 6] = [
    "sqlx",
    "prost",
    "tonic",
    "muster_proto",
    "muster_database",
    "muster_messaging",
];

/// What stands around a domain in a service, and uses it.
const AROUND: [&str; 5] = ["ops", "rpc", "store", "events", "convert"];

/// `domain.rs` and everything in `domain/` of every service.
fn domains() -> Vec<PathBuf> {
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services");
    let mut waiting = Vec::new();
    for service in fs::read_dir(services).unwrap() {
        let source = service.unwrap().path().join("src");
        waiting.extend([source.join("domain.rs"), source.join("domain")]);
    }
    let mut files = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files
}

/// The foreign crates that a source names outside of its comments.
fn foreign(source: &str) -> Vec<&'static str> {
    let code = source
        .lines()
        .filter_map(|line| line.split("//").next())
        .collect::<Vec<_>>()
        .join("\n");
    let words: Vec<&str> = code
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .collect();
    let named = |name: &&'static str| words.iter().any(|word| word.starts_with(*name));
    FOREIGN.into_iter().filter(named).collect()
}

#[test]
fn a_domain_imports_neither_storage_nor_transport() {
    let files = domains();
    assert!(files.len() > 20, "the domains have moved: {files:?}");
    for file in files {
        let found = foreign(&fs::read_to_string(&file).unwrap());
        assert!(found.is_empty(), "{} names {found:?}", file.display());
    }
}

#[test]
fn a_domain_is_used_by_what_stands_around_it_and_uses_none_of_it() {
    for file in domains() {
        let source = fs::read_to_string(&file).unwrap();
        let used = |room: &&str| source.contains(&format!("crate::{room}::"));
        let used: Vec<_> = AROUND.into_iter().filter(used).collect();
        assert!(used.is_empty(), "{} uses {used:?}", file.display());
    }
}

#[test]
fn a_foreign_name_is_found_in_code_and_not_in_comments() {
    assert_eq!(foreign("use sqlx::Row; // and so on"), ["sqlx"]);
    assert_eq!(foreign("fn at() -> prost_types::Timestamp {"), ["prost"]);
    assert!(foreign("/// No tonic, no sqlx.\nuse time::OffsetDateTime;").is_empty());
}
