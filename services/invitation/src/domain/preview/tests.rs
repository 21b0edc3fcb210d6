use std::collections::HashMap;

use uuid::Uuid;

use super::super::context::{Group, Limits, Plan, Standing};
use super::*;

fn group(name: &str, is_active: bool) -> Group {
    Group {
        display_name: name.to_owned(),
        etag: "1".to_owned(),
        is_active,
        has_trainings: true,
    }
}

fn id(number: u128) -> GroupId {
    GroupId::from_uuid(Uuid::from_u128(number))
}

fn context() -> Context {
    let groups = [
        (1, group("Nurses", true)),
        (2, group("Aides", true)),
        (3, group("Old", false)),
        (4, group("A|B", true)),
    ];
    Context {
        standing: Standing::Active,
        display_name: "Day nursery".to_owned(),
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
        locations: HashMap::from([(
            LocationId::from_uuid(Uuid::from_u128(9)),
            "Main street".to_owned(),
        )]),
    }
}

fn raw(line: i32, address: &str, groups: &[&str]) -> RawRow {
    RawRow {
        line,
        address: address.to_owned(),
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
        location: String::new(),
        has_surplus_cells: false,
    }
}

fn made(rows: Vec<RawRow>) -> Preview {
    preview(
        rows,
        &context(),
        &HashSet::from(["active@example.org".to_owned()]),
    )
}

#[test]
fn every_problem_of_a_row_is_told() {
    let mut row = raw(2, "nobody", &["nurses", "Old", "Cooks"]);
    row.location = "Main Street".to_owned();
    row.has_surplus_cells = true;
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
fn the_digest_changes_with_the_rows_and_with_the_groups() {
    let rows = || vec![raw(2, "ada@example.org", &["Nurses"])];
    let digest = made(rows()).sha256;
    assert_eq!(digest, made(rows()).sha256);
    assert_ne!(digest, made(vec![raw(2, "ada@example.org", &["Aides"])]).sha256);
    let mut changed = context();
    changed.groups.insert(id(5), group("New", true));
    assert_ne!(digest, preview(rows(), &changed, &HashSet::new()).sha256);
}
