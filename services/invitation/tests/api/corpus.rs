//! Files as programs and people really leave them, in `tests/spreadsheets`, each beside the preview that is right for it.
//! `MUSTER_REGENERATE` writes the previews anew; what is right for a file is for people to see.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use muster_proto::invitation::v1::{ImportProblem, ImportProblemSeverity, ImportRow};
use muster_testkit::corpus;
use tonic::Status;

use crate::fixture::Fixture;
use crate::upload::{disapprove, rows, upload};

/// How many groups and problems of a row are shown, and how much of each text, in characters.
const GROUPS: usize = 5;
const PROBLEMS: usize = 3;
const SHOWN: usize = 120;

#[tokio::test(flavor = "multi_thread")]
async fn every_file_becomes_the_preview_beside_it() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    for group in ["Night shift", "Children's room", "Caf\u{e9} staff"] {
        fixture.group(group).await;
    }
    fixture.location("Main").await;
    let mut wrong = String::new();
    for file in files() {
        let read = shown(&fixture, &std::fs::read(&file).unwrap()).await;
        if std::env::var_os("MUSTER_REGENERATE").is_some() {
            std::fs::write(expected_of(&file), &read).unwrap();
        }
        let expected = std::fs::read_to_string(expected_of(&file)).unwrap_or_default();
        if read != expected {
            writeln!(wrong, "== {}\n{read}-- instead of\n{expected}", file.display()).unwrap();
        }
    }
    assert!(
        wrong.is_empty(),
        "{wrong}review it, then MUSTER_REGENERATE=1 cargo test -p muster-invitation every_file_becomes"
    );
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spreadsheets");
    let files = corpus(&folder);
    assert!(files.len() >= 60, "{} files", files.len());
    files
}

fn expected_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".expected");
    name.into()
}

async fn shown(fixture: &Fixture, file: &[u8]) -> String {
    let import = match upload(fixture, file).await {
        Ok(import) => import,
        Err(status) => return refused(&status),
    };
    let understood = match import.sheet.as_str() {
        "" => format!("{} {:?}", import.encoding, import.separator),
        sheet => format!("sheet {sheet:?}"),
    };
    let mut text = format!(
        "{understood}: {} rows, {} valid, {} errors\n",
        import.row_count, import.valid_count, import.error_count
    );
    for row in rows(fixture, &import).await {
        show(&row, &mut text);
    }
    disapprove(fixture, &import).await.unwrap();
    text
}

fn refused(status: &Status) -> String {
    format!("refused: {}\n", plain(status.message()))
}

fn show(row: &ImportRow, text: &mut String) {
    let groups: Vec<String> = row.groups.iter().map(|group| short(group)).collect();
    let groups = match groups.len() {
        ..=GROUPS => groups.join(" + "),
        count => format!("{count} groups"),
    };
    let state = row.state().as_str_name().trim_start_matches("IMPORT_ROW_STATE_");
    let (address, location) = (short(&row.address), short(&row.location));
    // As an editor counts, and where that is another number, as spreadsheet programs do.
    let number = match row.row {
        number if number == row.line => String::new(),
        number => format!(" (row {number})"),
    };
    writeln!(
        text,
        "line {}{number} {state}: {address} | {groups} | {location}",
        row.line
    )
    .unwrap();
    row.problems
        .iter()
        .take(PROBLEMS)
        .for_each(|problem| show_problem(problem, text));
}

fn show_problem(problem: &ImportProblem, text: &mut String) {
    let severity = match problem.severity() {
        ImportProblemSeverity::Error => "error",
        _ => "warning",
    };
    writeln!(
        text,
        "  {severity} {}: {}",
        problem.column,
        plain(&problem.description)
    )
    .unwrap();
    let reason = problem.reason().as_str_name();
    let reason = reason.trim_start_matches("IMPORT_PROBLEM_REASON_");
    let value = match problem.value.as_str() {
        "" => String::new(),
        value => format!(": {}", short(value)),
    };
    writeln!(text, "    {reason}{value}").unwrap();
    if !problem.suggestion.is_empty() {
        writeln!(text, "    meant: {}", plain(&problem.suggestion)).unwrap();
    }
}

fn short(text: &str) -> String {
    let shown: String = plain(text).chars().take(SHOWN).collect();
    if shown.len() < plain(text).len() {
        shown + "\u{2026}"
    } else {
        shown
    }
}

/// What cannot be seen by its number.
fn plain(text: &str) -> String {
    let is_hidden = |c: char| c != ' ' && (c.is_whitespace() || c.is_control() || muster_text::is_unseen(c));
    let show = |c: char| {
        if is_hidden(c) {
            c.escape_unicode().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(show).collect()
}
