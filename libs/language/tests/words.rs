//! Who reads Spanish meets one thing by one word, wherever it is said: on pages, in mails, in files and in what is copied from here.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// How else Spanish may call a training, by how the words begin. Here it is *formación*, which also stands in what people agree to.
const OTHER_TRAININGS: [&str; 4] = ["adiestramiento", "capacitaci", "curs", "entrenamiento"];

/// The files of Spanish messages below a folder.
fn messages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() {
            messages(&path, found);
        } else if name == "es.ftl" || name.ends_with(".es.ftl") {
            found.push(path);
        }
    }
}

/// The words of a text that begin like another name of a training.
fn others(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
    let is_other = |word: &String| OTHER_TRAININGS.iter().any(|other| word.starts_with(other));
    words.filter(is_other).collect()
}

#[test]
fn a_training_is_called_by_one_word() {
    let mut files = Vec::new();
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services");
    messages(&services, &mut files);
    assert!(files.len() >= 14, "{files:?}");
    let mut is_said = false;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(others(&text), Vec::<String>::new(), "{}", file.display());
        is_said = is_said || text.contains("formaciones");
    }
    assert!(is_said, "nothing speaks of trainings");
    assert_eq!(others("Sus Cursos y la capacitación"), ["cursos", "capacitación"]);
}
