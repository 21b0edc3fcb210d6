//! Positions and days, from and to messages.

use muster_ids::EmploymentName;
use muster_proto::employment::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::named;
use muster_server::{Call, Parsed};
use time::Date;
use time::macros::format_description;

use crate::domain::{DAYS, Edit, Position, PositionCode};
use crate::ops::employment::edit::Editing;
use crate::ops::employment::own_employment::OwnEmployment;

pub(super) fn editing(
    call: &Call<pb::UpdateEmploymentRequest>,
    violations: &mut Violations,
) -> Parsed<Editing> {
    let (person, actor) = (call.person()?.id, call.actor());
    let given = call.message.employment.clone().unwrap_or_default();
    let mask = call.update_mask(&["start_date", "positions"], violations);
    let edit = Edit {
        start: mask.when("start_date", || {
            perhaps_day(violations, "employment.start_date", &given.start_date)
        }),
        positions: mask.when("positions", || {
            positions(violations, "employment.positions", &given.positions)
        }),
    };
    let named = named::<EmploymentName>(violations, "employment.name", &given.name);
    Ok(named.map(|employment| Editing {
        own: OwnEmployment {
            employment,
            person,
            actor,
        },
        edit,
        if_match: call.if_match(),
    }))
}

pub(super) fn positions(
    violations: &mut Violations,
    field: &str,
    given: &[pb::Position],
) -> Option<Vec<Position>> {
    let each = given.iter().enumerate();
    let read: Vec<_> = each
        .map(|(place, given)| position(violations, &format!("{field}[{place}]"), given))
        .collect();
    read.into_iter().collect()
}

fn position(violations: &mut Violations, field: &str, given: &pb::Position) -> Option<Position> {
    let start = day(violations, &format!("{field}.start_date"), &given.start_date);
    let end = perhaps_day(violations, &format!("{field}.end_date"), &given.end_date);
    let (start, end) = (start?, end?);
    if end.is_some_and(|end| end < start) {
        violations.add(format!("{field}.end_date"), "must not be before start_date");
        return None;
    }
    Some(Position {
        code: given.code.clone(),
        title: given.title.clone(),
        start,
        end,
    })
}

/// A day that may be left open; None when it cannot be read.
pub(super) fn perhaps_day(violations: &mut Violations, field: &str, text: &str) -> Option<Option<Date>> {
    if text.is_empty() {
        return Some(None);
    }
    day(violations, field, text).map(Some)
}

fn day(violations: &mut Violations, field: &str, text: &str) -> Option<Date> {
    let format = format_description!("[year]-[month]-[day]");
    let day = Date::parse(text, format).ok().filter(|day| DAYS.contains(day));
    violations.check(
        field,
        day.ok_or("must be a day from 1900-01-01 to 2100-12-31, such as 2026-03-01"),
    )
}

impl From<Position> for pb::Position {
    fn from(position: Position) -> Self {
        let Position {
            code,
            title,
            start,
            end,
        } = position;
        Self {
            code,
            title,
            start_date: start.to_string(),
            end_date: end.map(|end| end.to_string()).unwrap_or_default(),
        }
    }
}

impl From<PositionCode> for pb::PositionCode {
    fn from(position: PositionCode) -> Self {
        let PositionCode { code, display_name } = position;
        Self { code, display_name }
    }
}
