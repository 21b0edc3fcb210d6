//! What can be wrong with positions that only the authority's list, or the employment, can tell.

use time::Date;

use crate::context::Context;
use crate::domain::{self, Position};
use crate::error::Field;

/// Those whose code is not of the authority's list.
pub(super) fn unknown(context: &Context, authority: &str, field: &str, positions: &[Position]) -> Vec<Field> {
    let lists = &context.positions;
    let each = positions.iter().enumerate();
    let unknown = each.filter(|(_, position)| !lists.allow(authority, &position.code));
    let problem = "must be a position of the organization's licensing authority";
    unknown
        .map(|(place, _)| Field::of(format!("{field}[{place}].code"), problem))
        .collect()
}

/// Those that begin before the employment does.
pub(super) fn early(field: &str, start: Option<Date>, positions: &[Position]) -> Vec<Field> {
    let places = domain::early(start, positions).into_iter();
    let problem = "must not be before the employment begins";
    places
        .map(|place| Field::of(format!("{field}[{place}].start_date"), problem))
        .collect()
}
