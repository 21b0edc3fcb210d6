use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::super::fault::Fault;
use super::super::inviting::{Group, Limits, Location, OrganizationStatus, Plan};
use super::super::problem::Place;
use super::*;

fn group(name: &str, is_active: bool) -> Group {
    Group {
        display_name: name.to_owned(),
        etag: "1".to_owned(),
        is_active,
        has_trainings: true,
    }
}

fn untrained(name: &str) -> Group {
    Group {
        has_trainings: false,
        ..group(name, true)
    }
}

fn id(number: u128) -> GroupId {
    GroupId::from_uuid(Uuid::from_u128(number))
}

fn context() -> InvitingContext {
    let groups = [
        (1, group("Nurses", true)),
        (2, group("Aides", true)),
        (3, group("Old", false)),
        (4, group("A|B", true)),
        (5, untrained("Drivers")),
        (6, untrained("Cleaners")),
    ];
    InvitingContext {
        status: OrganizationStatus::Active,
        display_name: "Day nursery".to_owned(),
        language: muster_language::Language::English,
        time_zone: "America/Detroit".to_owned(),
        plan: Plan::Premium,
        limits: Limits {
            by_hand: 10,
            import_rows: 500,
            messages_per_day: 500,
        },
        groups: groups
            .into_iter()
            .map(|(number, group)| (id(number), group))
            .collect(),
        locations: HashMap::from(
            [(9, location("Main street", true)), (10, location("Mill", false))].map(place),
        ),
    }
}

fn location(name: &str, is_active: bool) -> Location {
    Location {
        display_name: name.to_owned(),
        is_active,
    }
}

fn place((number, location): (u128, Location)) -> (LocationId, Location) {
    (LocationId::from_uuid(Uuid::from_u128(number)), location)
}

fn raw(line: i32, address: &str, groups: &[&str]) -> RawRow {
    RawRow {
        line,
        number: line,
        address: address.to_owned(),
        groups: groups.iter().collect(),
        location: String::new(),
        faults: Vec::new(),
    }
}

/// What a file becomes, with its rows.
#[derive(Debug)]
struct Made {
    rows: Vec<Row>,
    counts: Counts,
    group_warnings: Vec<GroupWarning>,
    sha256: [u8; 32],
}

/// So many rows at a time; those of earlier blocks are where the database would have them.
fn in_blocks(size: usize, raw: &[RawRow], context: &InvitingContext, active: &HashSet<String>) -> Made {
    let mut previewer = Previewer::new(context);
    let mut stored: BTreeMap<i32, Row> = BTreeMap::new();
    for rows in raw.chunks(size) {
        let block = previewer.read(rows.to_vec());
        let earlier = block.earlier.iter().map(|line| stored[line].clone()).collect();
        let checked = previewer.check(block, active, earlier);
        for row in checked.rows.into_iter().chain(checked.changed) {
            stored.insert(row.raw.line, row);
        }
    }
    let preview = previewer.end();
    Made {
        rows: stored.into_values().collect(),
        counts: preview.counts,
        group_warnings: preview.group_warnings,
        sha256: preview.sha256,
    }
}

fn preview(rows: Vec<RawRow>, context: &InvitingContext, active: &HashSet<String>) -> Made {
    in_blocks(rows.len(), &rows, context, active)
}

fn active() -> HashSet<String> {
    HashSet::from(["active@example.org".to_owned()])
}

fn made(rows: Vec<RawRow>) -> Made {
    preview(rows, &context(), &active())
}

#[test]
fn however_long_its_blocks_are_a_file_becomes_the_same() {
    let mut context = context();
    for number in 0..50 {
        context
            .groups
            .insert(id(100 + number), group(&format!("G{number}"), true));
    }
    let many: Vec<String> = (0..49).map(|number| format!("G{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let at = |location: &str, row: RawRow| RawRow {
        location: location.to_owned(),
        ..row
    };
    let rows = [
        raw(2, "lost@example.org", &["Cooks"]),
        raw(3, "ada@example.org", &["Nurses"]),
        raw(4, "lost@example.org", &["Aides"]),
        raw(5, "active@example.org", &["Nurses"]),
        raw(6, "ADA@example.org", &["Aides", "Drivers"]),
        at("Main street", raw(7, "lost@example.org", &["Aides"])),
        raw(8, "ada@example.org", &many),
        at("Main street", raw(9, "ada@example.org", &["Aides", "Cleaners"])),
        raw(10, "nobody", &["Nurses"]),
        at("Mill", raw(11, "ada@example.org", &["Nurses"])),
        at("Main street", raw(12, "lost@example.org", &["G49"])),
        raw(13, "ada@example.org", &["Nurses"]),
    ];
    let whole = in_blocks(rows.len(), &rows, &context, &active());
    assert_eq!(whole.rows[1].groups, [id(1), id(2), id(5), id(6)]);
    assert!(whole.rows[1].location.is_some(), "given by a later row");
    assert_eq!(whole.rows[2].groups, [id(2), id(149)]);
    let outcomes: Vec<Outcome> = whole.rows.iter().map(|row| row.outcome).collect();
    use Outcome::{Invalid, Merged, Valid};
    assert_eq!(
        outcomes,
        [
            Invalid,
            Valid,
            Valid,
            Invalid,
            Merged(3),
            Merged(4),
            Invalid,
            Merged(3),
            Invalid,
            Invalid,
            Merged(4),
            Merged(3)
        ]
    );
    for size in 1..rows.len() {
        let parts = in_blocks(size, &rows, &context, &active());
        assert_eq!(format!("{parts:?}"), format!("{whole:?}"), "blocks of {size}");
    }
}

#[test]
fn only_rows_that_are_others_by_now_are_stored_anew() {
    let mut previewer = Previewer::new(&context());
    let block = previewer.read(vec![raw(2, "ada@example.org", &["Nurses"])]);
    assert!(block.earlier.is_empty());
    let mut stored = previewer.check(block, &active(), Vec::new()).rows;
    for (line, groups, is_changed) in [(3, "Nurses", false), (4, "Aides", true), (5, "Aides", false)] {
        let block = previewer.read(vec![raw(line, "ada@example.org", &[groups])]);
        assert_eq!(block.earlier, [2]);
        let checked = previewer.check(block, &active(), stored.clone());
        assert_eq!(!checked.changed.is_empty(), is_changed, "line {line}");
        if is_changed {
            stored = checked.changed;
        }
    }
    assert_eq!(stored[0].groups, [id(1), id(2)]);
}

#[test]
fn every_problem_of_a_row_is_told() {
    let mut row = raw(2, "nobody", &["nurses", "Old", "Cooks"]);
    row.location = "Main Street".to_owned();
    row.faults = vec![Fault::SurplusCells { value: String::new() }];
    let preview = made(vec![row]);
    let found: Vec<(&str, &str)> = preview.rows[0]
        .problems
        .iter()
        .map(|problem| (problem.column.as_str(), problem.suggestion.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("email", ""),
            ("groups", "Nurses"),
            ("groups", ""),
            ("groups", ""),
            ("location", "Main street"),
            ("", "")
        ]
    );
    assert_eq!(
        preview.counts,
        Counts {
            rows: 1,
            valid: 0,
            warnings: 0,
            errors: 1
        }
    );
}

/// The reason and the value of each problem of the last of these rows.
fn reasons(rows: Vec<RawRow>) -> Vec<(Reason, String)> {
    let row = made(rows).rows.pop().unwrap();
    let told = row.problems.into_iter();
    told.map(|problem| (problem.reason.unwrap(), problem.value))
        .collect()
}

#[test]
fn each_problem_says_to_programs_what_it_is_and_what_of_the_row() {
    let many: Vec<String> = (0..60).map(|number| format!("Cooks {number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let told_of_many = many[..10].iter().map(|name| (Reason::GroupUnknown, *name));
    let others = many[10..40].join("; ");
    let others = (Reason::MoreGroups, format!("{}\u{2026}", &others[..199]));
    let told_of_many: Vec<(Reason, String)> = told_of_many
        .map(|(reason, name)| (reason, name.to_owned()))
        .chain([others])
        .collect();
    let too_many = format!("{}\u{2026}", &many.join("; ")[..199]);
    let at = |location: &str| RawRow {
        location: location.to_owned(),
        ..raw(2, "ada@example.org", &["Nurses"])
    };
    for (row, expected) in [
        (
            raw(2, "nobody\n", &["Nurses"]),
            vec![(Reason::AddressInvalid, "nobody[U+000A]".to_owned())],
        ),
        (
            raw(2, "'a@b.org", &["Nurses"]),
            vec![(Reason::AddressMarked, "'a@b.org".to_owned())],
        ),
        (
            raw(2, "ACTIVE@example.org", &["Nurses"]),
            vec![(Reason::AddressOfLearner, "ACTIVE@example.org".to_owned())],
        ),
        (
            raw(2, "ada@example.org", &[]),
            vec![(Reason::GroupsMissing, String::new())],
        ),
        (
            raw(2, "ada@example.org", &["Old", "Nurses\u{200b}"]),
            vec![
                (Reason::GroupInactive, "Old".to_owned()),
                (Reason::GroupUnknown, "Nurses[U+200B]".to_owned()),
            ],
        ),
        (raw(2, "ada@example.org", &many[..40]), told_of_many),
        (
            raw(2, "ada@example.org", &many),
            vec![(Reason::TooManyGroups, too_many)],
        ),
        (at("Mill"), vec![(Reason::LocationInactive, "Mill".to_owned())]),
        (
            at("main street"),
            vec![(Reason::LocationUnknown, "main street".to_owned())],
        ),
    ] {
        assert_eq!(reasons(vec![row.clone()]), expected, "{row:?}");
    }
}

#[test]
fn a_row_that_joins_another_says_which() {
    let mut first = raw(3, "ada@example.org", &["Nurses"]);
    (first.number, first.location) = (2, "Main street".to_owned());
    let mut second = raw(7, "ADA@example.org", &["Aides"]);
    second.number = 4;
    let rows = made(vec![first.clone(), second.clone()]).rows;
    let problem = &rows[1].problems[0];
    assert_eq!(problem.reason, Some(Reason::SameAddress));
    assert_eq!(problem.value, "ADA@example.org");
    assert_eq!(problem.earlier, Some(Place { line: 3, row: 2 }));
    assert!(
        problem.description.contains("in row 2 (line 3 of the file)"),
        "{problem:?}"
    );
    // Another place in the same file is another preview.
    let digest = made(vec![first.clone(), second.clone()]).sha256;
    second.number = 5;
    assert_ne!(made(vec![first, second]).sha256, digest);
}

/// What the row has itself, or what was kept of the file.
#[test]
fn each_fault_of_a_file_says_what_it_is_and_what_of_the_row() {
    let row = RawRow {
        location: "\u{a0}Main".to_owned(),
        ..raw(2, "Ada", &["Nurses", "Aides"])
    };
    let column = |name: &str| name.to_owned();
    let (value, cell) = ("\"x".to_owned(), "B2".to_owned());
    for (fault, reason, expected) in [
        (
            Fault::SurplusCells { value: value.clone() },
            Reason::SurplusCells,
            "\"x",
        ),
        (
            Fault::CellTooLong {
                column: column("groups"),
            },
            Reason::CellTooLong,
            "Nurses; Aides",
        ),
        (
            Fault::SpaceBeforeMark {
                column: column("location"),
            },
            Reason::SpaceBeforeMark,
            "\u{a0}Main",
        ),
        (
            Fault::MarkNotClosed {
                line: 2,
                value: value.clone(),
            },
            Reason::MarkNotClosed,
            "\"x",
        ),
        (
            Fault::TextAfterMark {
                begin: 2,
                end: 3,
                value: value.clone(),
            },
            Reason::TextAfterMark,
            "\"x",
        ),
        (Fault::DoubtfulLine { begin: 2 }, Reason::DoubtfulLine, ""),
        (
            Fault::CellError {
                column: column("email"),
                cell: cell.clone(),
                error: "#N/A".to_owned(),
            },
            Reason::CellError,
            "#N/A",
        ),
        (
            Fault::NotComputed {
                column: column("email"),
                cell: cell.clone(),
            },
            Reason::NotComputed,
            "",
        ),
        (Fault::BeyondColumns { cell, value }, Reason::BeyondColumns, "\"x"),
        (
            Fault::LinkedAddress {
                address: "ada@b.org".to_owned(),
            },
            Reason::LinkedAddress,
            "Ada",
        ),
        (Fault::HiddenRow, Reason::HiddenRow, ""),
    ] {
        let problem = fault.problem(&row);
        assert_eq!(
            (problem.reason, problem.value.as_str()),
            (Some(reason), expected),
            "{fault:?}"
        );
    }
}

#[test]
fn what_holds_for_a_group_is_told_once_however_many_rows_name_it() {
    let rows = (0..5_000).map(|row| {
        let address = format!("learner-{row}@example.org");
        let groups: &[&str] = match row {
            0 => &["Nurses"],
            1..=9 => &["Cleaners", "Drivers"],
            _ => &["Drivers"],
        };
        raw(row + 2, &address, groups)
    });
    let preview = made(rows.collect());
    assert!(preview.rows.iter().all(|row| row.problems.is_empty()));
    assert_eq!((preview.counts.valid, preview.counts.warnings), (5_000, 0));
    let warning = |group, display_name: &str, rows| GroupWarning {
        group: id(group),
        display_name: display_name.to_owned(),
        rows,
        first_line: 3,
        first_row: Some(3),
    };
    assert_eq!(
        preview.group_warnings,
        [warning(5, "Drivers", 4_999), warning(6, "Cleaners", 9)]
    );
}

#[test]
fn an_address_twice_is_invited_once_to_all_its_groups() {
    let preview = made(vec![
        raw(2, "ada@example.org", &["Nurses"]),
        raw(3, "ADA@Example.org", &["Nurses"]),
        raw(4, "ada@example.org", &["Aides"]),
    ]);
    assert_eq!(preview.rows[0].groups, [id(1), id(2)]);
    assert_eq!(preview.rows[1].outcome, Outcome::Merged(2));
    assert_eq!(preview.rows[2].outcome, Outcome::Merged(2));
    assert_eq!(
        preview.counts,
        Counts {
            rows: 3,
            valid: 1,
            warnings: 2,
            errors: 0
        }
    );
}

#[test]
fn a_row_is_not_merged_into_one_that_is_lost() {
    let preview = made(vec![
        raw(2, "ada@example.org", &["Cooks"]),
        raw(3, "ada@example.org", &["Aides"]),
    ]);
    assert_eq!(preview.rows[0].outcome, Outcome::Invalid);
    assert_eq!(preview.rows[1].outcome, Outcome::Valid);
}

#[test]
fn an_active_learner_is_an_error() {
    let preview = made(vec![raw(2, "Active@example.org", &["Nurses"])]);
    assert_eq!(preview.counts.errors, 1);
}

#[test]
fn groups_in_one_cell_may_stand_between_bars() {
    let preview = made(vec![
        raw(2, "a@example.org", &["Nurses|Aides"]),
        raw(3, "b@example.org", &["A|B"]),
    ]);
    assert_eq!(preview.rows[0].groups, [id(1), id(2)]);
    assert_eq!(preview.rows[1].groups, [id(4)]);
}

#[test]
fn a_row_without_groups_is_an_error() {
    assert_eq!(made(vec![raw(2, "ada@example.org", &[])]).counts.errors, 1);
}

#[test]
fn many_unknown_names_are_a_few_problems() {
    let names: Vec<String> = (0..50).map(|number| format!("Cooks {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rows = (2..4002).map(|line| raw(line, &format!("l{line}@example.org"), &names));
    let preview = made(rows.collect());
    assert_eq!(preview.counts.errors, 4000);
    let told: Vec<usize> = preview.rows.iter().map(|row| row.problems.len()).collect();
    assert_eq!(
        (told[0], told[3999]),
        (11, 2),
        "and after thousands of rows fewer"
    );
    let last = preview.rows[0].problems.last().unwrap();
    assert!(last.description.starts_with("40 more"), "{}", last.description);
    let long = "x".repeat(4000);
    let problem = made(vec![raw(2, "a@example.org", &[&long])])
        .rows
        .remove(0)
        .problems
        .remove(0);
    assert!(problem.description.len() < 200);
}

#[test]
fn more_than_fifty_groups_are_one_problem() {
    let names: Vec<String> = (0..2000).map(|number| format!("G{number}")).collect();
    let bars = names.join("|");
    let row = made(vec![raw(2, "a@example.org", &[&bars])]).rows.remove(0);
    let told: Vec<&str> = row
        .problems
        .iter()
        .map(|problem| problem.description.as_str())
        .collect();
    assert_eq!(told, ["name at most 50 groups"]);
}

#[test]
fn rows_of_one_address_have_at_most_fifty_groups_together() {
    let mut many = context();
    for number in 0..60 {
        many.groups
            .insert(id(100 + number), group(&format!("G{number}"), true));
    }
    let names: Vec<String> = (0..60).map(|number| format!("G{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rows = vec![
        raw(2, "ada@example.org", &names[..40]),
        raw(3, "ada@example.org", &names[30..51]),
        raw(4, "ada@example.org", &names[30..50]),
    ];
    let preview = preview(rows, &many, &HashSet::new());
    assert_eq!(preview.rows[1].outcome, Outcome::Invalid);
    assert_eq!(preview.rows[2].outcome, Outcome::Merged(2));
    assert_eq!(preview.rows[0].groups.len(), 50);
}

#[test]
fn suggestions_are_looked_for_only_so_often_for_groups_and_for_locations() {
    let rows = (0..510).map(|number| {
        let mut row = raw(number + 2, "a@example.org", &[]);
        row.groups = [format!(
            "Nurse{}",
            char::from_u32(0x4e00 + number.unsigned_abs()).unwrap()
        )]
        .iter()
        .collect();
        row.location = format!(
            "Main stree{}",
            char::from_u32(0x4e00 + number.unsigned_abs()).unwrap()
        );
        row
    });
    let preview = made(rows.collect());
    for column in ["groups", "location"] {
        let problems = preview.rows.iter().flat_map(|row| &row.problems);
        let suggested = problems.filter(|problem| problem.column == column && !problem.suggestion.is_empty());
        assert_eq!(suggested.count(), 500, "{column}");
    }
}

#[test]
fn the_digest_changes_with_the_rows_and_with_the_groups() {
    let rows = || vec![raw(2, "ada@example.org", &["Nurses"])];
    let digest = made(rows()).sha256;
    assert_eq!(digest, made(rows()).sha256);
    assert_ne!(digest, made(vec![raw(2, "ada@example.org", &["Aides"])]).sha256);
    let mut changed = context();
    changed.groups.insert(id(5), group("New", true));
    assert_ne!(digest, preview(rows(), &changed, &HashSet::new()).sha256);
}

#[test]
fn what_spreadsheets_put_round_an_address_is_told_with_the_address_and_not_mailed() {
    for given in [
        "'ada@example.org",
        "'ada@example.org'",
        "`ada@example.org",
        "Ada <ada@example.org>",
        "ada@example.org\u{200b}",
    ] {
        let row = made(vec![raw(2, given, &["Nurses"])]).rows.remove(0);
        assert_eq!(row.outcome, Outcome::Invalid, "{given}");
        assert_eq!(row.problems[0].suggestion, "ada@example.org", "{given}");
    }
    let row = made(vec![raw(2, "o'neil@example.org", &["Nurses"])])
        .rows
        .remove(0);
    assert_eq!(row.outcome, Outcome::Valid);
}

#[test]
fn one_person_in_two_cases_and_compositions_is_invited_once() {
    for (one, other) in [
        (
            "\u{39d}\u{399}\u{39a}\u{39f}\u{3a3}@example.org",
            "\u{3bd}\u{3b9}\u{3ba}\u{3bf}\u{3c2}@example.org",
        ),
        ("zo\u{eb}@example.org", "ZOE\u{308}@example.org"),
    ] {
        let preview = made(vec![raw(2, one, &["Nurses"]), raw(3, other, &["Nurses"])]);
        assert_eq!(preview.rows[1].outcome, Outcome::Merged(2), "{one} {other}");
    }
}

#[test]
fn a_name_that_only_looks_right_is_told_apart() {
    for (given, differs) in [
        ("Nurs\u{435}s", "U+0435 in place of U+0065"),
        ("Nurses\u{200b}", "it holds U+200B, which cannot be seen"),
        ("A\u{2010}B", "upper and lower case and spaces count"),
    ] {
        let row = made(vec![raw(2, "ada@example.org", &[given])]).rows.remove(0);
        let said = &row.problems[0].description;
        assert!(said.contains(differs), "{said}");
    }
}

#[test]
fn a_location_at_which_nobody_is_placed_any_more_costs_the_row_and_is_suggested_to_nobody() {
    let told = |given: &str| {
        let mut row = raw(2, "ada@example.org", &["Nurses"]);
        given.clone_into(&mut row.location);
        let row = made(vec![row]).rows.remove(0);
        assert_eq!(row.outcome, Outcome::Invalid, "{given}");
        let problem = row.problems.into_iter().next().unwrap();
        (problem.column, problem.description, problem.suggestion)
    };
    let (column, text, suggestion) = told("Mill");
    assert_eq!(column, "location");
    assert!(text.contains("is not active"), "{text}");
    assert_eq!(suggestion, "");
    let (_, text, suggestion) = told("mill");
    assert!(text.contains("there is no location"), "{text}");
    assert_eq!(suggestion, "", "it would be refused, too");
}

#[test]
fn a_preview_is_another_one_once_a_location_is_not_active_any_more() {
    let (before, mut after) = (context(), context());
    for location in after.locations.values_mut() {
        location.is_active = !location.is_active;
    }
    assert_ne!(before.fingerprint(), after.fingerprint());
}
