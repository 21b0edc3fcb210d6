//! A spreadsheet as people really have them.

use super::scenario::Scenario;
use super::setup::{GROUPS, LOCATION};

/// Rows without the header.
pub(super) const ROWS: usize = 500;
/// Rows that cannot become invitations of their own: one doubled, two with a wrong group, one with no address.
pub(super) const LOST: usize = 4;
/// The learner of the developer's issuer who stands in the first row.
pub(super) const LEARNER: &str = "learner-4";

/// 500 rows, saved by a spreadsheet program: a byte order mark, semicolons, CRLF, quoted fields, upper-case addresses;
/// among them a doubled row, two wrong group names and one impossible address.
pub(super) fn bytes(scenario: &Scenario) -> Vec<u8> {
    let mut text = "\u{feff}Email;Groups;Location\r\n".to_owned();
    for row in 1..=ROWS {
        text.push_str(&line(scenario, row));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

fn line(scenario: &Scenario, row: usize) -> String {
    let both = format!("\"{};{}\"", GROUPS[0], GROUPS[1]);
    match row {
        1 => format!(
            "{}@EXAMPLE.TEST;\"{}\";{LOCATION}",
            LEARNER.to_uppercase(),
            GROUPS[0]
        ),
        // The row before, once more, as somebody typed it on another day.
        101 => format!(
            "{};{};{LOCATION}",
            scenario.colleague(100).to_uppercase(),
            GROUPS[0]
        ),
        200 => format!("{};lead teachers;{LOCATION}", scenario.colleague(row)),
        201 => format!("{};\"{} \";{LOCATION}", scenario.colleague(row), GROUPS[1]),
        300 => format!("colleague at school;{};{LOCATION}", GROUPS[0]),
        _ if row.is_multiple_of(7) => format!(
            "\"{}\";{both};\"{LOCATION}\"",
            scenario.colleague(row).to_uppercase()
        ),
        _ => format!("{};{};{LOCATION}", scenario.colleague(row), GROUPS[0]),
    }
}
